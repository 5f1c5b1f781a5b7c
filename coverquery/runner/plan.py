"""What a launch needs to be told and what comes back. No I/O."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

INJECT = Path(__file__).parents[1] / "inject"
"""The one folder of ours that the project's interpreter sees."""


class Request(NamedTuple):
    """What the recorder is told in ``request.json``; docs/design.md has the fields.

    Attributes:
        root: what recorded paths are relative to.
        skip: known tests that need not run.
        phases: whether set-up, call and teardown are recorded apart.
        engine: ``auto``, ``monitoring``, ``ctrace`` or ``pytrace``.
        coverage_path: folder of our coverage package, for Pythons that need it.
        fast: the recorder's hot path in C, built for this Python (`fast.py`).
        exclude: absolute prefixes that are never recorded.
        collect_only: say what there is and run nothing.
        complete: pytest is asked for everything the project has.
        whole_files: the paths given to pytest are files, nothing in them is left out.
        order: node ids, the most telling first; empty: pytest's own order.
        first_unknown: where among them a test belongs that is not named.
    """

    root: Path
    skip: tuple[str, ...] = ()
    phases: bool = True
    engine: str = "auto"
    coverage_path: Path | None = None
    fast: str | None = None
    exclude: tuple[str, ...] = ()
    collect_only: bool = False
    complete: bool = False
    whole_files: bool = False
    order: tuple[str, ...] = ()
    first_unknown: int = 0


class LaunchPlan(NamedTuple):
    """One pytest process to come.

    Attributes:
        python: the project's interpreter.
        project: the folder pytest is started in.
        run_folder: where request, journal, junit.xml and pytest.log stand.
        args: pytest options, the configuration's before the user's.
        paths: files, folders and node ids; empty means what pytest finds by itself.
        environ: the environment to start from.
        unset: variables the tests must not see (inside a git hook, all that
            ``git rev-parse --local-env-vars`` lists).
        output: ``show`` pytest's output to the user, or keep it for the log only.
        progress: draw a bar on a terminal, or write a line each 10 % elsewhere.
        inject: the folder holding the recorder.
        junit: whether pytest may write junit.xml: it fails on names that are not UTF-8.
        grace: seconds between asking the processes to end and killing them.
    """

    python: Path
    project: Path
    run_folder: Path
    request: Request
    environ: Mapping[str, str]
    args: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    unset: frozenset[str] = frozenset()
    output: Literal["show", "log"] = "show"
    progress: bool = True
    inject: Path = INJECT
    junit: bool = True
    grace: float = 10.0


class Progress(NamedTuple):
    """How far a run has come; ``total`` is None until everything is collected."""

    done: int = 0
    total: int | None = None
    failed: int = 0
    seconds: float = 0.0
    eta: float | None = None


OnProgress = Callable[[Progress], None]
"""Told at most ten times a second; an exception it raises ends the run and travels on."""


class LaunchResult(NamedTuple):
    """How the process ended.

    Attributes:
        status: the exit status to pass on: pytest's, or 128 + n after signal n.
        interrupted: the signal that we were sent, or None.
        seconds: wall clock time.
        junit: where junit.xml was to be written; it need not be there.
        log: pytest's own output.
    """

    status: int
    interrupted: int | None
    seconds: float
    junit: Path
    log: Path


class Collected(NamedTuple):
    """What pytest found without running it.

    Attributes:
        items: (node id, path) in pytest's order.
        complete: false when only a part was looked at, or collecting had errors.
        errors: (path, text) of what could not be collected.
        status: pytest's exit status.
    """

    items: tuple[tuple[str, str], ...]
    complete: bool
    errors: tuple[tuple[str, str], ...]
    status: int
