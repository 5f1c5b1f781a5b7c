"""Finding damage SQLite does not notice: every row that matters is part of some digest."""

from collections.abc import Iterator

from coverquery.index.db import Index, unbound
from coverquery.index.digests import (
    FactDigests,
    context_digest,
    data_digest,
    execution_seal,
)

_FACTS = """
SELECT context, path, oid, numbits FROM line_fact
JOIN blob ON blob.id = blob JOIN file ON file.id = blob.file
LEFT JOIN line_set ON line_set.id = lines
"""
_DATA = """
SELECT context, view, path, digest FROM data_use
JOIN data ON data.id = data JOIN file ON file.id = data.file
"""
_LINKS = "SELECT source, digest FROM link JOIN context ON context.id = target"
_EXECUTIONS = """
SELECT nodeid, context.digest, fingerprint, outcome, untrusted, seconds, seal
FROM execution JOIN test ON test.id = test JOIN context ON context.id = context
JOIN environment ON environment.id = execution.environment
"""


def check(index: Index) -> list[str]:
    """Return what is damaged; an empty list means that the index is as it was written."""
    problems = [str(text) for (text,) in index.rows("PRAGMA integrity_check") if text != "ok"]
    problems += [f"dangling row in {row[0]}" for row in index.rows("PRAGMA foreign_key_check")]
    if not problems:
        problems += [*_contexts(index), *_executions(index)]
    return problems


def _contexts(index: Index) -> Iterator[str]:
    facts: dict[int, list[bytes]] = {}
    links: dict[int, list[bytes]] = {}
    known: dict[tuple[str | bytes, str], FactDigests] = {}
    for context, path, oid, numbits in index.rows(_FACTS):
        names = known.get((path, oid))
        if names is None:
            names = known[path, oid] = FactDigests(unbound(path), oid)
        facts.setdefault(context, []).append(names.of(numbits or b""))
    for context, view, path, seen in index.rows(_DATA):
        facts.setdefault(context, []).append(data_digest(view, unbound(path), seen or None))
    for context, digest in index.rows(_LINKS):
        links.setdefault(context, []).append(digest)
    for ident, kind, stored_label, digest in index.rows(
        "SELECT id, kind, label, digest FROM context ORDER BY id"
    ):
        label = unbound(stored_label)
        now = context_digest(kind, label, facts.get(ident, ()), links.get(ident, ()))
        if now != digest:
            yield f"the facts of {kind} {label!r} are not what was written"


def _executions(index: Index) -> Iterator[str]:
    for stored_nodeid, context, environment, outcome, why, seconds, seal in index.rows(_EXECUTIONS):
        nodeid = unbound(stored_nodeid)
        untrusted = None if why is None else unbound(why)
        if execution_seal(nodeid, context, environment, outcome, untrusted, seconds) != seal:
            yield f"an execution of {nodeid!r} is not what was written"
