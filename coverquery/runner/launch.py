"""Running the project's pytest with the recorder, from start to end."""

import contextlib
import json
import os
import selectors
import signal
import threading
import time
from collections.abc import Iterator

from coverquery.errors import InterpreterError, StorageError
from coverquery.runner.early import begins_early
from coverquery.runner.environment import tests_environment
from coverquery.runner.junit_option import junit_choice
from coverquery.runner.plan import LaunchPlan, LaunchResult, OnProgress, Progress
from coverquery.runner.process import Child, Command
from coverquery.runner.pump import Pump
from coverquery.runner.streams import LOG_NAME, flush_own, opened

PLUGIN = "coverquery_recorder.plugin"
EARLY = "coverquery_recorder"
_TICK = 0.1
_QUIET = 1.0
_LONGEST = 5.0


def launch(plan: LaunchPlan, on_progress: OnProgress | None = None) -> LaunchResult:
    """Run pytest and wait for its end; nothing it started outlives this call.

    Args:
        plan: what to run.
        on_progress: told how far it is; an exception of its ends the run and travels on.

    Raises:
        InterpreterError: the interpreter could not be started.
        StorageError: the run folder could not be written.
    """
    started = time.monotonic()
    _prepare(plan)
    junit = junit_choice(plan)
    argv = command_line(plan, junit.option)
    flush_own()
    with opened(plan) as (streams, childs):
        command = Command(argv, plan.project, tests_environment(plan), streams.child)
        child = Child(command, plan.grace)
        with _started(child, plan):
            childs.close()
            _attend(child, Pump(plan, streams), on_progress or _ignore)
    seconds = time.monotonic() - started
    log = plan.run_folder / LOG_NAME
    return LaunchResult(child.status, child.interrupted, seconds, junit.path, log)


def command_line(plan: LaunchPlan, junit_option: str | None) -> list[str]:
    """Return the words that start pytest."""
    ours = ["-m", EARLY if begins_early(plan) else "pytest", "-p", PLUGIN]
    if junit_option:
        ours.append(junit_option)
    return [str(plan.python.absolute()), *ours, *plan.args, *plan.paths]


def write_request(plan: LaunchPlan) -> None:
    """Write request.json for the recorder; docs/design.md is the contract."""
    asked = plan.request
    document = {
        "root": str(asked.root),
        "skip": list(asked.skip),
        "phases": asked.phases,
        "engine": asked.engine,
        "coverage_path": None if asked.coverage_path is None else str(asked.coverage_path),
        "fast": asked.fast,
        "exclude": list(asked.exclude),
        "complete": asked.complete,
        "collect_only": asked.collect_only,
        "whole_files": asked.whole_files,
        "order": list(asked.order),
        "first_unknown": asked.first_unknown,
    }
    (plan.run_folder / "request.json").write_text(json.dumps(document), encoding="ascii")


def _prepare(plan: LaunchPlan) -> None:
    try:
        plan.run_folder.mkdir(parents=True, exist_ok=True)
        write_request(plan)
    except OSError as error:
        raise StorageError(f"cannot write {plan.run_folder}: {error.strerror}") from error


@contextlib.contextmanager
def _started(child: Child, plan: LaunchPlan) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(child)
        except OSError as error:
            raise InterpreterError(f"cannot start {plan.python}: {error.strerror}") from error
        yield


def _attend(child: Child, pump: Pump, on_progress: OnProgress) -> None:
    """Carry output and progress until the child has ended, then what is left of it."""
    with selectors.DefaultSelector() as selector, _on_terminal_signals(child, pump):
        selector.register(child.ended, selectors.EVENT_READ)
        for source in pump.sources:
            selector.register(source, selectors.EVENT_READ)
        last, due = Progress(), 0.0
        while True:
            ready = {key.fd for key, _ in selector.select(_TICK)}
            for gone in pump.carry(ready - {child.ended}):
                selector.unregister(gone)
            if child.ended in ready:
                break
            child.press()
            if time.monotonic() >= due:
                last, due = _report(pump, on_progress, last), time.monotonic() + _TICK
        child.end()
        _drain(pump, selector, child.ended)
        _report(pump, on_progress, last)
        pump.finish()


def _report(pump: Pump, on_progress: OnProgress, last: Progress) -> Progress:
    progress = pump.progress()
    if (progress.done, progress.total) != (last.done, last.total):
        on_progress(progress)
    return progress


def _drain(pump: Pump, selector: selectors.BaseSelector, ended: int) -> None:
    """Carry what the ended child had written, to the end of its streams.

    A terminal hands over late what was written to it. A stray process that keeps a stream
    open is not waited for once it is quiet, nor for long if it is not.
    """
    selector.unregister(ended)
    if pump.keyboard is not None and pump.keyboard in selector.get_map():
        selector.unregister(pump.keyboard)
    limit = time.monotonic() + _LONGEST
    while selector.get_map() and time.monotonic() < limit and (ready := selector.select(_QUIET)):
        for gone in pump.carry([key.fd for key, _ in ready]):
            selector.unregister(gone)


@contextlib.contextmanager
def _on_terminal_signals(child: Child, pump: Pump) -> Iterator[None]:
    """Pass on that the window has another size, and Ctrl-Z with its end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def resized(_number: int, _frame: object) -> None:
        pump.resize()
        child.signal(signal.SIGWINCH)

    def stopped(_number: int, _frame: object) -> None:
        child.signal(signal.SIGSTOP)
        pump.pause()
        os.kill(os.getpid(), signal.SIGSTOP)  # the next line runs after `fg`
        pump.resume()
        child.signal(signal.SIGCONT)

    with contextlib.ExitStack() as restored:
        for number, handler in ((signal.SIGWINCH, resized), (signal.SIGTSTP, stopped)):
            restored.callback(signal.signal, number, signal.getsignal(number))
            signal.signal(number, handler)
        yield


def _ignore(_progress: Progress) -> None:
    """Nobody wants to know."""
