"""What nobody should wait for after pytest, done while it runs: reading texts, loading our code.

What is found is a function of content alone and kept by its id: if nothing is found here, or the
file has another content meanwhile, integration reads it itself.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from coverquery.index.db import Index
from coverquery.index.digests import blob_oid
from coverquery.index.store import Store
from coverquery.model import Oid

if TYPE_CHECKING:
    from coverquery.source.glance import Glance

_AT_FIRST = 0.05  # pytest is being started
_EVERY = 0.2
_FILE = b'["f"'


class Ahead:
    """Follows a run's journals in a thread of its own; use it in a ``with`` statement.

    Attributes:
        found: what was read, complete after the end of the ``with`` statement.
    """

    def __init__(self, index: Path, run_folder: Path, root: Path) -> None:
        self.found: dict[Oid, Glance] = {}
        self._index = index
        self._run_folder = run_folder
        self._root = root
        self._read: dict[Path, int] = {}
        self._seen: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()  # for one file at most

    def look(self, is_known: Callable[[Oid], bool]) -> None:
        """Read the files that were noted in the journals since the last time."""
        for path in sorted(self._run_folder.glob("journal-*.jsonl")):
            for line in self._new(path):
                self._file(line, is_known)
                if self._over.is_set():
                    return

    def _follow(self) -> None:
        if self._over.wait(_AT_FIRST):
            return
        with suppress(Exception), Index.open(self._index, readonly=True) as index:
            from coverquery.workspace import finishing, integrating  # noqa: F401  # needed after
            from coverquery.workspace.naming import GLANCE

            known = Store(index).analysis
            while not self._over.wait(_EVERY):
                self.look(lambda oid: known(GLANCE, oid) is not None)

    def _new(self, path: Path) -> Iterator[bytes]:
        """Yield the lines on files appended to a journal since the last time, whole ones only."""
        with path.open("rb") as journal:
            journal.seek(self._read.get(path, 0))
            for line in journal:
                if not line.endswith(b"\n"):
                    return
                self._read[path] = self._read.get(path, 0) + len(line)
                if line.startswith(_FILE):
                    yield line

    def _file(self, line: bytes, is_known: Callable[[Oid], bool]) -> None:
        from coverquery.index.journal import safe_path
        from coverquery.source.glance import glance

        _, _, path, oid, *_ = json.loads(line)
        safe = safe_path(path)
        if safe is None or oid in self._seen:
            return
        self._seen.add(oid)
        content = b"" if is_known(Oid(oid)) else (self._root / safe).read_bytes()
        if content and blob_oid(content) == oid:
            self.found[Oid(oid)] = glance(content)
