# ruff: noqa: INP001  # stands alone on PYTHONPATH, like a plugin of the project
"""A pytest plugin that writes down how each test ends, as it ends.

Standard library and pytest only. A test that runs too long ends the process, so the last
line names it. Loaded through PYTEST_PLUGINS; does nothing unless BENCHMARK_OUTCOMES is set.
"""

import faulthandler
import json
import os
import resource
import signal
import time
from collections.abc import Generator
from pathlib import Path

import pytest

RANK = ("passed", "skipped", "xfailed", "xpassed", "failed", "error")


class Outcomes:
    """Appends one JSON line for each thing that happens."""

    def __init__(self, path: Path, skip: frozenset[str], limit: float) -> None:
        self.stream = path.open("a", encoding="utf-8", buffering=1)
        self.nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # lives as long as pytest
        self.skip = skip
        self.limit = limit
        self.worst = "passed"
        self.started = 0.0

    def say(self, *words: object) -> None:
        """Write one line, whole, at once."""
        self.stream.write(json.dumps(words) + "\n")

    def arm(self, limit: float) -> None:
        """End the process after so much CPU, or after much more waiting: the machine is shared.

        SIGPROF ends loops in C as well; nobody handles it.
        """
        signal.setitimer(signal.ITIMER_PROF, limit)
        if limit:
            faulthandler.dump_traceback_later(5 * limit, exit=True, file=self.nowhere)
        else:
            faulthandler.cancel_dump_traceback_later()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what an earlier process finished already."""
        left_out = [item for item in items if item.nodeid in self.skip]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item.nodeid not in self.skip]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Name what cannot be collected."""
        if report.failed:
            self.say("broken", report.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Bracket one test."""
        self.worst, self.started = "passed", time.perf_counter()
        self.say("start", item.nodeid)
        if self.limit:
            self.arm(self.limit)
        try:
            return (yield)
        finally:
            if self.limit:
                self.arm(0)
            seconds = round(time.perf_counter() - self.started, 4)
            self.say("end", item.nodeid, self.worst, seconds)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of setup, call, teardown and subtests."""
        word: str = report.outcome
        if report.failed and report.when != "call":
            word = "error"
        elif hasattr(report, "wasxfail"):
            word = "xfailed" if report.skipped else "xpassed"
        self.worst = max(self.worst, word, key=RANK.index)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Say that the session came to its end."""
        self.say("done", int(exitstatus))


def pytest_configure(config: pytest.Config) -> None:
    """Start writing where BENCHMARK_OUTCOMES says, within BENCHMARK_MEMORY."""
    path = os.environ.get("BENCHMARK_OUTCOMES")
    if not path:
        return
    memory = int(os.environ.get("BENCHMARK_MEMORY", "0"))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    skip = os.environ.get("BENCHMARK_SKIP")
    names = json.loads(Path(skip).read_text(encoding="utf-8")) if skip else []
    limit = float(os.environ.get("BENCHMARK_LIMIT", "0"))
    config.pluginmanager.register(Outcomes(Path(path), frozenset(names), limit))
