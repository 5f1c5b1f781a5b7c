"""Reading the recorder's journals: as they grow, and when they are complete.

Only the lines that a run's front end needs; integration has its own reader.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WANTED = (b'["t"', b'["n"', b'["e"', b'["w"', b'["z"')


def journals(run_folder: Path) -> list[Path]:
    """Return the journals of the pytest processes (not of the tests' own children)."""
    found = sorted(run_folder.glob("journal-*.jsonl"))
    return [path for path in found if not path.name.startswith("journal-child-")]


class Follower:
    """Reads what was appended since the last time, whole lines only."""

    def __init__(self, run_folder: Path) -> None:
        self._folder = run_folder
        self._read: dict[Path, int] = {}

    def lines(self) -> Iterator[list[Any]]:
        """Yield the wanted lines that are new."""
        for path in journals(self._folder):
            yield from self._new(path)

    def _new(self, path: Path) -> Iterator[list[Any]]:
        done = self._read.get(path, 0)
        with path.open("rb") as stream:
            stream.seek(done)
            for raw in stream:
                if not raw.endswith(b"\n"):
                    break  # still being written, or cut off by a kill
                done += len(raw)
                if raw.startswith(WANTED) and (line := _parsed(raw)) is not None:
                    yield line
        self._read[path] = done


def _parsed(raw: bytes) -> list[Any] | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, list) else None
