"""One child process with everything it starts: seen to its end, never left behind.

The child leads a session and process group of its own; signals we get are passed on to the
group, and a group that does not go in time is killed.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NamedTuple, Self

from coverquery.runner.group import is_alive

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LINGER = 2.0


class Command(NamedTuple):
    """What to start, and where. ``stdio``: file descriptors for 0, 1 and 2; None inherits."""

    argv: Sequence[str | Path]
    folder: Path
    environ: Mapping[str, str]
    stdio: tuple[int | None, int | None, int | None]


class Child:
    """A running process group; use it in a ``with`` statement."""

    def __init__(self, command: Command, grace: float) -> None:
        self.interrupted: int | None = None
        self._command = command
        self._grace = grace
        self._gone = False
        self._deadline: float | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._handlers: dict[int, Any] = {}
        self.ended, self._wake = os.pipe()

    def __enter__(self) -> Self:
        self._listen()
        command = self._command
        stdin, stdout, stderr = command.stdio
        try:
            self._process = subprocess.Popen(
                command.argv, cwd=command.folder, env=command.environ,
                stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True,
            )  # fmt: skip
        except BaseException:
            self._close()
            raise
        threading.Thread(target=self._await_end, args=(self._process,), daemon=True).start()
        if self.interrupted:  # the signal came before there was anybody to pass it to
            self.signal(self.interrupted)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.end()
        self._close()

    @property
    def status(self) -> int:
        """Exit status as a shell says it; only after the end."""
        if self.interrupted:
            return 128 + self.interrupted
        code = self._process.returncode if self._process else 0
        return code if code >= 0 else 128 - code

    def signal(self, number: int) -> None:
        """Send the whole group a signal."""
        if self._process is not None and not self._gone:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def press(self) -> None:
        """Kill the group once an interrupted one has had its time."""
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._deadline = None
            self.signal(signal.SIGKILL)

    def end(self) -> None:
        """End whatever is still there: the leader, and what it left behind."""
        if self._process is None or self._gone:
            return
        self.signal(signal.SIGTERM)
        limit = time.monotonic() + _LINGER
        while is_alive(self._process.pid) and time.monotonic() < limit:
            time.sleep(0.01)
        self.signal(signal.SIGKILL)
        self._process.wait()
        self._gone = True  # from here on the group's id may be somebody else's

    def _await_end(self, process: subprocess.Popen[bytes]) -> None:
        """Tell the waiting loop. The zombie is kept: its id stays ours until the group is ended."""
        if hasattr(os, "waitid"):
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        else:
            process.wait()
        with contextlib.suppress(OSError):
            os.write(self._wake, b"x")

    def _listen(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # whoever owns the main thread ends us by an exception out of on_progress
        for number in PASSED_ON:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup stays nohup
                self._handlers[number] = signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        first = self.interrupted is None
        self.interrupted = self.interrupted or number
        self.signal(number)
        grace = self._grace if first else min(1.0, self._grace)
        self._deadline = time.monotonic() + grace

    def _close(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self.ended)
        wake, self._wake = self._wake, -1
        os.close(wake)
