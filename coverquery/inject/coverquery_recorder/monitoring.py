"""The engine for Python 3.12 and later: ``sys.monitoring`` on the project's code only.

Two tool ids. One discovers code objects by a global PY_START that switches itself off per
code object; the other has local events only, so that re-arming a code object (set to 0, set
again) concerns nobody else. ``restart_events()`` would re-fire everybody's events.
"""

import functools
import sys
from collections.abc import Callable, Iterable
from types import CodeType, FrameType
from typing import Any

from .fast import load
from .oneliners import bodies_on_own_lines

_ROUND_THE_CORNER = 0x20 | 0x80 | 0x200  # generators, coroutines, asynchronous generators
_NAME = "coverquery"
_NONE: frozenset[int] = frozenset()
_frame = sys._getframe  # tests replace it
Told = Callable[[FrameType, int], None]
"""Wants to know of code that runs for the first time: its frame, its file."""


class Monitoring:
    """Lines by code object, each reported once per context."""

    name = "monitoring"

    def __init__(self, fid_of: Callable[[str], int], fast: str | None = None) -> None:
        self._monitoring: Any = getattr(sys, "monitoring", None)
        self._fid_of = fid_of
        self.library = load(fast)
        self._fast: Any = None
        self._fids: dict[int, int] = {}
        self._bodies: dict[int, frozenset[int]] = {}
        self._tools: tuple[int, ...] = ()
        self._health: tuple[Any, Any, int] = (None, None, 0)
        self.switch: Callable[[], Iterable[tuple[int, list[int]]]] = tuple
        self.told: list[Told] = []

    @property
    def fast(self) -> bool:
        """Whether the hot path runs in C."""
        return self._fast is not None

    def fid(self, unit: int) -> int:
        """Return the file of a code object that `switch` named."""
        return self._fids[unit]

    def bodies(self, unit: int) -> frozenset[int]:
        """Return the lines of a unit that are those of functions in it as well."""
        return self._bodies.get(unit, _NONE)

    def start(self) -> None:
        """Begin. Raise RuntimeError when no two tool ids are free."""
        monitoring = self._monitoring
        # 0, 1, 2 and 5 are by convention for debuggers, coverage, profilers, optimizers
        free = [tool for tool in (5, 4, 3, 2, 1, 0) if monitoring.get_tool(tool) is None][:2]
        if len(free) < 2:
            raise RuntimeError("no two sys.monitoring tool ids are free")
        lines, discovery = self._tools = tuple(free)
        monitoring.use_tool_id(lines, _NAME)
        monitoring.use_tool_id(discovery, _NAME)
        events = monitoring.events
        self._health = (monitoring.get_tool, monitoring.get_events, events.PY_START)
        if self.library is not None:
            self._fast = self.library.Lines(lines, monitoring)
            on_line, on_start, on_resume = (
                self._fast.on_line, self._fast.on_start, self._fast.on_resume,
            )  # fmt: skip
            arm = self._fast.add
        else:
            on_line, on_start, on_resume, arm, self.switch = _callbacks(monitoring, lines)
        then = (self.told, arm, on_start, monitoring.DISABLE)
        then_known = (self._fids, self._bodies)
        discover = _discovery(events, self._fid_of, then_known, then)
        monitoring.register_callback(lines, events.LINE, on_line)
        monitoring.register_callback(lines, events.PY_START, on_start)
        monitoring.register_callback(lines, events.PY_RESUME, on_resume)
        monitoring.register_callback(discovery, events.PY_START, discover)
        monitoring.set_events(discovery, events.PY_START)

    def numbering(self, number: Callable[[int, str], int]) -> Any:
        """Return what gives numbers to line sets in C, if there is such a thing here."""
        fast = self._fast
        if fast is None:
            return None

        def fresh(code: CodeType, lines: str) -> int:
            return number(object.__hash__(code), lines)

        return functools.partial(fast.switch, fresh)

    def stop(self) -> None:
        """Give the tool ids back; the code objects keep nothing of ours."""
        monitoring = self._monitoring
        if self._tools and self.healthy():
            for tool in self._tools:
                monitoring.set_events(tool, 0)
                for event in ("LINE", "PY_START", "PY_RESUME"):
                    monitoring.register_callback(tool, getattr(monitoring.events, event), None)
                monitoring.free_tool_id(tool)
        self._tools = ()

    def healthy(self) -> bool:
        """Tell whether the tools are still ours and still listening."""
        if not self._tools:
            return False
        get_tool, get_events, listening = self._health
        lines, discovery = self._tools
        return bool(
            (self._fast is None or not self._fast.broken)
            and get_tool(lines) == _NAME
            and get_tool(discovery) == _NAME
            and get_events(discovery) == listening
        )

    def restore(self) -> bool:
        """Stay off: who frees another tool's id does so on purpose."""
        return False


def _discovery(
    events: Any,
    fid_of: Callable[[str], int],
    units: tuple[dict[int, int], dict[int, frozenset[int]]],
    then: tuple[list[Told], Any, Any, Any],
) -> Any:
    """Return the callback that arms a code object of the project when it first runs."""
    fids, bodies = units
    told, arm, on_start, disable = then
    key_of: Callable[[object], int] = object.__hash__
    known: set[int] = set()

    def discover(code: CodeType, offset: int) -> Any:
        fid = fid_of(code.co_filename)
        if fid:
            key = key_of(code)
            if key not in known:
                fids[key] = fid
                shared = bodies_on_own_lines(code)
                if shared:
                    bodies[key] = shared
                for tell in told:
                    tell(_frame(1), fid)
                line = _resume_line(code, offset)
                arm(code, _events(events, code, line), line)
                on_start(code, offset)
                known.add(key)  # last: a second thread must not pass before it is armed
        return disable

    return discover


def _callbacks(monitoring: Any, tool: int) -> tuple[Any, Any, Any, Any, Any]:
    disable, set_local_events = monitoring.DISABLE, monitoring.set_local_events
    resume_lines: dict[int, int] = {}
    armed: dict[int, tuple[CodeType, int]] = {}
    current: dict[int, list[int]] = {}
    # id() would raise an audit event each time; hash() walks the bytecode
    key_of: Callable[[object], int] = object.__hash__

    def on_line(code: CodeType, line: int) -> Any:
        key = key_of(code)  # before `current` is loaded: a thread may be switched in the call
        try:
            current[key].append(line)
        except KeyError:
            fresh: list[int] = []
            current.setdefault(key, fresh).append(line)
        return disable

    def on_start(code: CodeType, _offset: int) -> Any:
        key = key_of(code)
        line = resume_lines.get(key, 0)
        return on_line(code, line) if line else disable

    def arm(code: CodeType, events: int, resume_line: int) -> None:
        key = key_of(code)
        resume_lines[key] = resume_line
        armed[key] = (code, events)
        _rearm(set_local_events, tool, [armed[key]])

    def switch() -> Iterable[tuple[int, list[int]]]:
        nonlocal current
        if not current:
            return ()
        # swap first: the garbage collector may run the project's code meanwhile
        done, current = current, {}
        _rearm(set_local_events, tool, [armed[key] for key in done])
        return done.items()

    return on_line, on_start, _resuming(on_line, disable), arm, switch


def _resuming(on_line: Callable[[CodeType, int], Any], disable: Any) -> Any:
    """Return what notes the rest of a line in which a generator was suspended: no LINE event."""
    lines: dict[tuple[int, int], int] = {}

    def on_resume(code: CodeType, offset: int) -> Any:
        at = (object.__hash__(code), offset)
        line = lines.get(at)
        if line is None:
            line = lines[at] = _line_at(code, offset)
        return on_line(code, line) if line else disable

    return on_resume


def _rearm(set_local_events: Any, tool: int, codes: list[tuple[CodeType, int]]) -> None:
    try:
        for code, events in codes:
            set_local_events(tool, code, 0)
            set_local_events(tool, code, events)
    except ValueError:  # somebody freed our id: `healthy` says so, the project never hears of it
        pass


def _events(events: Any, code: CodeType, resume_line: int) -> int:
    wanted: int = events.LINE
    if resume_line:
        wanted |= events.PY_START
    if code.co_flags & _ROUND_THE_CORNER:
        wanted |= events.PY_RESUME
    return wanted


def _line_at(code: CodeType, offset: int) -> int:
    return next((line or 0 for start, end, line in code.co_lines() if start <= offset < end), 0)


def _resume_line(code: CodeType, offset: int) -> int:
    """Return the line that fires no LINE event because RESUME stands on it, or 0.

    The body of lambdas, one-line functions and functions with only a docstring.
    """
    resume, first = 0, 0
    for start, end, line in code.co_lines():
        if start <= offset < end:
            resume = line or 0
        if end > offset + 2 and line:
            first = line
            break
    return resume if resume == first else 0
