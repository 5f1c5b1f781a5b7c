"""Running one process: its output, its time, and the CPU of its whole tree."""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LEAKS = ("PYTEST_", "COVERQUERY_", "COVERAGE_", "GIT_", "PYTHON", "VIRTUAL_ENV", "CI")


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended, or was ended.

    Attributes:
        status: exit status, None when its time was up.
        cpu: user and system seconds of it and of every child it waited for.
        wall: seconds by the clock.
        stdout: what it printed.
        stderr: what it complained.
        memory: the most it had resident itself, KiB.
    """

    status: int | None
    cpu: float
    wall: float
    stdout: str
    stderr: str
    memory: int = 0


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without what would change a measurement."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(LEAKS)}
    return kept | {"PYTHONHASHSEED": "0"} | dict(extra)


def run(
    argv: Sequence[str | Path],
    cwd: Path,
    environment: Mapping[str, str],
    timeout: float = 900,
) -> Finished:
    """Run to the end or the timeout; nothing of the process group outlives this call."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            [os.fspath(word) for word in argv],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        late = threading.Event()
        alarm = threading.Timer(timeout, _end, (process.pid, late))
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        alarm.cancel()
        _end(process.pid)
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    return Finished(
        status=None if late.is_set() else process.returncode,
        cpu=usage.ru_utime + usage.ru_stime,
        wall=wall,
        stdout=texts[0],
        stderr=texts[1],
        memory=usage.ru_maxrss,
    )


def _end(group: int, late: threading.Event | None = None) -> None:
    """Kill what is left of our own process group."""
    if late is not None:
        late.set()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
