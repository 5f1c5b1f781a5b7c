"""The append-only record file: one JSON array a line, one write a test."""

import functools
import os
from collections.abc import Callable
from json import JSONEncoder
from json import encoder as _json
from typing import Any

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
        self._encode = _encoder()
        self._path = path
        self._getpid = os.getpid
        self._append = functools.partial(_append, os.open, os.write, os.close)
        os.register_at_fork(after_in_child=self._forked)

    def appends(self, library: Any) -> None:
        """Encode and append in C where there is a library: our own ``open`` is no event then."""
        if library is not None:
            self._append = library.append
            row, plain = library.row, self._encode
            self._encode = lambda given: row(given) or plain(given)

    def add(self, *row: object) -> None:
        """Let a row wait for the next commit."""
        if self._kept is None or row[0] in self._kept:
            self._rows.append(self._encode(row))

    def commit(self) -> None:
        """Append everything that waits; a disk that is full silences us, not the tests."""
        rows, self._rows = self._rows, []
        if not rows or self.silent or self._getpid() != self._pid:
            return
        try:
            self._append(self._path, "\n".join([*rows, ""]).encode("ascii"))
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
        self._pid = self._getpid()
        self.silent = False

    def _forked(self) -> None:
        self.silent = True


def _encoder() -> Callable[[object], str]:
    """Return what `JSONEncoder.encode` does, without a new C encoder for each row: 2 us, not 6."""
    plain = JSONEncoder(separators=(",", ":"))
    trial = ["\u20ac", 1.5, None, [2]]
    try:
        text = getattr(_json, "encode_basestring_ascii")  # noqa: B009  (no stub has it)
        made = getattr(_json, "c_make_encoder")(  # noqa: B009
            None, plain.default, text, None, ":", ",", False, False, True
        )
        if "".join(made(trial, 0)) == plain.encode(trial):
            return lambda row: "".join(made(row, 0))
    except (AttributeError, TypeError):  # another Python
        pass
    return plain.encode


def _name(path: str) -> str:
    return path.rpartition("/")[2].removeprefix("journal-").removesuffix(".jsonl")


def _append(
    open_: Callable[[str, int, int], int],
    write: Callable[[int, bytes], int],
    close: Callable[[int], None],
    name: str,
    data: bytes,
) -> None:
    descriptor = open_(name, _FLAGS, 0o600)
    try:
        while data:
            data = data[write(descriptor, data) :]
    finally:
        close(descriptor)
