"""SQLite's errors and broken files, put into our words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coverquery.errors import IndexDamagedError, StorageError

_HEADER = b"SQLite format 3\0"


@contextmanager
def said(path: Path) -> Iterator[None]:
    """Raise our errors for SQLite's."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _in_our_words(error, path) from error


def _in_our_words(error: sqlite3.DatabaseError, path: Path) -> Exception:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StorageError(f"{path} is held by another process", fix="wait until it is done")
    if code == sqlite3.SQLITE_FULL:
        return StorageError(f"no space left for {path}", fix="free some space, then run again")
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return StorageError(
            f"{path} cannot be written: {error}", fix=f"make {path.parent} writable"
        )
    if code == sqlite3.SQLITE_IOERR:
        return StorageError(f"{path} cannot be read or written: {error}", fix="look at the disk")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or "no such" in str(error):
        return damaged(path, str(error))  # no such table, no such column
    return error


def damaged(path: Path, what: str) -> IndexDamagedError:
    """Return the error for an index that cannot be used."""
    return IndexDamagedError(f"the index {path} is damaged: {what}", fix="coverquery reindex")


def refuse_cut_off(path: Path) -> None:
    """Find a file that was cut short, which SQLite notices only when it misses a page."""
    try:
        with path.open("rb") as handle:
            header = handle.read(100)
        size = path.stat().st_size
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read: {error.strerror}", fix=f"make {path} readable"
        ) from error
    if not header:
        return  # being created
    if len(header) < 100 or not header.startswith(_HEADER):
        raise damaged(path, "it is not a SQLite file")
    wal = path.with_name(path.name + "-wal")
    pages, page_size = int.from_bytes(header[28:32]), int.from_bytes(header[16:18])
    expected = pages * (65536 if page_size == 1 else page_size)
    if size < expected and not (wal.exists() and wal.stat().st_size):
        raise damaged(path, f"it ends after {size} of {expected} bytes")
