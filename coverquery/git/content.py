"""Content ids of what stands on disk, and the stat data that spares hashing it again."""

import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

from coverquery.hashing import sha1
from coverquery.model import FileStat, Oid

if TYPE_CHECKING:
    from _hashlib import HASH

UNKNOWN = Oid("unknown")
"""Something stands there and its content cannot be known; equal to no recorded id."""

_RACY_NS = 2_000_000_000  # coarsest clock of a file system in use (FAT)
_CHUNK = 1 << 20
_ATTEMPTS = 3


class Found(NamedTuple):
    """What stands at a path: its content id, and what it looked like if that can be kept."""

    oid: Oid
    stat: FileStat | None = None


def blob_oid(content: bytes) -> Oid:
    """Return the id of some content: git's blob id."""
    return Oid(_hasher(len(content), content).hexdigest())


def _hasher(size: int, content: bytes = b"") -> "HASH":
    header = b"blob %d\0" % size
    return sha1(header + content, usedforsecurity=False)


def is_content(path: bytes) -> bool:
    """Whether a file or a symlink stands there, even one that cannot be read."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def is_executable(path: bytes) -> bool:
    """Whether the owner may execute a file, as git sees it."""
    try:
        return bool(os.stat(path).st_mode & stat.S_IXUSR)  # noqa: PTH116 - bytes
    except (OSError, ValueError):
        return False


def link_target(path: bytes) -> bytes:
    """Return the target text of a symlink."""
    return os.readlink(path)  # noqa: PTH115 - bytes


def content(path: bytes) -> bytes | None:
    """Return a file's content or a symlink's target text; None as ``examine`` does.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return link_target(path)
        if not stat.S_ISREG(mode):
            return None
        with open(_open(path), "rb", buffering=0) as file:
            return file.readall()
    except (FileNotFoundError, NotADirectoryError):
        return None


def examine(path: bytes, known: FileStat | None) -> Found | None:
    """Return what stands at a path on disk, hashing it only if it may have changed.

    None: nothing that has content (absent, a folder, a device). A symlink's content is its target.
    """
    try:
        seen = os.lstat(path)
        if known is not None and _is_unchanged(seen, known):
            return Found(known.oid)
        if stat.S_ISREG(seen.st_mode):
            return _hash_file(path)
        if stat.S_ISLNK(seen.st_mode):
            return Found(blob_oid(link_target(path)))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return Found(UNKNOWN)
    return None


def _is_unchanged(seen: os.stat_result, known: FileStat) -> bool:
    newest = max(known.mtime_ns, known.ctime_ns)
    return (
        stat.S_ISREG(seen.st_mode)
        and _looks(seen) == (known.size, known.mtime_ns, known.ctime_ns, known.inode)
        and known.hashed_at_ns - newest >= _RACY_NS
    )


def _looks(seen: os.stat_result) -> tuple[int, int, int, int]:
    return seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino


def _hash_file(path: bytes) -> Found:
    """Hash a regular file; if it is written to meanwhile, again, and then give up."""
    for _ in range(_ATTEMPTS):
        started = time.time_ns()
        descriptor = _open(path)
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
            looked = _looks(os.fstat(descriptor))
            hasher = _hasher(looked[0])
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
            if looked == _looks(os.fstat(descriptor)) and file.tell() == looked[0]:
                oid = Oid(hasher.hexdigest())
                return Found(oid, FileStat(*looked, started, oid))
    return Found(UNKNOWN)


def _open(path: bytes) -> int:
    """Open a file; what has become a pipe or a symlink since it was looked at cannot hold us."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
