"""Which contexts ran something that may copy or pickle objects."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from coverquery.model import RepoPath, Touch
from coverquery.source.classes import ClassName, Making
from coverquery.source.copying import (
    KNOWN_PLUGINS,
    OF_LISTS,
    PROTOCOL,
    WORDS,
    copiers,
    is_looked_for,
)
from coverquery.source.words import ANYTHING
from coverquery.workspace.distributions import normal
from coverquery.workspace.reaching import Reaching

if TYPE_CHECKING:
    from coverquery.workspace.distributions import Installed


class Copying:
    """Answers for one tree.

    Args:
        reaching: of that tree.
        installed: what stands in the environment; None where nobody knows.
    """

    def __init__(self, reaching: Reaching, installed: "Installed | None") -> None:
        self._reaching = reaching
        self._installed = installed

    def concerned(self, path: RepoPath, touch: Touch) -> tuple[frozenset[int], ...]:
        """Return on whom else an execution must depend to be concerned; nothing where on nobody."""
        project = self._reaching.mentioning.project
        owner, _, name = touch.symbol.rpartition(".")
        one = ClassName(path, owner)
        lists = name in OF_LISTS and project.families.is_own(one)
        if not (name in PROTOCOL or lists) or touch.wide or not owner:
            return ()
        plain = project.classes.making(one) == Making.PLAIN
        contexts = self._by_lists if lists else self._by_copying
        if not plain or contexts is None or is_looked_for(project, name):
            return ()
        return (contexts,)

    @cached_property
    def _by_copying(self) -> frozenset[int] | None:
        reaching, project = self._reaching, self._reaching.mentioning.project
        users = (context for word in WORDS for context in reaching.users(word))
        at_import = [
            path
            for path in project.files
            if any(not WORDS.isdisjoint(piece.words) for piece in project.pieces(path))
        ]
        found = self._libraries(lists=False)
        if found is None:
            return None
        return frozenset({*found, *users, *reaching.all_in(at_import)})

    @cached_property
    def _by_lists(self) -> frozenset[int] | None:
        return self._libraries(lists=True)

    def _libraries(self, *, lists: bool) -> frozenset[int] | None:
        """Return the contexts that ran what may get at a library that calls such a member."""
        if self._installed is None or not self.plugins_are_known:
            return None
        reaching = self._reaching
        seeds = copiers(reaching.mentioning.project, self._installed.standing(), lists=lists)
        if seeds is None:
            return None
        anything = frozenset(reaching.users(ANYTHING))
        return anything.union(reaching.contexts(reaching.spread(*seeds)) if seeds else ())

    @cached_property
    def plugins_are_known(self) -> bool:
        """Does pytest load no plugin but those of which it is known what their fixtures do?"""
        loaded = self._reaching.loads_foreign_plugins()
        return self._installed is not None and not loaded and not any(self._unknown_plugins())

    def _unknown_plugins(self) -> Iterator[str]:
        """Yield plugins of pytest whose fixtures may copy what tests give them."""
        installed = self._installed
        for name in installed.names if installed else ():
            known = normal(name.rpartition(".")[0].partition("-")[0]) in KNOWN_PLUGINS
            if not known and installed and installed.plugs_in(name):
                yield name
