"""The append-only record file: one JSON array a line, one write a test."""

import os
from collections.abc import Callable
from json import JSONEncoder
from pathlib import Path

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


class Journal:
    """Rows wait until `commit`, which appends them with a single write.

    The file is opened anew for each commit: a descriptor kept open could be closed by a
    test (``os.closerange``) and its number given to a file of the project.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.silent = False
        self._pid = os.getpid()
        self._rows: list[str] = []
        self._encode = JSONEncoder(separators=(",", ":")).encode
        self._name = str(path)
        self._system = (os.open, os.write, os.close, os.getpid)
        os.register_at_fork(after_in_child=self._forked)

    def add(self, *row: object) -> None:
        """Let a row wait for the next commit."""
        self._rows.append(self._encode(row))

    def commit(self) -> None:
        """Append everything that waits; a disk that is full silences us, not the tests."""
        rows, self._rows = self._rows, []
        open_, write, close, getpid = self._system
        if not rows or self.silent or getpid() != self._pid:
            return
        try:
            _append("\n".join([*rows, ""]).encode("ascii"), self._name, open_, write, close)
        except OSError:
            self.silent = True

    def _forked(self) -> None:
        self.silent = True


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
