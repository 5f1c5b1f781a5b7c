"""Whom a changed name concerns: the contexts that ran code which mentions it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from coverquery.index.store import Store
from coverquery.lines import LineSet
from coverquery.model import (
    KnownBlob,
    NodeId,
    Oid,
    Reason,
    RepoPath,
    SelectedTest,
    Touch,
)
from coverquery.selection.testnames import Role, concerned, parts, role
from coverquery.source.bindings import BASES
from coverquery.source.classes import Classes, ClassName, Making
from coverquery.source.handing import handed_on
from coverquery.source.loading import loads_otherwise
from coverquery.source.spread import Reach, Seed, spread
from coverquery.source.words import DOCS
from coverquery.workspace.concern import Concern
from coverquery.workspace.contents import Contents, SeenTree
from coverquery.workspace.mentioning import Mentioning
from coverquery.workspace.uncollected import finds_usual_tests

_LARGEST = 4 * 1024 * 1024
_MODULES = (".py", ".so", ".pyd")
_CONFTEST = "conftest.py"
_MAKERS = frozenset(
    {"pytest_pycollect_makeitem", "pytest_collect_file", "pytest_pycollect_makemodule"}
)


class Named(NamedTuple):
    """What changed names come to.

    Attributes:
        concerns: contexts that ran something which mentions them.
        new: tests that were not there.
        gone: names of tests that are not there any more, by file.
    """

    concerns: tuple[Concern, ...]
    new: tuple[SelectedTest, ...]
    gone: tuple[tuple[RepoPath, str], ...]


class Symbols:
    """Answers for one question; the project's mentions are read when first needed."""

    def __init__(self, store: Store, contents: Contents, tree: SeenTree) -> None:
        self._store = store
        self._contents = contents
        self._tree = tree
        self._usual = finds_usual_tests(tree)
        self._read: Mentioning | None = None
        self._tests: dict[RepoPath, dict[tuple[str, ...], list[NodeId]]] | None = None

    @property
    def mentioning(self) -> Mentioning:
        """What the files mention."""
        if self._read is None:
            self._read = Mentioning(self._store, self._contents)
        return self._read

    @property
    def fresh(self) -> dict[Oid, str]:
        """What was worked out just now, by content."""
        return self._read.fresh if self._read else {}

    def named(self, blob: KnownBlob, touches: Sequence[Touch]) -> Named:
        """Say whom the changed names of one recorded version of a file concern."""
        everybody = frozenset(hit.context for hit in self._store.hits(blob.id, None))
        plain: list[Touch] = []
        concerns: list[Concern] = []
        new: list[SelectedTest] = []
        gone: list[tuple[RepoPath, str]] = []
        for touch in touches:
            if not touch.symbol:
                concerns.append(self._may_fail(blob, blob.path, everybody))
                continue
            kind = self._role(blob.path, touch)
            if kind == Role.ALL or self._acts(blob.path, touch):
                reason = Reason("import", blob.path, touch.old_lines, touch.symbol)
                concerns.append(Concern(dict.fromkeys(everybody, LineSet()), reason))
                continue
            if kind == Role.TEST:
                if touch.gone:
                    gone.append((blob.path, touch.symbol))
                elif not self._is_known(blob.path, touch.symbol):
                    new.append(_new_test(blob.path, touch))
            plain.append(touch)
            if touch.raises:
                concerns.append(self._may_fail(blob, blob.path, everybody))
        concerns += self._spread(blob, plain, everybody)
        return Named(tuple(concerns), tuple(new), tuple(gone))

    def is_made_by_others(self, path: RepoPath, symbol: str) -> bool:
        """Is something, or a class around it, made by code we cannot see?"""
        project = self.mentioning.project
        classes = Classes(project.pieces, project.classes_at)
        names = symbol.split(".")
        around = [".".join(names[:end]) for end in range(1, len(names) + 1)]
        return any(
            classes.making(ClassName(path, one)) == Making.ACTS
            for one in around
            if project.has_class(path, one)
        )

    def documented(
        self, blob: KnownBlob, touch: Touch
    ) -> Iterator[tuple[dict[int, LineSet], tuple[frozenset[int], ...]]]:
        """Yield who may read a docstring, and what else they must depend on."""
        project, path, symbol = self.mentioning.project, blob.path, touch.symbol
        everybody = frozenset(hit.context for hit in self._store.hits(blob.id, None))
        readers = frozenset(self._users(DOCS))
        if not symbol:
            yield self._contexts(spread(project, [Seed(path, "__doc__")])), (everybody,)
            return
        if project.has_class(path, symbol):
            reach = spread(project, [Seed(path, f"{symbol}.{BASES}")])
            yield self._contexts(reach), (everybody, readers)
            symbol = symbol.rpartition(".")[2] if "." in symbol else symbol
        handed = handed_on(project, path, symbol)
        contexts = self._at(handed.lines) | self._all_in(handed.imports)
        if handed.seeds:
            contexts |= self._contexts(spread(project, handed.seeds))
        yield contexts, (everybody,) if project.is_open() else (everybody, readers)

    def _users(self, word: str) -> Iterator[int]:
        """Yield the contexts that ran a statement with this word."""
        for path, versions in self.mentioning.project.files.items():
            for number, version in enumerate(versions):
                if word in version.uses:
                    lines = LineSet.parse(version.uses[word])
                    blob = self.mentioning.blobs[path][number]
                    yield from (hit.context for hit in self._store.hits(blob.id, lines))

    def _acts(self, path: RepoPath, touch: Touch) -> bool:
        """May more happen than that a name is bound: a base that registers, a module that loads?"""
        project = self.mentioning.project
        if touch.imports:
            modules = (one for one in self._tree.tree.paths() if one.endswith(_MODULES))
            unknown = [one for one in modules if one not in project.files]
            if loads_otherwise(project, path, touch.imports, unknown):
                return True
        classes = Classes(project.pieces, project.classes_at)
        one = ClassName(path, touch.symbol.removesuffix(f".{BASES}"))
        return any(classes.base(one, base) == Making.ACTS for base in touch.bases)

    def _role(self, path: RepoPath, touch: Touch) -> Role:
        """Say what a changed name is to pytest; elsewhere only plugins mean anything to it."""
        symbol = touch.symbol.removesuffix(f".{BASES}")
        names = self._known_tests().get(path, {})
        is_conftest = path.rpartition("/")[2] == _CONFTEST
        if not names and not is_conftest and path not in self._store.collected_files():
            hook = symbol.startswith("pytest_") or (touch.wide and "." not in symbol)
            return Role.ALL if hook else Role.CODE
        if (touch.wide and "." not in symbol) or self._is_fixture(symbol):
            return Role.ALL
        usual = is_conftest or (self._usual and not self._makers())
        found = role(symbol, frozenset(names), usual=usual)
        return Role.CODE if is_conftest and found == Role.TEST else found

    def _makers(self) -> bool:
        """Does the project tell pytest by code what a test is?"""
        files = self.mentioning.project.files
        pieces = (p for path in files for p in self.mentioning.project.pieces(path))
        return any(not _MAKERS.isdisjoint(piece.binds) for piece in pieces)

    def _is_fixture(self, symbol: str) -> bool:
        """May somebody ask for this as a fixture?"""
        name = symbol.rpartition(".")[2]
        tests = self._known_tests()
        return any(
            name in version.fixtures
            for path, versions in self.mentioning.project.files.items()
            if path in tests or path.endswith(_CONFTEST)
            for version in versions
        )

    def _known_tests(self) -> dict[RepoPath, dict[tuple[str, ...], list[NodeId]]]:
        if self._tests is None:
            self._tests = {}
            for nodeid, path in self._store.tests():
                if names := parts(nodeid).names:
                    self._tests.setdefault(path, {}).setdefault(names, []).append(nodeid)
        return self._tests

    def _is_known(self, path: RepoPath, symbol: str) -> bool:
        names = tuple(symbol.removesuffix(f".{BASES}").split("."))
        return any(one[: len(names)] == names for one in self._known_tests().get(path, {}))

    def _spread(
        self, blob: KnownBlob, touches: Sequence[Touch], everybody: frozenset[int]
    ) -> Iterator[Concern]:
        """Follow each name by itself, so that each has its own reason."""
        project = self.mentioning.project
        for touch in touches:
            seed = Seed(blob.path, touch.symbol, touch.gone, touch.wide)
            reach = spread(project, [seed])
            also = [everybody]
            owner = touch.symbol.rpartition(".")[0]
            if owner and touch.symbol.rpartition(".")[2] in reach.members:
                around = spread(project, [Seed(blob.path, f"{owner}.{BASES}")])
                also.append(frozenset(self._contexts(around)))
            reason = Reason("symbol", blob.path, LineSet(), touch.symbol)
            yield Concern(self._contexts(reach), reason, tuple(also))
            for path in sorted(reach.raising - reach.imports):
                yield self._may_fail(blob, path, everybody)

    def _may_fail(self, blob: KnownBlob, module: RepoPath, everybody: frozenset[int]) -> Concern:
        """Let those who import a module hold only as long as that works."""
        importers = self._all_of(module)
        now = self._tree.oid(blob.path)
        current = frozenset(
            hit.context
            for one in self._store.known_blobs()
            if one.path == blob.path and one.oid == now
            for hit in self._store.hits(one.id, None)
        )
        return Concern(
            dict.fromkeys(importers, LineSet()), Reason("canary", blob.path), (everybody,),
            importing=(module, blob.path), proof=(current, importers),
        )  # fmt: skip

    def _all_of(self, path: RepoPath) -> frozenset[int]:
        """Return the contexts that ran anything of a file, in whatever version."""
        blobs = (one for one in self._store.known_blobs() if one.path == path)
        return frozenset(hit.context for one in blobs for hit in self._store.hits(one.id, None))

    def _contexts(self, reach: Reach) -> dict[int, LineSet]:
        """Return the contexts that ran something a change reaches."""
        found = self._at(reach.lines) | self._all_in(reach.imports)
        found.update(dict.fromkeys(self._readers(reach.words), LineSet()))
        found.update(dict.fromkeys(self._tests_named(reach), LineSet()))
        return found

    def _at(self, lines: dict[RepoPath, dict[int, LineSet]]) -> dict[int, LineSet]:
        """Return the contexts that ran these lines; who runs what cannot be read ran them all."""
        asked = [(blob, None) for blob in self.mentioning.unread]
        some = [
            (self.mentioning.blobs[path][number], wanted)
            for path, versions in lines.items()
            for number, wanted in versions.items()
        ]
        hits = (
            hit for blob, wanted in (*asked, *some) for hit in self._store.hits(blob.id, wanted)
        )
        return {hit.context: LineSet() for hit in hits}

    def _all_in(self, paths: Iterable[RepoPath]) -> dict[int, LineSet]:
        return {context: LineSet() for path in paths for context in self._all_of(path)}

    def _readers(self, words: Iterable[str]) -> Iterator[int]:
        """Yield who read data files that hold one of these words: templates, doctests."""
        wanted = re.compile(rb"\b(?:%s)\b" % b"|".join(re.escape(w.encode()) for w in words))
        for fact in self._store.data_facts():
            if fact.view not in ("raw", "docstrings") or fact.digest is None:
                continue
            content = self._tree.read(fact.path)  # else the execution is off anyway
            if content and (len(content) > _LARGEST or wanted.search(content)):
                yield from self._store.readers(fact.id)

    def _tests_named(self, reach: Reach) -> Iterator[int]:
        """Yield the contexts of tests whose own name was reached."""
        members = frozenset(reach.members)
        nodeids = [
            nodeid
            for path, tests in self._known_tests().items()
            for names, ids in tests.items()
            for nodeid in ids
            if concerned(nodeid, path, frozenset(reach.names.get(path, {})))
            or not members.isdisjoint(names)
        ]
        yield from self._store.test_contexts(nodeids)


def _new_test(path: RepoPath, touch: Touch) -> SelectedTest:
    names = touch.symbol.removesuffix(f".{BASES}").replace(".", "::")
    reason = Reason("new", path, touch.new_lines, touch.symbol, text="not recorded yet")
    return SelectedTest(NodeId(names), path, (reason,))
