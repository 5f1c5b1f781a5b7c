"""What the recorder does at each of pytest's hooks.

PYTEST_DONT_REWRITE
"""

from collections.abc import Iterator
from typing import Any

import pytest

from .collection import skip
from .marks import register
from .ordering import rearrange
from .recording import Recorder

_CRASHED = "???"  # what xdist's controller says of the test that ran when a worker went away


class Hooks:
    """Registered once, with the session that is recorded."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._config: Any = None
        self._status: int | None = None
        self._copied = False

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> Iterator[None]:
        """Keep pytest-cov quiet unless the user asked for it; report a broken conftest."""
        self._config = early_config
        arguments = early_config.invocation_params.args
        known = early_config.known_args_namespace
        if not any(str(a).startswith("--cov") for a in arguments) and hasattr(known, "cov_source"):
            known.cov_source = None
        outcome: Any = yield
        error = outcome.excinfo[1] if outcome.excinfo else None
        if error is not None:
            path = str(getattr(error, "path", ""))
            inner = self._recorder.places.relative(path) if path else ""
            self._recorder.collection.error(inner or "", f"{type(error).__name__}: {error}")
            self._recorder.journal.commit()

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: Any) -> None:
        """The mark is known, also under --strict-markers."""
        register(config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: Any) -> None:
        """Only now is there a session whose fixtures are ours."""
        recorder = self._recorder
        inipath = getattr(session.config, "inipath", None)
        inner = recorder.places.relative(str(inipath)) if inipath else None
        if inner is not None:
            recorder.data.fact("pytest-config", inner, recorder.data.digest(inner))
        if not recorder.request.collect_only:
            recorder.fixtures.start(session)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: Any) -> Iterator[None]:
        """Collecting is a context a file."""
        with self._recorder.collection.collecting(collector):
            yield

    def pytest_collectreport(self, report: Any) -> None:
        """A file that cannot be collected is said so."""
        self._recorder.collection.reported(report)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> Iterator[None]:
        """Let the project choose, note what it wants to run, then leave out what need not run.

        What the project's own options deselect is no test of this project as configured.
        """
        option = config.option
        narrowed = getattr(option, "lf", False) or getattr(option, "ignore", None)
        complete = self._recorder.request.complete and not narrowed
        yield
        self._recorder.collection.collected(items, complete=complete)
        if not self._recorder.request.collect_only:
            skip(items, config, self._recorder.request.skip)
            rearrange(items, config, self._recorder.request)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        """A test is a context."""
        running = self._recorder.running
        begun = running.begin(item)
        try:
            yield
        finally:
            running.end(item, *begun)

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> None:
        """An instance of a wide fixture is a context; no wrapper, which tracebacks would show."""
        self._recorder.fixtures.set_up(fixturedef, request)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: Any) -> None:
        """Phase."""
        self._recorder.running.phase("setup", item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: Any) -> None:
        """Phase."""
        self._recorder.running.phase("run", item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: Any) -> None:
        """Phase."""
        self._recorder.running.phase("teardown", item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """The outcome is what pytest reports."""
        if report.when == _CRASHED:
            self._recorder.worker_crashed(report, self._config)
        else:
            self._recorder.running.reported(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any) -> None:
        """The controller collects nothing: it says what its first worker found."""
        if not self._copied:
            self._copied = True
            self._recorder.copy_collection(str(node.gateway.id))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: Any) -> None:
        """Remember how it ended."""
        self._status = int(exitstatus)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: Any) -> None:
        """The end."""
        recorder = self._recorder
        if config is not self._config:
            return
        recorder.stop()
        if self._status is not None:
            recorder.journal.add("z", self._status)
        recorder.journal.commit()
