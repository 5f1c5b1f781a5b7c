"""Notices, on Python 3.12 and later, where memos are entered and left.

A tool id of its own, with local events on the few functions that are memos; below the ids that
watch the lines, so that it hears of a function's start before they do.
"""

import sys
import threading
from collections.abc import Callable
from types import CodeType
from typing import Any

from .classes import is_class
from .contexts import Context, Contexts
from .health import lines_of
from .kept import Kept
from .memos import Bracket, Memo
from .shared import Shared

LOST = "what is kept between tests could not be followed"
_NAME = "coverquery"
_MOST = {"test": 150}
_MOST_ELSEWHERE = 2000
_key_of = object.__hash__
_frame = sys._getframe  # tests replace it


def _of_test(qualname: str) -> bool:
    outer, _, inner = qualname.partition(".<locals>")
    return bool(inner) and outer.rpartition(".")[2].startswith("test")


class Brackets:
    """The memos that are running, each with a context on the stack."""

    def __init__(self, kept: Kept, contexts: Contexts, shared: Shared) -> None:
        self._kept = kept
        self._contexts = contexts
        self._shared = shared
        self._monitoring: Any = getattr(sys, "monitoring", None)
        self._tool: int | None = None
        self._running: dict[tuple[int, int], Bracket] = {}
        self._count: dict[Memo, tuple[Context, int]] = {}
        self._armed: set[int] = set()
        self._tell: Callable[[Any], None] | None = None

    @property
    def active(self) -> bool:
        """Whether memos are noticed at all."""
        return self._tool is not None

    def start(self, name: str, library: Any = None) -> None:
        """Begin, if the lines are watched in the same way and there is an id left."""
        monitoring = self._monitoring
        if name != "monitoring" or monitoring is None:
            return
        free = [tool for tool in (3, 4, 5) if monitoring.get_tool(tool) is None]
        if not free:
            return
        self._tool = free[0]
        events = monitoring.events
        self._events = events.PY_START | events.PY_RESUME | events.PY_RETURN | events.PY_YIELD
        monitoring.use_tool_id(self._tool, _NAME)
        on_start: Any = self._on_start
        on_end: Any = self._on_end
        if library is not None:
            memos, ids = self._kept.memos, self._shared.ids
            on_start = library.Gate(on_start, memos, ids, None)
            on_end = library.Gate(on_end, memos, ids, self._running)
        for event in (events.PY_START, events.PY_RESUME):
            monitoring.register_callback(self._tool, event, on_start)
        for event in (events.PY_RETURN, events.PY_YIELD):
            monitoring.register_callback(self._tool, event, on_end)
        self._tell = library.unwinding if library is not None else None
        unwind = library.on_unwind if library is not None else self._on_end
        monitoring.register_callback(self._tool, events.PY_UNWIND, unwind)
        monitoring.set_events(self._tool, events.PY_UNWIND)
        self._kept.watched = True

    def stop(self) -> None:
        """Give the id back."""
        monitoring, tool = self._monitoring, self._tool
        self._tool, self._kept.watched = None, False
        if tool is None or monitoring.get_tool(tool) != _NAME:
            return
        monitoring.set_events(tool, 0)
        for event in ("PY_START", "PY_RESUME", "PY_RETURN", "PY_YIELD", "PY_UNWIND"):
            monitoring.register_callback(tool, getattr(monitoring.events, event), None)
        monitoring.free_tool_id(tool)

    def arm(self, memo: Memo) -> None:
        """Notice from now on where this memo is entered."""
        key = _key_of(memo.code)
        if self._tool is None or memo.writes.alone or key in self._armed:
            return
        self._armed.add(key)
        try:
            self._monitoring.set_local_events(self._tool, memo.code, self._events)
        except ValueError:  # somebody freed our id: what is written is absorbed instead
            self._tool, self._kept.watched = None, False

    def _on_start(self, code: CodeType, _offset: int) -> Any:
        memo = self._kept.memos.get(_key_of(code))
        if memo is None:
            return self._monitoring.DISABLE
        try:
            self.enter(memo, _frame(1))
        except Exception:  # noqa: BLE001  (it would surface in the project's code)
            self._contexts.distrust(LOST)
        return None

    def enter(self, memo: Memo, frame: Any) -> None:
        """A memo's frame begins or goes on."""
        key = (threading.get_ident(), _key_of(memo))
        if memo.writes.alone or key in self._running or not self._concerned(memo, frame):
            return
        parent = self._contexts.current
        if not self._within_budget(memo, parent):
            return
        bracket = Bracket(memo, parent, frame)
        self._running[key] = bracket
        self._listen()
        self._contexts.enter(bracket)
        self._kept.open.add(memo)

    def _concerned(self, memo: Memo, frame: Any) -> bool:
        if not memo.shared_self:
            return True
        return _key_of(frame.f_locals.get(memo.shared_self)) in self._shared.ids

    def _within_budget(self, memo: Memo, parent: Context) -> bool:
        """Bracketing what a test calls all the time would be slow: then all of the test counts."""
        last, count = self._count.get(memo, (parent, 0))
        count = count + 1 if last is parent else 1
        self._count[memo] = (parent, count)
        if count <= _MOST.get(parent.kind, _MOST_ELSEWHERE):
            return True
        if not memo.writes.names or memo.shared_self:
            self._kept.absorb(memo, parent)
        return False

    def _listen(self) -> None:
        """Hear of frames left by exceptions while a memo runs; threads may come here at once."""
        if self._tell is not None:
            if not self._running:
                self._tell(None)
            if self._running:
                self._tell(self._on_end)

    def _on_end(self, code: CodeType, _offset: int, value: object) -> None:
        if not self._running:
            return
        memo = self._kept.memos.get(_key_of(code))
        if memo is None:
            return
        key = (threading.get_ident(), _key_of(memo))
        bracket = self._running.get(key)
        if bracket is not None and bracket.frame is _frame(1):
            del self._running[key]
            self._listen()
            try:
                self._leave(bracket, value)
            except Exception:  # noqa: BLE001  (it would surface in the project's code)
                self._contexts.distrust(LOST)

    def _leave(self, bracket: Bracket, value: object) -> None:
        memo, contexts = bracket.memo, self._contexts
        frame, bracket.frame = bracket.frame, None
        contexts.leave(bracket)
        if not any(other.memo is memo for other in self._running.values()):
            self._kept.open.discard(memo)
        contexts.merge(bracket, bracket.parent)
        ran = {sid for facts in bracket.facts.values() for sid in facts.sets}
        if self._kept.wrote(memo, ran):
            contexts.merge(bracket, memo.context)
            self._kept.filled(memo, bracket.parent)
            self._shared.look_again(
                memo.writes.names, memo.code, memo.variables, self._at_hand(memo, frame, value)
            )

    def _at_hand(self, memo: Memo, frame: Any, value: object) -> list[object]:
        """Return what a memo may have put things in, and what others keep for it.

        What a function within a test closes over is over with the test.
        """
        if _of_test(memo.code.co_qualname):
            return []
        names = {*memo.writes.names.intersection(memo.code.co_freevars), memo.shared_self} - {""}
        variables = frame.f_locals if names else {}
        found = [variables[name] for name in names if name in variables]
        if memo.cached or memo.writes.lines == lines_of(memo.code):  # as for a descriptor
            found.append(value)
        return [one for one in found if not is_class(one)]
