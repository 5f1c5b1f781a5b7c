"""Which classes of a project derive from which, and which of them are unittest's."""

from collections.abc import Callable, Iterable

from coverquery.model import RepoPath
from coverquery.source.classes import TEST_CASES, Classes, ClassName
from coverquery.source.usage import Piece

_OF_UNITTEST = frozenset({
    "addClassCleanup", "addCleanup", "addAsyncCleanup", "addTypeEqualityFunc", "countTestCases",
    "debug", "defaultTestResult", "doClassCleanups", "doCleanups", "enterAsyncContext",
    "enterClassContext", "enterContext", "id", "longMessage", "loop_factory", "maxDiff", "run",
    "runTest", "shortDescription", "skipTest", "subTest", "setUp", "setUpClass", "tearDown",
    "tearDownClass", "asyncSetUp", "asyncTearDown", "_classSetupFailed", "_class_cleanups",
    "_deprecate", "_diffThreshold", "_formatMessage", "_getAssertEqualityFunc",
    "_truncateMessage", "_setupAsyncioRunner", "_tearDownAsyncioRunner", "_testMethodName",
    "_testMethodDoc", "_outcome", "_cleanups", "_subtest", "_type_equality_funcs",
    "_asyncioRunner", "_asyncioTestContext",
})  # fmt: skip
"""Members of its classes that unittest, or pytest for it, uses itself."""

_EMPTY = frozenset({"object", "abc.ABC", "typing.Generic"})
"""Bases that bring no method which calls others."""

_BEGINNINGS = ("assert", "fail", "_call", "_add", "_base", "_assert", "_fail")


def is_called_by_unittest(name: str) -> bool:
    """May unittest use a member of its classes by this name?"""
    return name in _OF_UNITTEST or name.startswith(_BEGINNINGS)


class Families:
    """The classes of one project, as far as their bases can be told."""

    def __init__(
        self,
        paths: Iterable[RepoPath],
        pieces: Callable[[RepoPath], Iterable[Piece]],
        classes: Classes,
    ) -> None:
        self._classes = classes
        self._parents: dict[ClassName, set[ClassName]] = {}
        self._bases: dict[ClassName, set[str]] = {}
        for path in paths:
            for piece in pieces(path):
                if piece.kind == "class":
                    prefix = f"{piece.owner}." if piece.owner else ""
                    for name in piece.binds:
                        one = ClassName(path, prefix + name)
                        self._bases.setdefault(one, set()).update(piece.bases)
        for one, bases in self._bases.items():
            self._parents[one] = {found for base in bases for found in classes.meant(one, base)}

    def heirs(self, one: ClassName) -> set[ClassName]:
        """Return the classes that derive from a class, directly or not."""
        found: set[ClassName] = set()
        waiting = [one]
        while waiting:
            above = waiting.pop()
            new = {heir for heir, parents in self._parents.items() if above in parents} - found
            found |= new
            waiting += new
        return found - {one}

    def is_test_case(self, one: ClassName, bases: Iterable[str] = ()) -> bool:
        """Does a class derive from unittest's; ``bases``: such as it has or had besides."""
        seen: set[ClassName] = set()
        waiting = [one, *(found for base in bases for found in self._classes.meant(one, base))]
        texts = set(bases)
        while waiting:
            at = waiting.pop()
            if at not in seen:
                seen.add(at)
                texts |= self._bases.get(at, set())
                waiting += self._parents.get(at, ())
        return not TEST_CASES.isdisjoint(texts)

    def stands_alone(self, one: ClassName) -> bool:
        """Does a class inherit no tests, as far as its bases are written there?"""
        return self._bases.get(one, set()) <= _EMPTY | TEST_CASES

    def is_own(self, one: ClassName) -> bool:
        """Is there nothing foreign among all a class derives from, nor in its heirs'?"""
        seen: set[ClassName] = set()
        waiting = [one, *self.heirs(one)]
        while waiting:
            at = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            for base in self._bases.get(at, {"?"}) - _EMPTY:
                found = self._classes.meant(at, base)
                if not found:
                    return False
                waiting += found
        return True

    def serves_test_cases(self, one: ClassName) -> bool:
        """Is a class one of unittest's, or does one of these derive from it?"""
        return any(map(self.is_test_case, (one, *self.heirs(one))))
