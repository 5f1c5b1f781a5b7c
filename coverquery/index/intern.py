"""Ids for things stored once: looked up in one join, made in one batch."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from coverquery.index.db import Index, bound, unbound
from coverquery.model import Oid, RepoPath

_WANTED = "CREATE TEMP TABLE IF NOT EXISTS wanted (value PRIMARY KEY) WITHOUT ROWID"


class _Kind(NamedTuple):
    """The statements of one table with a single unique column."""

    known: str
    newest: str
    insert: str


_FILES = _Kind(
    "SELECT id, path FROM temp.wanted JOIN file ON path = value",
    "SELECT coalesce(max(id), 0) FROM file",
    "INSERT INTO file (id, path) VALUES (?, ?)",
)
_LINE_SETS = _Kind(
    "SELECT id, numbits FROM temp.wanted JOIN line_set ON numbits = value",
    "SELECT coalesce(max(id), 0) FROM line_set",
    "INSERT INTO line_set (id, numbits) VALUES (?, ?)",
)
_CONTEXTS = "SELECT id, digest FROM temp.wanted JOIN context ON digest = value"
_NEWEST_CONTEXT = "SELECT coalesce(max(id), 0) FROM context"
_NEWEST_BLOB = "SELECT coalesce(max(id), 0) FROM blob"
_BLOBS = "SELECT blob.id, file, oid FROM temp.wanted JOIN blob ON file = value"


def want(index: Index, values: Iterable[str | bytes | int]) -> None:
    """Fill the temporary table that lookups join with."""
    index.execute(_WANTED)
    index.execute("DELETE FROM temp.wanted")
    index.execute_many("INSERT OR IGNORE INTO temp.wanted VALUES (?)", ((v,) for v in values))


def file_ids(index: Index, paths: Iterable[RepoPath]) -> dict[RepoPath, int]:
    """Return the ids of paths, new ones included."""
    ids = _ids(index, _FILES, {bound(path) for path in paths})
    return {RepoPath(unbound(value)): ident for value, ident in ids.items()}


def line_set_ids(index: Index, numbits: Iterable[bytes]) -> dict[bytes, int]:
    """Return the ids of line sets, new ones included."""
    ids = _ids(index, _LINE_SETS, set(numbits))
    return {value: ident for value, ident in ids.items() if isinstance(value, bytes)}


def known_contexts(index: Index, digests: Iterable[bytes]) -> dict[bytes, int]:
    """Return the ids of the contexts that are there."""
    if next_id(index, _NEWEST_CONTEXT) == 1:
        return {}
    want(index, digests)
    return {digest: ident for ident, digest in index.rows(_CONTEXTS)}


def blob_ids(
    index: Index, keys: Iterable[tuple[RepoPath, Oid]], files: Mapping[RepoPath, int]
) -> dict[tuple[RepoPath, Oid], int]:
    """Return the ids of versions of files, new ones included."""
    wanted = {(files[path], oid): (path, oid) for path, oid in keys}
    first = next_id(index, _NEWEST_BLOB)
    found: dict[tuple[int, Oid], int] = {}
    if first > 1:
        want(index, {file for file, _ in wanted})
        found = {(file, oid): ident for ident, file, oid in index.rows(_BLOBS)}
    missing = sorted(wanted.keys() - found.keys())
    made = dict(zip(missing, range(first, first + len(missing)), strict=True))
    index.execute_many(
        "INSERT INTO blob (id, file, oid) VALUES (?, ?, ?)",
        ((ident, file, oid) for (file, oid), ident in made.items()),
    )
    found |= made
    return {key: found[pair] for pair, key in wanted.items()}


def next_id(index: Index, newest: str) -> int:
    """Return the first free id, given the query for the largest one."""
    row = index.one(newest)
    return 1 + int(row[0] if row else 0)


def _ids(
    index: Index, kind: _Kind, values: set[str | bytes] | set[bytes]
) -> dict[str | bytes, int]:
    first = next_id(index, kind.newest)
    found: dict[str | bytes, int] = {}
    if first > 1:  # else there is nothing to be found
        want(index, values)
        found = {value: ident for ident, value in index.rows(kind.known)}
    missing = [value for value in values if value not in found]
    made = dict(zip(missing, range(first, first + len(missing)), strict=True))
    index.execute_many(kind.insert, ((ident, value) for value, ident in made.items()))
    return found | made
