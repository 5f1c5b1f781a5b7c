"""Imports that find nothing: whoever asked depends on there being nothing."""

import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from .data import Data
from .names import Names


class Absent:
    """The last finder: asked when everybody else has failed, and never finds anything."""

    def __init__(
        self, names: Names, data: Data, missing: Callable[[str, FrameType | None], None]
    ) -> None:
        self._names = names
        self._missing = missing
        self._data = data
        self._active = False

    def start(self) -> None:
        """Stand at the end of the finders."""
        self._active = True
        sys.meta_path.append(self)

    def stop(self) -> None:
        """Go away, also from lists that somebody put aside."""
        self._active = False
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: Any, path: Any = None, _target: Any = None) -> None:
        """Note where this module would have been found."""
        if self._active:
            try:
                if path is None:
                    self._missing(name, sys._getframe(1))
                self._nowhere(name.rpartition(".")[2], list(sys.path if path is None else path))
            except Exception:  # noqa: BLE001  (the project's import fails as it would without us)
                self._data.distrust("a failed import could not be recorded")

    def _nowhere(self, tail: str, entries: Iterable[object]) -> None:
        for entry in entries:
            folder = self._names.way(entry or ".").path if isinstance(entry, str) else None
            if folder is None:
                continue
            stem = f"{folder}/{tail}".lstrip("/")
            for path in (f"{stem}.py", f"{stem}/__init__.py"):
                self._data.fact("raw", path, self._data.digest(path))
            if not self._data.there(stem):
                self._data.fact("exists", stem, None)  # a folder would do
