"""Which engine watches the lines, and why it is not the first choice when it is not."""

import sys
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple, Protocol

from .monitoring import Monitoring, Told
from .places import Places

Number = Callable[[int, str], int]
"""Numbers the lines of a unit, given as ``"3-5,9"``."""


Harvest = Callable[[set[int], set[int]], Collection[int]]
"""Adds numbers to the first set, returns those that are not in the second."""


class Engine(Protocol):
    """Something that knows which lines ran since the last switch."""

    name: str
    told: list[Told]

    def fid(self, unit: int, /) -> int:
        """Return the file of a unit that `switch` named."""

    def bodies(self, unit: int, /) -> frozenset[int]:
        """Return the lines of a unit that are those of functions in it as well."""

    def start(self) -> None:
        """Begin."""

    def switch(self) -> Iterable[tuple[int, Iterable[int]]]:
        """Return (unit, lines) of what ran since the last time, and begin anew."""

    def numbering(self, number: Number, /) -> Harvest | None:
        """Return what is faster than `switch`, if there is: it knows numbers given before."""

    def stop(self) -> None:
        """Stop."""

    def healthy(self) -> bool:
        """Tell whether nobody has switched us off."""

    def restore(self) -> bool:
        """Listen again after somebody switched us off; True when nothing was missed."""


class Idle:
    """No engine: only the collection is asked for."""

    name = "none"

    def __init__(self) -> None:
        self.told: list[Told] = []

    def fid(self, unit: int) -> int:
        """Return the unit."""
        return unit

    def bodies(self, _unit: int) -> frozenset[int]:
        """Return nothing."""
        return frozenset()

    def start(self) -> None:
        """Nothing to start."""

    def switch(self) -> Iterable[tuple[int, Iterable[int]]]:
        """Nothing ran."""
        return ()

    def numbering(self, _number: Number) -> None:
        """Nothing to number."""

    def stop(self) -> None:
        """Nothing to stop."""

    def healthy(self) -> bool:
        """Never switched off."""
        return True

    def restore(self) -> bool:
        """Nothing to restore."""
        return True


class Wanted(NamedTuple):
    """What the runner asks for, and what it has found for it."""

    engine: str
    coverage_path: str | None
    fast: str | None


def started(asked: Wanted, places: Places) -> tuple[Engine, str | None]:
    """Start the best engine there is.

    Returns:
        The running engine, and a sentence when it is not the one that was to be.
    """
    wanted, coverage_path, fast = asked
    if wanted == "none":
        return Idle(), None
    if wanted == "monitoring" or (wanted == "auto" and sys.version_info >= (3, 12)):
        monitoring = Monitoring(places.fid, fast)
        try:
            monitoring.start()
        except (RuntimeError, ValueError, AttributeError) as error:
            return _tracing(places, coverage_path), f"sys.monitoring is not used: {error}"
        return monitoring, None
    engine = _tracing(places, coverage_path) if wanted != "pytrace" else _plain(places)
    slow = engine.name == "pytrace" and wanted != "pytrace"
    return engine, "no C tracer for this Python: recording is slow" if slow else None


def _tracing(places: Places, coverage_path: str | None) -> Engine:
    from .tracing import CTrace, load_coverage

    coverage = load_coverage(coverage_path)
    if coverage is not None:
        try:
            engine = CTrace(places.fid, coverage)
            engine.start()
        except (RuntimeError, AttributeError, TypeError):
            return _plain(places)
        return engine
    return _plain(places)


def _plain(places: Places) -> Engine:
    from .tracing import PyTrace

    engine = PyTrace(places.fid)
    engine.start()
    return engine
