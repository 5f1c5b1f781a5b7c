"""The append-only record file: one JSON array a line, one write a test."""

import os
from collections.abc import Callable
from json import JSONEncoder

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


class Journal:
    """Rows wait until `commit`, which appends them with a single write.

    The file is opened anew for each commit: a descriptor kept open could be closed by a
    test (``os.closerange``) and its number given to a file of the project.
    """

    def __init__(self, path: str) -> None:
        self.name = _name(path)
        self.silent = False
        self._kept: tuple[str, ...] | None = None
        self._pid = os.getpid()
        self._rows: list[str] = []
        self._encode = JSONEncoder(separators=(",", ":")).encode
        self._path = path
        self._system = (os.open, os.write, os.close, os.getpid)
        os.register_at_fork(after_in_child=self._forked)

    def add(self, *row: object) -> None:
        """Let a row wait for the next commit."""
        if self._kept is None or row[0] in self._kept:
            self._rows.append(self._encode(row))

    def commit(self) -> None:
        """Append everything that waits; a disk that is full silences us, not the tests."""
        rows, self._rows = self._rows, []
        open_, write, close, getpid = self._system
        if not rows or self.silent or getpid() != self._pid:
            return
        try:
            _append("\n".join([*rows, ""]).encode("ascii"), self._path, open_, write, close)
        except OSError:
            self.silent = True

    def of_child(self, path: str, kept: tuple[str, ...]) -> None:
        """Write to another file from now on, and only rows of some kinds: in a forked process.

        What waits is the parent's to write.
        """
        self._path = path
        self.name = _name(path)
        self._kept = kept
        self._rows = []
        self._pid = self._system[-1]()
        self.silent = False

    def _forked(self) -> None:
        self.silent = True


def _name(path: str) -> str:
    return path.rpartition("/")[2].removeprefix("journal-").removesuffix(".jsonl")


def _append(
    data: bytes,
    name: str,
    open_: Callable[[str, int, int], int],
    write: Callable[[int, bytes], int],
    close: Callable[[int], None],
) -> None:
    descriptor = open_(name, _FLAGS, 0o600)
    try:
        while data:
            data = data[write(descriptor, data) :]
    finally:
        close(descriptor)
