"""Notices at once when somebody switches our tracing off, though it be on again at the test's end.

Wraps the functions that do it, for as long as we record: ``sys.settrace`` and
``threading.settrace`` where we trace, ``sys.monitoring``'s where we monitor.
"""

import functools
import os
import sys
from types import FrameType
from typing import Any

from .askers import Askers
from .contexts import BLIND, Contexts
from .unseen import frozen, without_me

_TRACING = frozenset({"ctrace", "pytrace"})
_SWITCHES = ("free_tool_id", "clear_tool_id", "register_callback", "set_events",
             "set_local_events")  # fmt: skip
_NAME = "coverquery"
_LAST = 5
_THREADING = f"{os.path.dirname(os.__file__)}/threading.py"  # noqa: PTH120
_OURS = f"{os.path.dirname(__file__)}/"  # noqa: PTH120  (a child may not know pathlib)


class Tampering:
    """The wrappers, while we record."""

    def __init__(self, engine: str, askers: Askers, contexts: Contexts) -> None:
        self._engine = engine
        self._askers = askers
        self._contexts = contexts
        self._undo: list[tuple[Any, str, Any, Any]] = []

    def start(self) -> None:
        """Put the wrappers in place."""
        if self._engine in _TRACING:
            import threading  # not where we monitor: a child may not know it

            self._wrap(sys, "settrace", self._traced)
            self._wrap(threading, "settrace", self._threads_traced)
        elif self._engine == "monitoring":
            monitoring: Any = vars(sys)["monitoring"]
            for name in _SWITCHES:
                if hasattr(monitoring, name):
                    self._wrap(monitoring, name, self._monitored)

    def stop(self) -> None:
        """Take the wrappers off, unless somebody else put theirs in our place."""
        while self._undo:
            owner, name, original, ours = self._undo.pop()
            if getattr(owner, name) is ours:
                setattr(owner, name, original)

    def _wrap(self, owner: Any, name: str, noted: Any) -> None:
        original = getattr(owner, name)

        @frozen
        def switch(*args: Any, **named: Any) -> Any:
            noted(args, sys._getframe(1))
            try:
                return original(*args, **named)
            except BaseException as error:
                without_me(error)
                raise

        ours = functools.wraps(original)(switch)
        self._undo.append((owner, name, original, ours))
        setattr(owner, name, ours)

    def _traced(self, _args: tuple[Any, ...], frame: FrameType) -> None:
        """Between the tests we trace again: only what runs now is missed."""
        # a new thread takes the function that `threading.settrace` was given: that is watched
        if frame.f_code.co_filename != _THREADING and self._askers.reads(frame):
            self._contexts.distrust(BLIND)

    def _threads_traced(self, _args: tuple[Any, ...], frame: FrameType) -> None:
        if self._askers.reads(frame):
            self._everybody()

    def _monitored(self, args: tuple[Any, ...], frame: FrameType) -> None:
        """Somebody changes what one of our tools hears: nobody knows what it misses."""
        monitoring: Any = vars(sys)["monitoring"]
        if frame.f_code.co_filename.startswith(_OURS):
            return
        tool = args[0] if args else None
        if type(tool) is int and 0 <= tool <= _LAST and monitoring.get_tool(tool) == _NAME:
            self._everybody()

    def _everybody(self) -> None:
        self._contexts.distrust(BLIND)
        self._contexts.everybody = self._contexts.everybody or BLIND
