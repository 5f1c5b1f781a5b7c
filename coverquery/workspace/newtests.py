"""Tests that appear with a name: those it stands for itself, and those that classes inherit."""

from collections.abc import Iterator

from coverquery.model import NodeId, Reason, RepoPath, SelectedTest, Touch
from coverquery.source.classes import ClassName
from coverquery.source.families import Families
from coverquery.source.reach import Seed
from coverquery.source.words import BASES, display_name
from coverquery.workspace.reaching import Reaching


class NewTests:
    """Answers for one tree, where pytest finds tests by their usual names."""

    def __init__(self, reaching: Reaching) -> None:
        self._reaching = reaching

    @property
    def families(self) -> Families:
        """The classes of the project."""
        return self._reaching.mentioning.project.families

    def named(self, path: RepoPath, touch: Touch) -> Iterator[SelectedTest]:
        """Yield what may be new under a changed name of a test file."""
        symbol = display_name(touch.symbol)
        owner, _, name = symbol.rpartition(".")
        if owner and name.startswith("test"):
            yield from self._in_class(ClassName(path, owner), name, touch)
        elif not self._is_known(ClassName(path, symbol)):
            yield _new(ClassName(path, symbol), touch)

    def is_gone(self, path: RepoPath, touch: Touch) -> bool:
        """Is there surely no test of this name any more, defined elsewhere or inherited?"""
        owner = display_name(touch.symbol).rpartition(".")[0]
        alone = not owner or self.families.stands_alone(ClassName(path, owner))
        return touch.gone and not touch.elsewhere and alone

    def inherited(self, path: RepoPath, touch: Touch) -> Iterator[SelectedTest]:
        """Yield what may be new in the classes that derive from a changed one."""
        owner, _, name = touch.symbol.rpartition(".")
        one = ClassName(path, owner)
        if owner and name.startswith("test"):
            for heir in sorted(self.families.heirs(one)):
                yield from self._in_class(heir, name, touch)
        elif owner and name == BASES and self.families.is_test_case(one, touch.bases):
            for heir in sorted(self.families.heirs(one)):
                if self._reaching.is_collected(heir.path) and not self._is_known(heir):
                    yield _new(heir, touch)

    def are_told(self, path: RepoPath, owner: str) -> bool:
        """Is it clear which test classes derive from a class?

        One that does so by other means, through an alias or a function, is reached by its name
        and not seen to be one of the family.
        """
        one = ClassName(path, owner)
        family = {one, *self.families.heirs(one)}
        reach = self._reaching.spread(Seed(path, f"{owner}.{BASES}"))
        return all(
            found in family or not (self._is_known(found) or name.startswith("Test"))
            for at, names in reach.names.items()
            if self._reaching.is_collected(at)
            for name in names
            for found in [ClassName(at, name)]
        )

    def _in_class(self, one: ClassName, name: str, touch: Touch) -> Iterator[SelectedTest]:
        method = ClassName(one.path, f"{one.name}.{name}")
        if not self._reaching.is_collected(one.path) or self._is_known(method):
            return
        if self._is_known(one):
            yield _new(method, touch)
        elif one.name.rpartition(".")[2].startswith("Test") or self.families.is_test_case(one):
            yield _new(one, touch)  # it may be none for other reasons: a method would be an error

    def _is_known(self, one: ClassName) -> bool:
        names = tuple(one.name.split("."))
        tests = self._reaching.known_tests().get(one.path, {})
        return any(test[: len(names)] == names for test in tests)


def _new(one: ClassName, touch: Touch) -> SelectedTest:
    symbol = display_name(touch.symbol)
    reason = Reason("new", one.path, touch.new_lines, symbol, text="not recorded yet")
    return SelectedTest(NodeId(one.name.replace(".", "::")), one.path, (reason,))
