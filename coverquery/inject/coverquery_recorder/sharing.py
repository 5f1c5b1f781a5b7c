"""One trace function for two: ours and the user's own ``--cov`` on Python 3.11.

There is a single slot for ``sys.settrace``. Our tracer takes it and hands the user's collector
what it would have seen.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any


class Other:
    """The user's collector, which rests while we trace for it."""

    def __init__(self, collector: Any, stack: list[Any]) -> None:
        self._collector = collector
        self._stack = stack
        self._wanted: dict[str, str | None] = {}
        self._width = _width(collector)
        self.branch = bool(collector.branch)

    @classmethod
    def running(cls, coverage: ModuleType, ours: Any) -> "Other | None":
        """Return the collector that took our place, if we can stand in for it."""
        stack = getattr(getattr(coverage.collector, "Collector", None), "_collectors", None)
        if not stack or stack[-1] is getattr(ours, "_collector", None):
            return None
        collector = stack[-1]
        if getattr(collector, "file_tracers", None) or not isinstance(collector.data, dict):
            return None
        return cls(collector, stack) if _width(collector) or not collector.branch else None

    def replace(self, ours: Any, start: Callable[[], None]) -> None:
        """Start ours, and stand below the user's, which expects to be stopped first."""
        self._stack.clear()
        original = ours._should_trace

        def should_trace(filename: str, frame: Any) -> Any:
            found = original(filename, frame)
            return found if found.trace else self._collector.should_trace(filename, frame)

        ours._should_trace = should_trace
        self._collector.pause()
        start()
        self._stack.append(self._collector)

    def feed(self, filename: str, raw: set[int]) -> set[int]:
        """Give the user's collector its share; return the lines."""
        if filename not in self._wanted:
            found = self._collector.should_trace(filename, None)
            self._wanted[filename] = found.source_filename if found.trace else None
        name = self._wanted[filename]
        if name is not None:
            self._collector.data.setdefault(name, set()).update(raw)
        return _lines(raw, self._width) if self.branch else raw


def _width(collector: Any) -> int:
    """Return how many bits of a packed arc a line number takes in this coverage.py, or 0."""
    constants = type(collector).flush_data.__code__.co_consts
    return next((bits for bits in (28, 20) if (1 << bits) - 1 in constants), 0)


def _lines(arcs: set[int], width: int) -> set[int]:
    """Return the lines that packed arcs lead to: two line numbers, then their signs."""
    mask, minus = (1 << width) - 1, 1 << (2 * width + 1)
    return {line for arc in arcs if not arc & minus and (line := arc >> width & mask)}
