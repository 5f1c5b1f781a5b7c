"""Questions about lines: which tests execute these, and which lines does this test execute."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from coverquery.index.db import bound, unbound
from coverquery.index.store import ContextName, Store
from coverquery.lines import LineSet
from coverquery.model import Execution, NodeId, Oid, RepoPath

_OWN = "test"
_NARROW = frozenset({"test", "fixture", "node", "memo"})

_LINES = """
WITH RECURSIVE used (context) AS (
    SELECT ? UNION SELECT target FROM used JOIN link ON source = used.context
)
SELECT kind, path, oid, numbits FROM used
JOIN context ON context.id = used.context
JOIN line_fact ON line_fact.context = used.context
JOIN line_set ON line_set.id = line_fact.lines
JOIN blob ON blob.id = line_fact.blob
JOIN file ON file.id = blob.file
"""


class Covering(NamedTuple):
    """A test that executes some of the asked lines.

    Attributes:
        lines: those it executes, itself or through its fixtures.
        imported: those that ran while something it depends on was imported or collected.
        total: how many lines of this file it executes by itself and its fixtures.
        via: the other contexts through which it does; empty when its own suffices.
    """

    execution: Execution
    lines: LineSet
    imported: LineSet
    total: int
    via: tuple[ContextName, ...]


class _Fact(NamedTuple):
    name: ContextName
    all_lines: LineSet
    asked: LineSet


def covering(store: Store, path: RepoPath, oid: Oid, lines: LineSet | None) -> list[Covering]:
    """Return the tests whose newest execution on this content executes any of these lines.

    Args:
        store: whom to ask.
        path: the file.
        oid: its content; line numbers are of this version.
        lines: None for every line.
    """
    row = store.index.one(
        "SELECT blob.id FROM blob JOIN file ON file.id = blob.file WHERE path = ? AND oid = ?",
        (bound(path), oid),
    )
    if row is None:
        return []
    hits = {hit.context: hit.lines for hit in store.hits(row[0], None)}
    names = store.context_names(hits)
    facts = {
        context: _Fact(names[context], executed, executed if lines is None else executed & lines)
        for context, executed in hits.items()
    }
    reached = store.dependants(hits)
    newest = {one.nodeid: one for one in store.executions_by_id(reached)}
    found = (_covering(one, [facts[c] for c in reached[one.id]]) for one in newest.values())
    return sorted((one for one in found if one.lines or one.imported), key=_most_focused)


def _covering(execution: Execution, facts: Iterable[_Fact]) -> Covering:
    own, lines, imported, narrow = LineSet(), LineSet(), LineSet(), LineSet()
    via = []
    for fact in facts:
        if fact.name.kind in _NARROW:
            lines |= fact.asked
            narrow |= fact.all_lines
        else:
            imported |= fact.asked
        if fact.name.kind == _OWN:
            own |= fact.asked
        elif fact.asked:
            via.append(fact)
    others = {fact.name for fact in via if fact.asked - own}
    ordered = tuple(sorted(others, key=lambda name: (name.kind, name.label)))
    return Covering(execution, lines, imported - lines, len(narrow), ordered)


def _most_focused(one: Covering) -> tuple[bool, float, str]:
    """Order by the share of its lines in the file that are asked for; wide contexts last."""
    focus = len(one.lines) / one.total if one.total else 0.0
    return (one.total == 0, -focus, one.execution.nodeid)


def lines_of_test(store: Store, nodeid: NodeId) -> dict[tuple[RepoPath, Oid], LineSet]:
    """Return the lines a test's newest execution executes, itself and through its fixtures."""
    row = store.index.one(
        "SELECT context FROM execution JOIN test ON test.id = execution.test"
        " JOIN run ON run.id = execution.run WHERE nodeid = ?"
        " ORDER BY started DESC, execution.id DESC",
        (bound(nodeid),),
    )
    found: dict[tuple[RepoPath, Oid], LineSet] = {}
    for path, oid, lines in _lines(store, row[0]) if row else ():
        if lines:
            found[path, oid] = found.get((path, oid), LineSet()) | lines
    return dict(sorted(found.items()))


def _lines(store: Store, context: int) -> Iterator[tuple[RepoPath, Oid, LineSet]]:
    for kind, path, oid, numbits in store.index.rows(_LINES, (context,)):
        if kind in _NARROW:
            yield RepoPath(unbound(path)), Oid(oid), LineSet.from_numbits(numbits)
