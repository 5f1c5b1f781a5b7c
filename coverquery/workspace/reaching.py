"""Which contexts ran something that a changed name reaches."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from coverquery.index.store import Store
from coverquery.lines import LineSet
from coverquery.model import DataFact, KnownBlob, NodeId, RepoPath
from coverquery.selection.layout import CONFIG_FILES
from coverquery.selection.testnames import (
    CALLED_BY_PYTEST,
    FIXTURES,
    LIST_FIXTURES,
    names_of,
    symbols_of,
)
from coverquery.source.loading import may_hinder
from coverquery.source.mentions import mentions
from coverquery.source.project import Project
from coverquery.source.reach import Reach, Seed
from coverquery.source.spread import spread
from coverquery.source.syntax import UnreadableError, parse
from coverquery.source.words import ANYTHING
from coverquery.workspace.contents import Contents, SeenTree
from coverquery.workspace.mentioning import Mentioning

CONFTEST = "conftest.py"
_TEXTS = ("raw", "docstrings")
_LARGEST = 4 * 1024 * 1024
_WORD = re.compile(r"[^\W\d]\w*")
_PLUGIN = re.compile(rb"(?<![\w-])-p\s*(?!no:)[\w.]")
_ASCII = re.compile(rb"[A-Za-z_]\w*", re.ASCII)


class Reaching:
    """Answers for one tree; what the project mentions is read when first needed."""

    def __init__(self, store: Store, contents: Contents, tree: SeenTree) -> None:
        self._store = store
        self._contents = contents
        self._tree = tree
        self._read: Mentioning | None = None
        self._tests: dict[RepoPath, dict[tuple[str, ...], list[NodeId]]] | None = None
        self._reached: dict[tuple[Seed, ...], Reach] = {}
        self._versions: dict[RepoPath, list[KnownBlob]] | None = None
        self._contexts: dict[RepoPath, frozenset[int]] = {}
        self._facts: list[DataFact] | None = None
        self._words: list[tuple[DataFact, frozenset[str] | None]] | None = None

    @property
    def mentioning(self) -> Mentioning:
        """What the files mention."""
        if self._read is None:
            self._read = Mentioning(self._store, self._contents)
        return self._read

    @cached_property
    def today(self) -> Project:
        """The recorded versions, and beside them those of the tree."""
        project = self.mentioning.project
        files = dict(project.files)
        for path, versions in project.files.items():
            now = self._tree.oid(path)
            if all(one.oid != now for one in self.versions(path)):
                try:
                    files[path] = (*versions, mentions(parse(self._tree.read(path) or b"")))
                except (UnreadableError, RecursionError):
                    continue
        return Project(files)

    def known_tests(self) -> dict[RepoPath, dict[tuple[str, ...], list[NodeId]]]:
        """Return the tests of each file by their names, parameters left out."""
        if self._tests is None:
            self._tests = {}
            for nodeid, path in self._store.tests():
                if names := names_of(nodeid):
                    self._tests.setdefault(path, {}).setdefault(names, []).append(nodeid)
        return self._tests

    def is_collected(self, path: RepoPath) -> bool:
        """Does pytest collect this file, tests in it or not?"""
        return path in self.known_tests() or path in self._store.collected_files()

    def is_fixture(self, symbol: str) -> bool:
        """May somebody ask for this as a fixture?"""
        name = symbol.rpartition(".")[2]
        tests = self.known_tests()
        return any(
            name in version.fixtures
            for path, versions in self.mentioning.project.files.items()
            if path in tests or path.endswith(CONFTEST)
            for version in versions
        )

    def loads_foreign_plugins(self) -> bool:
        """Do conftests or the options name plugins that are not the project's?"""
        project = self.mentioning.project
        named = {
            word[1:]
            for path in project.files
            for piece in project.pieces(path)
            if "pytest_plugins" in piece.binds
            for word in piece.words
            if word.startswith("'")
        }
        texts = (self._tree.read(path) or b"" for path in self._tree.tree.paths()
                 if path.rpartition("/")[2] in CONFIG_FILES)  # fmt: skip
        foreign = (one for one in named if not any(True for _ in project.dotted(one.split("."))))
        return any(foreign) or any(map(_PLUGIN.search, texts))

    def is_fresh_fixture(self, name: str) -> bool:
        """Can nobody have asked for a fixture of this name, or be given another one by it?"""
        project = self.mentioning.project
        known = name in FIXTURES or name.startswith("_")
        if known or any(map(project.mentions, (*LIST_FIXTURES, ANYTHING, f"'{name}"))):
            return False
        return not any(
            name in version.fixtures
            for path, versions in project.files.items()
            for version in versions
            if path in self.known_tests() or "fixture" in project.identifiers(version)
        )

    def spread(self, *seeds: Seed) -> Reach:
        """Follow changed names."""
        if seeds not in self._reached:
            self._reached[seeds] = spread(self.mentioning.project, seeds, CALLED_BY_PYTEST)
        return self._reached[seeds]

    def contexts(self, reach: Reach) -> dict[int, LineSet]:
        """Return the contexts that ran something a change reaches."""
        found = self.at(reach.lines) | self.all_in(reach.imports)
        found.update(dict.fromkeys(self._readers(reach.words), LineSet()))
        found.update(dict.fromkeys(self._tests_named(reach), LineSet()))
        return found | self.all_in(self._asked_by_pytest(reach))

    def at(self, lines: dict[RepoPath, dict[int, LineSet]]) -> dict[int, LineSet]:
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

    def all_in(self, paths: Iterable[RepoPath]) -> dict[int, LineSet]:
        """Return the contexts that ran anything of these files."""
        return {context: LineSet() for path in paths for context in self.all_of(path)}

    def all_of(self, path: RepoPath) -> frozenset[int]:
        """Return the contexts that ran anything of a file, in whatever version."""
        if path not in self._contexts:
            hits = (hit for one in self.versions(path) for hit in self._store.hits(one.id, None))
            self._contexts[path] = frozenset(hit.context for hit in hits)
        return self._contexts[path]

    def versions(self, path: RepoPath) -> list[KnownBlob]:
        """Return the recorded versions of a file."""
        if self._versions is None:
            self._versions = {}
            for blob in self._store.known_blobs():
                self._versions.setdefault(blob.path, []).append(blob)
        return self._versions.get(path, [])

    def broken(self, *paths: RepoPath) -> frozenset[int]:
        """Return the contexts in which the import of one of these files failed."""
        return frozenset(
            context
            for fact in self._data()
            if fact.view == "raised" and fact.path in paths
            for context in self._store.readers(fact.id)
        )

    def hindered(self, path: RepoPath, everybody: frozenset[int]) -> frozenset[int]:
        """Return the contexts whose failed import may have lacked something of this file."""
        found: frozenset[int] = frozenset()
        for module in {fact.path for fact in self._data() if fact.view == "raised"}:
            contexts = self.broken(module)
            if contexts & everybody or may_hinder(self.mentioning.project, module, path):
                found |= contexts
        return found

    def users(self, word: str) -> Iterator[int]:
        """Yield the contexts that ran a statement with this word."""
        for path, versions in self.mentioning.project.files.items():
            for number, version in enumerate(versions):
                if word in version.uses:
                    lines = LineSet.parse(version.uses[word])
                    blob = self.mentioning.blobs[path][number]
                    yield from (hit.context for hit in self._store.hits(blob.id, lines))

    def _asked_by_pytest(self, reach: Reach) -> Iterator[RepoPath]:
        """Yield the test files and conftests in which a name was reached that pytest looks for."""
        for path, names in reach.names.items():
            if path in self.known_tests() or path.endswith(CONFTEST):
                called = not CALLED_BY_PYTEST.isdisjoint(names)
                hooks = any(name.startswith("pytest_") for name in names)
                if called or hooks or any(map(self.is_fixture, names)):
                    yield path

    def _readers(self, words: frozenset[str]) -> Iterator[int]:
        """Yield who read data files that hold one of these words: templates, doctests."""
        if self._words is None:
            texts = [fact for fact in self._data() if fact.view in _TEXTS and fact.digest]
            self._words = [(fact, _words_of(self._tree.read(fact.path))) for fact in texts]
        for fact, held in self._words:
            if held is None or not words.isdisjoint(held):
                yield from self._store.readers(fact.id)

    def _data(self) -> list[DataFact]:
        if self._facts is None:
            self._facts = self._store.data_facts()
        return self._facts

    def _tests_named(self, reach: Reach) -> Iterator[int]:
        """Yield the contexts of tests whose own name was reached."""
        members = frozenset(reach.members)
        nodeids = [
            nodeid
            for path, tests in self.known_tests().items()
            for names, ids in tests.items()
            for nodeid in ids
            if not symbols_of(nodeid).isdisjoint(reach.names.get(path, ()))
            or not members.isdisjoint(names)
        ]
        yield from self._store.test_contexts(nodeids)


def _words_of(content: bytes | None) -> frozenset[str] | None:
    """Return the words in a data file; None: it is too large to look."""
    if content is None:  # it is gone, and with it the executions that read it
        return frozenset()
    if len(content) > _LARGEST:
        return None
    found = {word.decode() for word in _ASCII.findall(content)}
    if not content.isascii():  # bytes between which a name stands need not be text
        found.update(_WORD.findall(content.decode(errors="replace")))
    return frozenset(found)
