"""From what one process said to contexts named by their content, with import closures linked."""

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from coverquery.importing import StaticEdges
from coverquery.index.closure import Closures, file_edges
from coverquery.index.digests import FactDigests, context_digest, data_digest
from coverquery.index.executed import executed
from coverquery.index.kept import settle
from coverquery.index.seen import Facts, Journal, SeenContext, SeenData, SeenFile
from coverquery.model import Oid, RepoPath

BlobKey = tuple[RepoPath, Oid]


class FlatContext(NamedTuple):
    """A context as the index keeps it.

    Attributes:
        digest: its name, see digests.context_digest.
        lines: numbits by path and content.
        links: digests of the contexts it uses.
    """

    digest: bytes
    kind: str
    label: str
    lines: dict[BlobKey, bytes]
    data: tuple[SeenData, ...]
    links: frozenset[bytes]


class _Own(NamedTuple):
    """What a context itself did, all phases together."""

    lines: dict[BlobKey, int]
    uses: set[int]
    data: set[int]
    roots: set[RepoPath]


class Flattener:
    """The contexts of one process; each is flattened once, when asked for.

    Attributes:
        made: every context flattened so far, by digest.
    """

    def __init__(self, journal: Journal, static: StaticEdges) -> None:
        self.made: dict[bytes, FlatContext] = {}
        self._journal = journal
        settle(journal)
        lines = executed(journal)
        self._own = {cid: self._merged(phases, lines[cid]) for cid, phases in journal.facts.items()}
        edges = file_edges(journal, static)
        self._closures = Closures([file.path for file in journal.files.values()], edges)
        self._damaged = {journal.files[fid].path for fid in journal.damaged_files}
        self._oids: dict[RepoPath, set[Oid]] = {}
        for file in journal.files.values():
            self._oids.setdefault(file.path, set()).add(file.oid)
        self._of_path: dict[tuple[str, RepoPath | None], list[int]] = {}
        for cid, context in journal.contexts.items():
            self._of_path.setdefault((context.kind, context.path), []).append(cid)
        self._sessions = [c for c, seen in journal.contexts.items() if seen.kind == "session"]
        self._done: dict[int, FlatContext | None] = {}
        self._imports: dict[RepoPath, FlatContext | None] = {}
        self._masks: dict[int, int] = {}
        self._linked: dict[int, frozenset[bytes] | None] = {}
        self._fact_digests = {key: FactDigests(*key) for key in _blobs(journal)}

    def context(self, cid: int) -> FlatContext | None:
        """Return a context; None when not everything it depends on is known."""
        if cid not in self._done:
            self._done[cid] = None  # who uses itself in the end gets no record
            with suppress(RecursionError):  # nor does a chain no honest session has
                self._done[cid] = self._flattened(cid, self._journal.contexts[cid])
        return self._done[cid]

    def empty(self, nodeid: str) -> FlatContext:
        """Return a test's context of which nothing is known."""
        return self._make("test", nodeid, _NOTHING, frozenset())

    def _flattened(self, cid: int, seen: SeenContext) -> FlatContext | None:
        if cid in self._journal.damaged:
            return None
        if seen.kind == "import" and seen.path is not None:
            return self._import(seen.path)
        own = self._own.get(cid, _NOTHING)
        links = self._used(cid, seen, own)
        imported = self._imported(self._mask(cid) & ~self._given(cid, seen))
        if links is None or imported is None:
            return None
        return self._make(seen.kind, seen.label, own, links | imported)

    def _used(self, cid: int, seen: SeenContext, own: _Own) -> frozenset[bytes] | None:
        """Return the contexts it uses, as the journal says and as its place implies."""
        uses = set(own.uses)
        if seen.kind == "collect":  # a file without tests depends on what every test does
            uses.update(self._sessions)
        if seen.kind == "test":
            uses.update(self._sessions, self._of_path.get(("collect", seen.path), ()))
        used = [self.context(use) for use in uses if use != cid]
        if None in used:
            return None
        return frozenset(context.digest for context in used if context is not None)

    def _given(self, cid: int, seen: SeenContext) -> int:
        """Return what a test need not link to because its collection does."""
        if seen.kind != "test":
            return 0
        collects = set(self._of_path.get(("collect", seen.path), ()))
        for use in self._own.get(cid, _NOTHING).uses:
            if self._journal.contexts[use].kind == "collect":
                collects.add(use)
        mask = 0
        for collect in collects:
            mask |= self._mask(collect)
        return mask

    def _mask(self, cid: int) -> int:
        """Return the import closure of a context."""
        if cid not in self._masks:
            seen = self._journal.contexts[cid]
            roots = set(self._own.get(cid, _NOTHING).roots)
            if seen.kind == "collect" and seen.path is not None:
                roots.add(seen.path)
                roots.update(self._closures.conftests_for(seen.path))
            self._masks[cid] = self._closures.of(roots)
        return self._masks[cid]

    def _imported(self, mask: int) -> frozenset[bytes] | None:
        if mask not in self._linked:
            paths = tuple(self._closures.files(mask))
            found = [None if path in self._damaged else self._import(path) for path in paths]
            known = frozenset(one.digest for one in found if one is not None)
            self._linked[mask] = None if None in found else known
        return self._linked[mask]

    def _import(self, path: RepoPath) -> FlatContext | None:
        """Return the import context of a file, also of one nobody saw being imported."""
        if path not in self._imports:
            self._imports[path] = None
            self._imports[path] = self._made_import(path)
        return self._imports[path]

    def _made_import(self, path: RepoPath) -> FlatContext | None:
        cids = self._of_path.get(("import", path), [])
        if self._journal.damaged.intersection(cids):
            return None
        # Its own file is a fact even when no line fired: an empty module can grow.
        own = _Own({(path, oid): 0 for oid in self._oids.get(path, ())}, set(), set(), set())
        for cid in cids:
            part = self._own.get(cid, _NOTHING)
            for key, bits in part.lines.items():
                own.lines[key] = own.lines.get(key, 0) | bits
            own.data.update(part.data)
            own.uses.update(u for u in part.uses if self._journal.contexts[u].kind != "import")
        used = [self.context(use) for use in own.uses]
        if None in used:
            return None
        return self._make("import", path, own, frozenset(u.digest for u in used if u is not None))

    def _make(self, kind: str, label: str, own: _Own, links: frozenset[bytes]) -> FlatContext:
        lines = {
            key: bits.to_bytes((bits.bit_length() + 7) >> 3, "little")  # LineSet.numbits, inlined
            for key, bits in own.lines.items()
        }
        data = tuple({self._journal.data[did] for did in own.data})
        facts = [self._fact_digests[key].of(numbits) for key, numbits in lines.items()]
        facts += [data_digest(one.view, one.path, one.digest) for one in data]
        digest = context_digest(kind, label, facts, links)
        made = FlatContext(digest, kind, label, lines, data, links)
        self.made[digest] = made
        return made

    def _merged(self, phases: Mapping[str, Facts], lines: Mapping[str, Mapping[int, int]]) -> _Own:
        files = self._journal.files
        by_file: dict[int, int] = {}
        own = _Own({}, set(), set(), set())
        for phase, facts in phases.items():
            for fid, bits in lines[phase].items():
                by_file[fid] = by_file.get(fid, 0) | bits
            own.uses.update(facts.uses)
            own.data.update(facts.data)
            own.roots.update(files[fid].path for fid in facts.imports)
        for fid, bits in by_file.items():
            file: SeenFile = files[fid]
            own.roots.add(file.path)
            own.lines[file.path, file.oid] = own.lines.get((file.path, file.oid), 0) | bits
        return own


_NOTHING = _Own({}, set(), set(), set())


def _blobs(journal: Journal) -> set[BlobKey]:
    return {(file.path, file.oid) for file in journal.files.values()}
