"""Line sets, interned: a code object's lines, however many contexts have seen just these."""

import itertools
from collections.abc import Collection, Iterable

from .engine import Engine
from .journal import Journal


class LineSets:
    """Asks the engine what ran, and numbers it."""

    def __init__(self, engine: Engine, journal: Journal) -> None:
        self._engine = engine
        self._journal = journal
        self._sids: dict[tuple[int, frozenset[int]], int] = {}
        self._seen: dict[tuple[int, ...], int] = {}
        self._sets: dict[int, tuple[int, frozenset[int]]] = {0: (0, frozenset())}
        self._next = itertools.count(1).__next__
        self._own = engine.numbering(self._number)

    def harvest(self) -> Collection[int]:
        """Return the numbers of what ran since the last time; 0 means nothing."""
        if self._own is not None:
            return self._own()
        seen = self._seen
        keys = [(unit, *lines) for unit, lines in self._engine.switch()]
        return [seen[key] if key in seen else self._sid(key) for key in keys]

    def of(self, sid: int) -> tuple[int, frozenset[int]]:
        """Return the file and the lines of a set."""
        return self._sets[sid]

    def _sid(self, seen: tuple[int, ...]) -> int:
        """Number a unit's lines, in whatever order they were seen."""
        sid = self._seen[seen] = self._number(seen[0], seen[1:])
        return sid

    def _number(self, unit: int, seen: Iterable[int]) -> int:
        lines = frozenset(seen) - {0}
        sid = self._sids.get((unit, lines), 0)
        if lines and not sid:
            fid = self._engine.fid(unit)
            sid = self._next()  # threads may come here at once: then a set has two numbers
            self._sets[sid] = fid, lines
            self._journal.add("s", sid, fid, spans(lines))
            self._sids[unit, lines] = sid
        return sid


def spans(lines: Iterable[int]) -> str:
    """Return lines as ``"3-5,9"``."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and runs[-1][1] == line - 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
