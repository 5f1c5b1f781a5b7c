"""Line sets, interned: a code object's lines, however many contexts have seen just these."""

import itertools
from collections.abc import Callable, Collection, Iterable

from .engine import Engine
from .journal import Journal


class LineSets:
    """Asks the engine what ran, and numbers it.

    Attributes:
        unit_of: returns the unit of a set.
    """

    def __init__(self, engine: Engine, journal: Journal) -> None:
        self._engine = engine
        self._journal = journal
        # numbers and texts only: the garbage collector walks containers again and again
        self._sids: dict[str, int] = {}
        self._seen: dict[tuple[int, ...], int] = {}
        self._files: dict[int, int] = {0: 0}
        self._spans: dict[int, str] = {0: ""}
        self._units: dict[int, int] = {0: 0}
        self.unit_of: Callable[[int], int] = self._units.__getitem__
        self._next = itertools.count(1).__next__
        self._own = engine.numbering(self._number)

    def harvest(self, sids: set[int], plain: set[int]) -> Collection[int]:
        """Add the numbers of what ran since the last time; return those that are not plain."""
        if self._own is not None:
            return self._own(sids, plain)
        seen = self._seen
        keys = [(unit, *lines) for unit, lines in self._engine.switch()]
        ran = [seen[key] if key in seen else self._sid(key) for key in keys]
        sids.update(ran)
        return () if plain.issuperset(ran) else ran

    def of(self, sid: int) -> tuple[int, frozenset[int]]:
        """Return the file and the lines of a set."""
        return self._files[sid], lines_of(self._spans[sid])

    def file_of(self, sid: int) -> int:
        """Return the file of a set."""
        return self._files[sid]

    def part(self, sid: int, fid: int, lines: frozenset[int]) -> int:
        """Return the number of some lines of a set."""
        text = spans(lines)
        if self._spans[sid] == text:
            return sid
        key = f"-{fid} {text}"  # no unit has a number below zero
        if key not in self._sids:
            self._sids[key] = self._new(fid, text)
        return self._sids[key]

    def _new(self, fid: int, text: str, unit: int = 0) -> int:
        sid = self._next()  # threads may come here at once: then a set has two numbers
        self._units[sid] = unit
        self._files[sid] = fid
        self._spans[sid] = text
        self._journal.add("s", sid, fid, text)
        return sid

    def _sid(self, seen: tuple[int, ...]) -> int:
        """Number a unit's lines, in whatever order they were seen."""
        sid = self._seen[seen] = self._number(seen[0], spans(set(seen[1:]) - {0}))
        return sid

    def _number(self, unit: int, text: str) -> int:
        others = self._engine.bodies(unit)
        if others:
            text = spans(lines_of(text) - others)
        key = f"{unit} {text}"
        sid = self._sids.get(key, 0)
        if text and not sid:
            sid = self._sids[key] = self._new(self._engine.fid(unit), text, unit)
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


def lines_of(text: str) -> frozenset[int]:
    """Return the lines of ``"3-5,9"``."""
    found: set[int] = set()
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
