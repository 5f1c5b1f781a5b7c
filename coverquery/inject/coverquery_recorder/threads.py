"""Threads that outlive the test that started them: what they do later is credited to others.

While a test runs, the lines of all its threads are its own. Threads of wider fixtures serve
whoever uses these, and count for the test that is running.
"""

import _thread
import sys
from types import FrameType
from typing import Any

from .contexts import Context, Contexts
from .processes import base_of
from .unseen import frozen

EVENTS = frozenset({"_thread.start_new_thread", "_thread.start_joinable_thread"})
STILL = "a thread that it started was still running when it ended"
_TELLING = "/asyncio/unix_events.py"
_LOOPS = (
    "/concurrent/futures/thread.py",
    "/concurrent/futures/process.py",
    "/multiprocessing/pool.py",
    "/multiprocessing/queues.py",
    "/multiprocessing/connection.py",
    "/selectors.py",
)


class Threads:
    """The threads started since the last test ended."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._started: list[tuple[Context, Any]] = []
        self._undo: list[tuple[Any, str, Any]] = []
        self._system = (_thread._count, sys._current_frames, _thread.get_ident)

    def start(self) -> None:
        """On Python 3.11 no audit event tells of new threads."""
        if sys.version_info < (3, 12):
            for module in (_thread, sys.modules.get("threading")):
                for name in ("start_new_thread", "_start_new_thread"):
                    if hasattr(module, name):
                        self._undo.append((module, name, getattr(module, name)))
                        setattr(module, name, self._starting(getattr(module, name)))

    def stop(self) -> None:
        """Take the wrappers off again."""
        while self._undo:
            setattr(*self._undo.pop())

    def _starting(self, original: Any) -> Any:
        started = self.started

        @frozen
        def start_new_thread(function: Any, *args: Any) -> Any:
            started(function)
            return original(function, *args)

        return start_new_thread

    def started(self, function: object) -> None:
        """A thread is about to run this."""
        context = base_of(self._contexts.current)
        if context.kind == "test":
            self._started.append((context, getattr(function, "__self__", None)))

    def settle(self, ended: Context) -> None:
        """A test has ended: doubt it when a thread of its own has not."""
        started, self._started = self._started, []
        ours = [_ident(thread) for context, thread in started if context is ended]
        if not ours or not self._system[0]():
            return
        frames = self._system[1]()
        if None in ours:  # started below `threading`: it may be any that is not known there
            ours += frames.keys() - _named() - {self._system[2]()}
        if any(ident in frames and not _waits(frames[ident]) for ident in ours if ident):
            self._contexts.mistrust(ended, STILL)


def _named() -> set[int]:
    """Return the threads that are known by name."""
    module = sys.modules.get("threading")
    known = list(getattr(module, "_active", {}).items())
    dummy = getattr(module, "_DummyThread", ())
    return {ident for ident, thread in known if not isinstance(thread, dummy)}


def _ident(thread: Any) -> int | None:
    """Return what the system calls a thread; None for one that is no `threading.Thread`."""
    ident = getattr(thread, "_ident", None)
    return ident if isinstance(ident, int) else None


def _waits(frame: FrameType | None) -> bool:
    """Tell whether a thread runs nothing that was given to it.

    That is the loop of a pool or queue alone, or asyncio's waiting for a child, which only
    ever tells its event loop.
    """
    files = []
    while frame is not None:
        files.append(frame.f_code.co_filename)
        frame = frame.f_back
    loop = [file for file in files if not file.endswith(("/threading.py", "/queue.py"))]
    if not loop:
        return False
    return loop[-1].endswith(_TELLING) or all(file.endswith(_LOOPS) for file in loop)
