"""What the workspace knows at the end of a use case; every format renders these and nothing else.

Field for field the JSON documents of docs/commands.md. Facts are complete: cutting is the
renderer's business. ``next`` may stay empty: the renderer then names the usual next command.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from coverquery.lines import LineSet
from coverquery.model import NodeId, Reason, RepoPath, RunInfo, Selection

if TYPE_CHECKING:
    from coverquery.report.safety_facts import AuditFacts, FlakyFacts, SafetyRecord

IndexWord = Literal["fresh", "stale", "partial", "missing", "foreign_env"]


class IndexState(NamedTuple):
    """In what state the index was when it was asked, and the commit it was last filled at."""

    state: IndexWord
    commit: str | None = None


class Outcome(NamedTuple):
    """How one recorded execution of a test ended."""

    outcome: str
    commit: str | None
    seconds: float


class AffectedFacts(NamedTuple):
    """The answer of ``affected``.

    Attributes:
        selection: which tests, why, and what cannot be vouched for.
        base: what was compared with: an abbreviated commit, or ``records``.
        head: the target: ``worktree``, ``staged`` or an abbreviated commit.
        known: state of the index that was asked.
        files: known tests of each test file: the totals behind ``5/61``.
        changed: every path that differs, for "nothing affected" to say what was looked at.
        ranked: the selected tests, most telling first; empty: by path.
        est_seconds: recorded seconds of the selected tests; None when none is known.
        args_file: the file for ``pytest @file``, as a path from the project.
        notes: sentences on how the answer was come by (a fallback always has one).
        next: commands to go on with.
        evidence: ``static``: nothing is recorded, imports alone decide; then ``files`` holds
            1 for each test file, and the selection whole files.
    """

    selection: Selection
    base: str
    head: str
    known: IndexState
    files: Mapping[RepoPath, int]
    changed: tuple[RepoPath, ...] = ()
    ranked: tuple[NodeId, ...] = ()
    est_seconds: float | None = None
    args_file: str | None = None
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    evidence: Literal["recorded", "static"] = "recorded"


class Failure(NamedTuple):
    """One failed test, or one file that could not be collected.

    Attributes:
        nodeid: the test, or the file.
        at: ``path:line`` where it failed.
        error: the exception in one line.
        same_cause: how many failures have this cause, this one included.
        hits_changed: ``path:lines`` of the change that the test executed.
        trace: ``path:line in function: text``, outermost first.
        own_file_changed: the test's own file is part of the change.
    """

    nodeid: NodeId
    at: str | None
    error: str
    same_cause: int = 1
    hits_changed: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()
    own_file_changed: bool = False


class RunCounts(NamedTuple):
    """How many tests did what; ``total`` is what is known, ``selected`` what was to run."""

    selected: int
    total: int
    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    not_run: int = 0


class RunFacts(NamedTuple):
    """The answer of ``run``; ``exit_status`` is the command's own."""

    exit_status: int
    base: str
    counts: RunCounts
    seconds: float
    known: IndexState
    updated_tests: int = 0
    failures: tuple[Failure, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    log: str | None = None
    junit: str | None = None
    next: tuple[str, ...] = ()


class WhyFacts(NamedTuple):
    """The answer of ``why``: all reasons, or the execution that still holds.

    Attributes:
        nodeid: the test asked about.
        selected: whether it has to run.
        reasons: every reason; empty when it is not selected.
        holds: the execution that still holds when it is not selected.
        last: its last execution, None when there is none.
        covers_files: project files its last execution ran code of.
        covers_lines: lines of these it ran.
        notes: sentences on how the answer was come by.
        next: commands to go on with.
    """

    nodeid: NodeId
    selected: bool
    reasons: tuple[Reason, ...] = ()
    holds: Outcome | None = None
    last: Outcome | None = None
    covers_files: int = 0
    covers_lines: int = 0
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = ()


class LinesCount(NamedTuple):
    """Neighbouring lines that the same number of tests execute."""

    lines: LineSet
    tests: int


class CoveringTest(NamedTuple):
    """A test that executes the lines asked about.

    Attributes:
        nodeid: the test.
        file: its file.
        lines: which of the lines asked about it executes.
        focus: 0 to 1, the share of what it executes that these lines are.
    """

    nodeid: NodeId
    file: RepoPath
    lines: LineSet
    focus: float


class CoversFacts(NamedTuple):
    """The answer of ``covers``.

    Attributes:
        at: what was asked, as ``path:lines``.
        symbol: the function or class there, ``""`` for none.
        known: state of the index that was asked.
        lines: tests by line, in line order.
        tests: every test that executes any of it, most focused first.
        args_file: the file for ``pytest @file``.
        notes: sentences on how the answer was come by.
        next: commands to go on with.
    """

    at: str
    symbol: str
    known: IndexState
    lines: tuple[LinesCount, ...] = ()
    tests: tuple[CoveringTest, ...] = ()
    args_file: str | None = None
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = ()


class Notice(NamedTuple):
    """Something the user should know, with a code programs can rely on."""

    code: str
    text: str


class StatusFacts(NamedTuple):
    """The answer of ``status``.

    Attributes:
        known: its state and the commit it was last filled at.
        behind: commits between that and HEAD, None when that cannot be told.
        tests: known tests.
        unknown_tests: known tests without an execution to rely on.
        untrusted_tests: those of them that ran, but were not recorded so that one can rely on it.
        files: project files with evidence.
        megabytes: size of the index.
        python: the interpreter of the records, ``3.12``.
        env: whether the records were made in today's environment.
        dirty: changed files in the working tree.
        watcher: ``off``, ``idle`` or ``running``.
        pending: changes the watcher has yet to look at.
        warnings: what is wrong, with codes.
        safety: what audits have shown so far; None while there was none.
        next: commands to go on with.
    """

    known: IndexState
    behind: int | None = None
    tests: int = 0
    unknown_tests: int = 0
    files: int = 0
    megabytes: float = 0.0
    python: str | None = None
    env: Literal["match", "differs", "unknown"] = "unknown"
    dirty: int = 0
    watcher: Literal["off", "idle", "running"] = "off"
    pending: int = 0
    warnings: tuple[Notice, ...] = ()
    next: tuple[str, ...] = ()
    untrusted_tests: int = 0
    safety: "SafetyRecord | None" = None


class RunsFacts(NamedTuple):
    """The answer of ``runs``: recorded runs, newest first, and how many there are in all."""

    runs: tuple[RunInfo, ...]
    total: int
    next: tuple[str, ...] = ()


class ErrorFacts(NamedTuple):
    """An expected error, for those who asked for JSON."""

    code: str
    text: str
    fix: str | None = None
    safe_fallback: str | None = "run every test"


Facts: TypeAlias = (
    "AffectedFacts | RunFacts | WhyFacts | CoversFacts | StatusFacts | RunsFacts | AuditFacts"
    "| FlakyFacts | ErrorFacts"
)


class Rendering(NamedTuple):
    """How the reader wants it.

    Attributes:
        limit: rows at most; None: what the budget of the document allows.
        verbose: below 0 only the verdict, above 0 everything.
        color: whether the reader's terminal shows colours.
        order: rows by ``ranked`` (focus) or by path.
    """

    limit: int | None = None
    verbose: int = 0
    color: bool = False
    order: Literal["focus", "path"] = "focus"
