"""Answers that took a process to get, kept in a JSON file while certain files look the same."""

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

_KEEP = 32
CACHE_NAME = "interpreters.json"


class Remembered(NamedTuple):
    """The file of answers; without one nothing is kept. Losing it costs time only."""

    path: Path | None

    def get(self, key: str) -> Any:
        """Return the answer kept under this key, None if what it rests on has changed."""
        entry = self._load().get(key)
        if not isinstance(entry, dict) or not isinstance(entry.get("watched"), dict):
            return None
        fresh = all(_looks(path) == look for path, look in entry["watched"].items())
        return entry.get("answer") if fresh else None

    def put(self, key: str, answer: Any, watched: Iterable[str]) -> None:
        """Keep an answer for as long as these files and folders look as they do now."""
        if self.path is None:
            return
        entries = self._load()
        entries.pop(key, None)
        entries[key] = {"answer": answer, "watched": {path: _looks(path) for path in watched}}
        kept = dict(list(entries.items())[-_KEEP:])
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _replace(self.path, json.dumps(kept))

    def _load(self) -> dict[str, Any]:
        if self.path is None:
            return {}
        try:
            entries = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return entries if isinstance(entries, dict) else {}


def _looks(path: str) -> list[int] | None:
    try:
        seen = os.stat(path)  # noqa: PTH116  may be a name no Path can spell
    except (OSError, ValueError):
        return None
    return [seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns]


def _replace(path: Path, text: str) -> None:
    import tempfile  # start-up time

    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    Path(name).replace(path)
