"""What differs between the records and one tree, what that means, and whom it concerns."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from coverquery.index.store import ContextName, Store
from coverquery.lines import LineSet
from coverquery.model import (
    Impact,
    KnownBlob,
    Oid,
    Reason,
    RepoPath,
    SelectedTest,
    Touch,
    Why,
)
from coverquery.selection.canaries import Key
from coverquery.workspace.concern import Concern
from coverquery.workspace.contents import Contents, SeenTree
from coverquery.workspace.outlines import outline_of
from coverquery.workspace.sameness import Sameness

if TYPE_CHECKING:
    from coverquery.workspace.docs import DocReaders
    from coverquery.workspace.symbols import Symbols


class Findings:
    """What one tree breaks.

    Attributes:
        breaks: execution id → reasons.
        impacts: of every recorded version that differs from the tree's.
        notes: sentences on what could not be understood and was taken whole.
        new: tests that appeared in recorded files.
        gone: tests that disappeared from recorded files: file and name.
        conditions: execution id → the imports that must still work for it to hold.
        proofs: by import, the executions that show that it does if they hold.
        telling: by import, the test files that cannot be collected when it does not.
    """

    def __init__(self) -> None:
        self.breaks: dict[int, list[Reason]] = {}
        self.impacts: list[Impact] = []
        self.notes: list[str] = []
        self.new: list[SelectedTest] = []
        self.gone: list[tuple[RepoPath, str]] = []
        self.conditions: dict[int, set[Key]] = {}
        self.proofs: dict[Key, set[int]] = {}
        self.telling: dict[Key, frozenset[RepoPath]] = {}


class Evidence:
    """Asks the index about trees; one object a question, so that contents are read once."""

    def __init__(self, store: Store, contents: Contents, sameness: Sameness) -> None:
        self._store = store
        self._contents = contents
        self._sameness = sameness
        self._impacts: dict[tuple[RepoPath, Oid, Oid | None], Impact] = {}
        self._docs: DocReaders | None = None
        self._symbols: dict[str, Symbols] = {}

    def compare(self, tree: SeenTree) -> Findings:
        """Find every execution that no longer holds for this tree."""
        findings = Findings()
        concerns = [*self._code(tree, findings), *self._data(tree)]
        self.spread(concerns, findings)
        return findings

    def spread(self, concerns: Iterable[Concern], findings: Findings) -> None:
        """Follow the links from contexts to executions and note the reasons there."""
        listed = list(concerns)
        asked = {context for concern in listed for context in concern.contexts}
        asked |= {
            context
            for concern in listed
            for group in (*concern.also, *concern.proof, concern.disproof)
            for context in group
        }
        if not asked:
            return
        names = self._store.context_names(asked)
        reached = self._store.dependants(asked)
        for concern in listed:
            for execution, through in reached.items():
                if concern.importing:
                    _hang(findings, concern, concern.importing, execution, through)
                elif _has_all(through, concern.also):
                    _break(findings, concern, execution, through, names)

    def _code(self, tree: SeenTree, findings: Findings) -> Iterator[Concern]:
        differing = [
            (blob, now)
            for blob in self._store.known_blobs()
            if (now := tree.oid(blob.path)) != blob.oid
        ]
        self._contents.fetch(blob.oid for blob, now in differing if now is not None)
        for blob, now in differing:
            found = self._impact(blob, now, tree)
            findings.impacts.append(found)
            if found.note and f"{found.path}: {found.note}" not in findings.notes:
                findings.notes.append(f"{found.path}: {found.note}")
            for touch in found.touches:
                if touch.why != "symbol":
                    yield from self._touched(blob, found, touch, tree)
            symbols = [touch for touch in found.touches if touch.why == "symbol"]
            if symbols:
                named = self._names(tree).named(blob, symbols)
                findings.new += named.new
                findings.gone += named.gone
                yield from named.concerns

    def _impact(self, blob: KnownBlob, now: Oid | None, tree: SeenTree) -> Impact:
        key = (blob.path, blob.oid, now)
        if key not in self._impacts:
            self._impacts[key] = self._meaning(blob, now, tree)
        return self._impacts[key]

    def _meaning(self, blob: KnownBlob, now: Oid | None, tree: SeenTree) -> Impact:
        whole = (Touch("import", LineSet(), whole=True, symbol=""),)
        if now is None:
            return Impact(blob.path, blob.oid, None, whole)
        old, new = self._contents.get(blob.oid), tree.read(blob.path)
        if old is None:
            text = "the recorded version is no longer held by git, so all of it counts as changed"
            return Impact(blob.path, blob.oid, now, whole, text)
        if new is None:
            return Impact(blob.path, blob.oid, None, whole)
        from coverquery.source.impact import Version, impact  # start-up time

        starts = outline_of(blob.oid, old, self._store)
        return impact(blob.path, Version(blob.oid, old), Version(now, new), starts)

    def _touched(
        self, blob: KnownBlob, found: Impact, touch: Touch, tree: SeenTree
    ) -> Iterator[Concern]:
        if touch.why == "doc":
            yield from self._doc_touched(blob, touch, tree)
            return
        why: Why = touch.why
        text = "" if found.new is not None else "deleted"
        hits = self._store.hits(blob.id, None if touch.whole else touch.old_lines)
        if hits:
            reason = Reason(why, blob.path, touch.old_lines, touch.symbol, text=text)
            yield Concern({hit.context: hit.lines for hit in hits}, reason)

    def _doc_touched(self, blob: KnownBlob, touch: Touch, tree: SeenTree) -> Iterator[Concern]:
        """Docstrings matter to whoever reads them, and to nobody else."""
        symbols = self._names(tree)
        hits = {hit.context: hit.lines for hit in self._store.hits(blob.id, None)}
        reason = Reason("import", blob.path, touch.old_lines, touch.symbol, text="docstring")
        if touch.escapes or symbols.is_made_by_others(blob.path, touch.symbol):
            yield Concern(hits, reason)
            return
        readers = self._doc_readers().of_anything()
        if readers:
            yield Concern(hits, reason, (readers,))
        for contexts, also in symbols.documented(blob, touch):
            yield Concern(contexts, reason, also)

    def _names(self, tree: SeenTree) -> "Symbols":
        from coverquery.workspace.symbols import Symbols  # start-up time

        if tree.label not in self._symbols:
            installed = self._sameness.installed
            self._symbols[tree.label] = Symbols(self._store, self._contents, tree, installed)
        return self._symbols[tree.label]

    def _doc_readers(self) -> "DocReaders":
        from coverquery.workspace.docs import DocReaders  # start-up time

        if self._docs is None:
            self._docs = DocReaders(self._store, self._contents)
        return self._docs

    def _data(self, tree: SeenTree) -> Iterator[Concern]:
        for fact in self._store.data_facts():
            if self._sameness.same(fact, tree):
                continue
            readers = {context: LineSet() for context in self._store.readers(fact.id)}
            if readers:
                yield Concern(readers, self._sameness.reason(fact))


def _break(
    findings: Findings,
    concern: Concern,
    execution: int,
    through: set[int],
    names: Mapping[int, ContextName],
) -> None:
    for context in sorted(through & concern.contexts.keys()):
        name = names[context]
        via = "" if name.kind == "test" else f"{name.kind} {name.label}".strip()
        reason = _through(concern.reason, name.kind, via, concern.contexts[context])
        reasons = findings.breaks.setdefault(execution, [])
        if reason not in reasons:
            reasons.append(reason)


def _hang(
    findings: Findings, concern: Concern, key: Key, execution: int, through: set[int]
) -> None:
    findings.telling[key] = findings.telling.get(key, concern.telling) & concern.telling
    if _has_all(through, concern.proof) and concern.disproof.isdisjoint(through):
        findings.proofs.setdefault(key, set()).add(execution)
    if _has_all(through, concern.also) and not through.isdisjoint(concern.contexts.keys()):
        findings.conditions.setdefault(execution, set()).add(key)


def _has_all(through: set[int], groups: Iterable[frozenset[int]]) -> bool:
    return not any(group.isdisjoint(through) for group in groups)


def _through(reason: Reason, kind: str, via: str, lines: LineSet) -> Reason:
    """Say through which context a reason reaches a test."""
    why, text = reason.why, reason.text
    if why == "line" and kind in ("fixture", "collect"):
        why = "fixture" if kind == "fixture" else "collect"
    if kind == "memo":
        why = "memo" if why in ("line", "shape") else why
        text = text or f"used a value that {via.rpartition('::')[2]} computed in another test"
    shown = lines & reason.lines if reason.lines else LineSet()
    return Reason(why, reason.file, shown, reason.symbol, via, reason.recorded_at, text)
