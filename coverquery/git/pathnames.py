"""Paths as git prints them and as the disk knows them: bytes, any but NUL."""

import os
from pathlib import Path

from coverquery.model import RepoPath


def decoded(raw: bytes) -> RepoPath:
    """Return git's bytes as a RepoPath."""
    return RepoPath(raw.decode("utf-8", "surrogateescape"))


def encoded(path: str) -> bytes:
    """Return the bytes of a RepoPath."""
    return path.encode("utf-8", "surrogateescape")


def split_nul(raw: bytes) -> list[str]:
    """Return the records of ``-z`` output, decoded."""
    return raw.decode("utf-8", "surrogateescape").split("\0")[:-1]


def on_disk(root: Path, path: RepoPath) -> bytes:
    """Return where a RepoPath stands on disk."""
    return os.fsencode(root) + b"/" + encoded(path)


def parents(path: str) -> list[RepoPath]:
    """Return the folders above a path, nearest first, without the root."""
    found = []
    while "/" in path:
        path = path.rpartition("/")[0]
        found.append(RepoPath(path))
    return found
