"""Contents that git does not hold: kept, because the meaning of the next change is in them."""

from collections.abc import Callable, Iterable
from zlib import compress

from coverquery.index import intern
from coverquery.index.db import Index
from coverquery.index.digests import blob_oid
from coverquery.index.recorded import RecordedRun
from coverquery.model import Oid, RepoPath

_READ_AGAIN = frozenset({"hooks", "pytest-config"})
"""Views whose old content is compared with the new one by meaning."""

HoldsSource = Callable[[Iterable[Oid]], set[Oid]]
ReadSource = Callable[[RepoPath], bytes | None]


def sources(
    index: Index, recorded: RecordedRun, holds_source: HoldsSource, read: ReadSource
) -> list[tuple[Oid, bytes]]:
    """Return the contents git does not hold, where they are still what was recorded."""
    paths = {oid: path for path, oid in recorded.blobs}
    paths |= {
        Oid(one.digest): one.path
        for context in recorded.contexts.values()
        if context.kind == "session"
        for one in context.data
        if one.view in _READ_AGAIN and one.digest
    }
    intern.want(index, paths)
    stored = {
        oid for (oid,) in index.rows("SELECT oid FROM source JOIN temp.wanted ON oid = value")
    }
    missing = paths.keys() - stored
    missing -= holds_source(sorted(missing)) if missing else set()
    found = []
    for oid in sorted(missing):
        content = read(paths[oid])
        if content is not None and blob_oid(content) == oid:
            found.append((oid, compress(content)))
    return found
