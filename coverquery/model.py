"""The frozen types the stages hand each other. No behaviour, no I/O.

What comes by the thousand is a NamedTuple: far cheaper to make, and to define at each start.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, NewType

from coverquery.lines import Hunk, LineSet

RepoPath = NewType("RepoPath", str)
"""POSIX path from the project's root; bytes that are not UTF-8 as surrogate escapes."""

Oid = NewType("Oid", str)
"""Hex SHA-1 of ``b"blob <size>\\0" + content``: git's blob id, whether git knows it or not."""

NodeId = NewType("NodeId", str)
"""pytest's node id."""

Why = Literal[
    "line", "shape", "symbol", "import", "canary", "fixture", "collect", "memo",
    "data", "new", "failed", "env", "config", "always", "unknown",
]  # fmt: skip
"""Why a test is selected: a closed set, explained in docs/guarantee.md."""

View = Literal[
    "raw", "listing", "link", "exists", "docstrings", "pytest-config", "hooks", "glob", "always",
    "package", "distribution", "outside", "raised", "mode",
]  # fmt: skip
"""How a data file was looked at: its bytes, the names in a folder, where a symlink leads,
whether there is a file or folder, the docstrings of a Python file (doctest), pytest's own
section of a configuration file, the hooks of a conftest that see every test.
``glob``: the path is a glob, all files it finds. ``always``: nothing ever stays the same.
``package``: the path is a top-level module, whatever is installed under that name;
``distribution``: the path is a distribution, its metadata; ``*`` for the list of all;
``outside``: a module outside the project, the path is from the file system's root;
``raised``: the import of this module did not come to its end; ``mode``: ``x`` where the
owner may execute the file, ``-`` where not."""


class FileStat(NamedTuple):
    """What a file on disk looked like when its content was hashed, so as not to hash it again.

    ``hashed_at_ns``: when reading began; a file changed just before may change again unseen.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    hashed_at_ns: int
    oid: Oid


class Change(NamedTuple):
    """One path that differs between two trees.

    Attributes:
        path: where it is; a rename is one deleted and one new path.
        old: content in the old tree; None when it is new.
        new: content in the new tree; None when it is deleted.
        kind: what stands there (a symlink's content is its target, a gitlink's its commit).
        hunks: line by line, where git was asked for them.
    """

    path: RepoPath
    old: Oid | None
    new: Oid | None
    kind: Literal["file", "symlink", "gitlink", "unmerged"] = "file"
    hunks: tuple[Hunk, ...] = ()


class Touch(NamedTuple):
    """One thing in the old version of a file that a change concerns.

    Attributes:
        why: ``line``: a statement inside a function; ``shape``: the whole function;
            ``import``: whatever runs when the module is imported; ``doc``: a docstring,
            which matters only where something reads it; ``symbol``: a name has another value.
        old_lines: whoever executed any of these lines of the old version is concerned.
        whole: everybody who imported or executed the module is concerned, whatever the lines.
        symbol: qualified name in the module (``Graph.add_edge``), ``""`` for the module itself.
        new_lines: where the change stands in the new version, for display.
        escapes: for ``doc``: code we cannot see may read this docstring.
        gone: for ``symbol``: the name is not sure to be bound any more.
        elsewhere: for ``symbol``: it may still be, under a condition or by a star.
        wide: for ``symbol``: of a class; it concerns whoever touches the class.
        raises: the import may fail now.
        bases: what a new or gone class is derived from, as in ``usage.Piece``.
        imports: imports that came or went, as ``^level:module:name``.
        fixture: a fixture was added that none but who asks for it gets.
    """

    why: Literal["line", "shape", "import", "doc", "symbol"]
    old_lines: LineSet
    whole: bool
    symbol: str
    new_lines: LineSet = LineSet()
    escapes: bool = False
    gone: bool = False
    wide: bool = False
    raises: bool = False
    bases: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    fixture: bool = False
    elsewhere: bool = False


class Impact(NamedTuple):
    """What the difference between two versions of one Python file means.

    Attributes:
        touches: empty when the difference has no meaning (comments, formatting …).
        note: one sentence when the file could not be understood and was taken whole.
    """

    path: RepoPath
    old: Oid
    new: Oid | None
    touches: tuple[Touch, ...]
    note: str | None = None


class KnownBlob(NamedTuple):
    """A version of a file that some kept execution depends on; ``id`` is the index's."""

    id: int
    path: RepoPath
    oid: Oid


class DataFact(NamedTuple):
    """A file or folder somebody read; ``digest`` None means it was not there."""

    id: int
    view: View
    path: RepoPath
    digest: str | None


class Hit(NamedTuple):
    """A context with evidence on touched lines."""

    context: int
    lines: LineSet


class Execution(NamedTuple):
    """What one test was seen to depend on, once, in one environment.

    Attributes:
        id: the index's.
        env: id of the environment.
        outcome: passed, failed, error, skipped, xfailed or xpassed.
        untrusted: why the record cannot be relied on, or None.
        seconds: duration of setup, call and teardown together.
        commit: HEAD when it was recorded, None outside git.
        run: uid of the run that recorded it.
    """

    id: int
    nodeid: NodeId
    file: RepoPath
    env: int
    outcome: str
    untrusted: str | None
    seconds: float
    commit: str | None
    run: str = ""


class Reason(NamedTuple):
    """Why a test is selected.

    Attributes:
        why: the code.
        file: the file that changed, where one did.
        lines: the touched lines the test executed, in the recorded version's numbers.
        symbol: the function or class concerned.
        via: the context through which it depends on it (``fixture db``), ``""`` for the test's own.
        recorded_at: commit of the record.
        text: anything more, one sentence.
    """

    why: Why
    file: RepoPath | None = None
    lines: LineSet = LineSet()
    symbol: str = ""
    via: str = ""
    recorded_at: str | None = None
    text: str = ""


class SelectedTest(NamedTuple):
    """A test to run; ``nodeid`` may be a prefix (a file, or ``""`` for everything)."""

    nodeid: NodeId
    file: RepoPath
    reasons: tuple[Reason, ...]
    seconds: float = 0.0


class Canary(NamedTuple):
    """A test that shows whether a module can still be imported.

    Attributes:
        nodeid: the test.
        module: the file whose import may fail.
        changed: the file because of which it may.
        if_import_fails: how many further tests are affected then.
    """

    nodeid: NodeId
    module: RepoPath
    changed: RepoPath
    if_import_fails: int


class ChangeSummary(NamedTuple):
    """One line of the report about a changed file."""

    path: RepoPath
    lines: LineSet
    symbol: str
    tests: int
    note: str = ""


class Selection(NamedTuple):
    """The answer: which tests, out of what, and what could not be vouched for.

    Attributes:
        tests: known tests to run, sorted by (file, nodeid).
        prefixes: files (or ``""``) to run whatever is found in them: new or unknown tests.
        skipped: every known test that need not run.
        gaps: sentences on what cannot be vouched for; empty means complete.
        unexplained: changed files nobody is known to read.
        canaries: tests on whose imports others hang.
    """

    tests: tuple[SelectedTest, ...]
    prefixes: tuple[SelectedTest, ...]
    skipped: tuple[NodeId, ...]
    changes: tuple[ChangeSummary, ...] = ()
    gaps: tuple[str, ...] = ()
    unexplained: tuple[RepoPath, ...] = ()
    canaries: tuple[Canary, ...] = ()


class Environment(NamedTuple):
    """What besides the project's files a result depends on.

    Attributes:
        python: full version and implementation, e.g. ``cpython 3.12.1``.
        executable: the interpreter, for display.
        prefix: ``sys.prefix``.
        platform: ``sys.platform`` and machine.
        distributions: names of ``*.dist-info`` folders, sorted.
        site_dirs: the folders they stand in.
        pytest_args: pytest options that change what tests do, in order.
        startup: digest of the ``.pth`` files, which every start of the interpreter reads.
        binary: size and date of the interpreter's file.
        packages: each execution says itself which distributions it depends on.
    """

    python: str
    executable: str
    prefix: str
    platform: str
    distributions: tuple[str, ...]
    site_dirs: tuple[str, ...] = ()
    pytest_args: tuple[str, ...] = ()
    startup: str = ""
    binary: str = ""
    packages: bool = False


class RunInfo(NamedTuple):
    """One recorded run, as ``run.json`` and the index hold it."""

    uid: str
    commit: str | None
    tree: str | None
    state: Literal["recording", "complete", "partial", "integrated"]
    command: tuple[str, ...]
    started: float
    ended: float | None = None
    exit_status: int | None = None
    environment: Environment | None = None
    outcomes: Mapping[str, int] = MappingProxyType({})
