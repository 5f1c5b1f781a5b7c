"""What the index keeps so that nobody has to work it out again: contents, analyses, hashes."""

from collections.abc import Mapping
from zlib import decompressobj
from zlib import error as ZlibError  # noqa: N812 - zlib's only exception has a function's name

from coverquery.index.db import Index, bound, unbound
from coverquery.index.digests import blob_oid
from coverquery.index.failures import damaged
from coverquery.model import FileStat, Oid, RepoPath

_LARGEST = 64 * 1024 * 1024


class Caches:
    """Pure functions of content, and file stats; losing any of it loses only time.

    Attributes:
        index: where they are kept.
        worked_out: by kind and content, what was not kept yet.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self.worked_out: dict[tuple[str, Oid], str] = {}

    def source(self, oid: Oid) -> bytes | None:
        """Return a content that git did not hold when it was recorded."""
        row = self.index.one("SELECT content FROM source WHERE oid = ?", (oid,))
        if row is None:
            return None
        try:
            content = decompressobj().decompress(row[0], _LARGEST)
        except ZlibError as error:
            raise damaged(self.index.path, f"source {oid}: {error}") from error
        if blob_oid(content) != oid:
            raise damaged(self.index.path, f"source {oid} has another content")
        return content

    def analysis(self, kind: str, oid: Oid) -> str | None:
        """Return what was worked out from a content before."""
        row = self.index.one("SELECT result FROM analysis WHERE kind = ? AND oid = ?", (kind, oid))
        return None if row is None else str(row[0])

    def analyses(self, kind: str) -> dict[Oid, str]:
        """Return everything of one kind that was worked out before."""
        rows = self.index.rows("SELECT oid, result FROM analysis WHERE kind = ?", (kind,))
        return {Oid(oid): str(result) for oid, result in rows}

    def save_analyses(self, results: Mapping[tuple[str, Oid], str]) -> None:
        """Keep what was worked out, by kind and content; nothing is kept on read-only media."""
        if self.index.readonly or not results:
            return
        with self.index.writing():
            self.index.execute_many(
                "INSERT OR REPLACE INTO analysis VALUES (?, ?, ?)",
                ((kind, oid, result) for (kind, oid), result in results.items()),
            )

    def save_worked_out(self) -> None:
        """Keep what was worked out so far."""
        results, self.worked_out = self.worked_out, {}
        self.save_analyses(results)

    def load_stats(self) -> dict[RepoPath, FileStat]:
        """Return how files looked when they were hashed."""
        rows = self.index.rows(
            "SELECT path, size, mtime_ns, ctime_ns, inode, hashed_at_ns, oid FROM file_stat"
        )
        return {RepoPath(unbound(path)): FileStat(*rest) for path, *rest in rows}

    def save_stats(self, stats: Mapping[RepoPath, FileStat]) -> None:
        """Keep how files looked when they were hashed, beside what is known of others."""
        if self.index.readonly or not stats:
            return
        with self.index.writing():
            self.index.execute_many(
                "INSERT OR REPLACE INTO file_stat VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        bound(path), one.size, one.mtime_ns, one.ctime_ns, _signed(one.inode),
                        one.hashed_at_ns, one.oid,
                    )
                    for path, one in stats.items()
                ),
            )  # fmt: skip


def _signed(inode: int) -> int:
    """Fit an inode into SQLite's integers; a large one merely never matches."""
    return inode if inode < 1 << 63 else -1
