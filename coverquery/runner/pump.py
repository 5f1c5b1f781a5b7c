"""Carries bytes between pytest, the user and the log, with the bar on the last line."""

import contextlib
import errno
import locale
import os
import select
import time
from collections.abc import Iterable

from coverquery.runner.arguments import is_interactive
from coverquery.runner.column import Column
from coverquery.runner.plan import LaunchPlan, Progress
from coverquery.runner.progress import Milestones, Tracker, bar
from coverquery.runner.screen import Screen
from coverquery.runner.streams import Streams, copy_size, is_terminal

_CHUNK = 65536
_REDRAW = 0.1


class Pump:
    """One run's streams; ``carry`` what is ready, ``progress`` now and then, ``finish``."""

    def __init__(self, plan: LaunchPlan, streams: Streams) -> None:
        self.terminal = streams.terminal
        self.keyboard = None if streams.keyboard is None else streams.keyboard.fileno()
        self._keyboard = streams.keyboard
        self._log = streams.log
        self._sinks = dict(streams.sources)
        self._plain = {source: Column(10**9) for source in self._sinks}
        self._tracker = Tracker(plan)
        self._screen = _screen(plan, streams)
        self._milestones = _milestones(plan)
        self._fancy = "utf" in locale.getpreferredencoding(do_setlocale=False).lower()
        self._resized = False
        self._next_redraw = 0.0

    @property
    def sources(self) -> list[int]:
        """What to wait for."""
        return [*self._sinks, *([] if self.keyboard is None else [self.keyboard])]

    def carry(self, ready: Iterable[int]) -> list[int]:
        """Move what has come; return the sources that have come to their end."""
        gone = []
        for source in ready:
            chunk = _read(source)
            if source == self.keyboard:
                self._typed(chunk)
            elif chunk:
                self._written(source, chunk)
            if not chunk:
                gone.append(source)
        return gone

    def progress(self) -> Progress:
        """Look how far the run is and show it."""
        progress = self._tracker.update()
        if self._resized and self.terminal is not None:
            self._resized = False
            width = copy_size(self.terminal)
            if self._screen:
                self._write(2, self._screen.resize(width))
        if self._screen:
            self._write(2, self._screen.show(bar(progress, self._screen.width, fancy=self._fancy)))
        elif self._milestones and (line := self._milestones.line(progress)):
            self._write(2, line.encode() + b"\n")
        return progress

    def resize(self) -> None:
        """Take note, from a signal handler, that the window has another size."""
        self._resized = True
        if self.terminal is not None:
            copy_size(self.terminal)

    def pause(self) -> None:
        """Leave the terminal to the shell."""
        if self._screen:
            self._write(2, self._screen.erase())
        if self._keyboard:
            self._keyboard.give_back()

    def resume(self) -> None:
        """Take the terminal again; the window may have changed meanwhile."""
        if self._keyboard:
            self._keyboard.take()
        self.resize()

    def finish(self) -> None:
        """Take the bar away."""
        if self._screen:
            self._write(2, self._screen.erase())

    def _written(self, source: int, chunk: bytes) -> None:
        plain = self._plain[source].feed(chunk)
        if self._screen and source == self.terminal:
            redraw = time.monotonic() >= self._next_redraw
            chunk = self._screen.output(chunk, redraw=redraw)
            if redraw:
                self._next_redraw = time.monotonic() + _REDRAW
        sink = self._sinks[source]
        if sink is not None:
            self._write(sink, chunk)
        self._write(self._log, plain.encode("utf-8", "surrogateescape"))

    def _typed(self, chunk: bytes) -> None:
        if self.terminal is not None and chunk:
            self._write(self.terminal, chunk)

    def _write(self, sink: int, data: bytes) -> None:
        """Write it all; whoever does not listen any more does not stop the run."""
        try:
            while data:
                data = data[_write_some(sink, data) :]
        except OSError as error:
            if error.errno not in {errno.EPIPE, errno.EIO, errno.EBADF, errno.ENOSPC}:
                raise
            for source in [source for source, to in self._sinks.items() if to == sink]:
                self._sinks[source] = None


def _screen(plan: LaunchPlan, streams: Streams) -> Screen | None:
    if streams.terminal is None or not plan.progress or not is_terminal(2):
        return None
    if plan.environ.get("TERM", "dumb") == "dumb" or is_interactive(plan.args):
        return None
    return Screen(copy_size(streams.terminal))


def _milestones(plan: LaunchPlan) -> Milestones | None:
    wanted = plan.progress and plan.output == "show"
    return Milestones() if wanted and not is_terminal(2) else None


def _write_some(sink: int, data: bytes) -> int:
    try:
        return os.write(sink, data)
    except BlockingIOError:  # whoever started us made its terminal or pipe non-blocking
        select.select([], [sink], [])
        return 0


def _read(source: int) -> bytes:
    with contextlib.suppress(OSError):  # EIO: the other side of a terminal is closed
        return os.read(source, _CHUNK)
    return b""
