"""A whole run as the index will hold it: every journal read and flattened, nothing written yet."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from coverquery.importing import StaticEdges
from coverquery.index.children import read_with_children
from coverquery.index.flatten import BlobKey, FlatContext, Flattener
from coverquery.index.runs import RunFolder
from coverquery.index.seen import Collected, FinishedTest, Journal
from coverquery.model import Environment, NodeId, Oid, RepoPath

_BAD = frozenset({"failed", "error"})
_WIDE = frozenset({"fixture", "node"})
_CUT_OFF = "the process ended before the fixtures of this test were torn down"
_UNKNOWN = Environment("unknown", "", "", "unknown", ())


class _Asked(NamedTuple):
    """What pytest was asked for, and where."""

    environment: Environment
    complete: bool
    whole_files: bool


class Recorded(NamedTuple):
    """One execution to be written."""

    nodeid: NodeId
    file: RepoPath
    context: bytes
    environment: Environment
    outcome: str
    untrusted: str | None
    seconds: float

    @property
    def is_file(self) -> bool:
        """Whether this is a file without tests."""
        return str(self.nodeid) == str(self.file)


class Collection(NamedTuple):
    """What a run collected.

    Attributes:
        tests: every test seen, with its file.
        whole: files of which every test was seen, with the content they had.
        errors: files that could not be collected.
    """

    tests: Mapping[NodeId, RepoPath]
    whole: Mapping[RepoPath, Oid | None]
    errors: Mapping[RepoPath, str]
    oids: Mapping[RepoPath, Oid]


class RecordedRun(NamedTuple):
    """Everything to be written for one run.

    Attributes:
        contexts: those some execution depends on, by digest.
        partial: a process of the run was cut off.
    """

    contexts: Mapping[bytes, FlatContext]
    executions: tuple[Recorded, ...]
    collection: Collection
    partial: bool
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def outcomes(self) -> dict[str, int]:
        """Number of tests by outcome."""
        last = {one.nodeid: one.outcome for one in self.executions if not one.is_file}
        return dict(sorted(Counter(last.values()).items()))

    @property
    def blobs(self) -> set[BlobKey]:
        """Every version of a file that the contexts speak of."""
        return {key for context in self.contexts.values() for key in context.lines}


def read_run(
    run: RunFolder,
    static: StaticEdges,
    expected: Mapping[RepoPath, Oid] | None = None,
    watch: Callable[[Journal], None] | None = None,
    complete: Callable[[Journal], None] | None = None,
) -> RecordedRun:
    """Read and flatten the journals of a run, one after the other.

    Args:
        run: its folder.
        static: what the text of the modules says they import.
        expected: content of the files when the run was started.
        watch: is shown each journal before its facts are let go.
        complete: adds to a journal what the recorded process could not know.
    """
    contexts: dict[bytes, FlatContext] = {}
    executions: list[Recorded] = []
    journals: list[Journal] = []
    asked = _Asked(
        run.info.environment or _UNKNOWN, run.was_asked("complete"), run.was_asked("whole_files")
    )
    for path in run.journals:
        journal = read_with_children(path)
        if complete:
            complete(journal)
        executions += _executions(journal, static, asked, contexts)
        if watch:
            watch(journal)
        journals.append(_light(journal))
    agreed = tuple(_agreed(_unedited(executions, contexts, expected or {})))
    return RecordedRun(
        contexts=_reachable(contexts, (one.context for one in agreed)),
        executions=agreed,
        collection=_collection(journals, asked),
        partial=run.info.state in ("recording", "partial")
        or any(one.exit_status is None for one in journals),
        notes=tuple(dict.fromkeys(note for one in journals for note in one.notes)),
        warnings=tuple(dict.fromkeys(text for one in journals for text in one.warnings)),
    )


def _executions(
    journal: Journal, static: StaticEdges, asked: _Asked, contexts: dict[bytes, FlatContext]
) -> Iterator[Recorded]:
    flattener = Flattener(journal, static)
    doubts = _doubted(journal, flattener)
    environment = journal.environment or asked.environment
    environment = environment._replace(pytest_args=asked.environment.pytest_args)
    for test in journal.tests:
        context = flattener.context(test.context)
        untrusted = test.untrusted
        if context is None:
            journal.notes.append(f"the record of {test.nodeid} is damaged and was left out")
            if test.outcome not in _BAD:
                continue
            # That it fails must not be forgotten with what it depends on.
            context, untrusted = flattener.empty(test.nodeid), "the record is damaged"
        elif journal.exit_status is None and _has_wide(context, flattener.made):
            untrusted = untrusted or _CUT_OFF
        yield _recorded(test, context, environment, untrusted or doubts.get(test.context))
    for cid, path in sorted(_without_tests(journal, asked).items()):
        if (context := flattener.context(cid)) is not None:
            yield Recorded(NodeId(path), path, context.digest, environment, "skipped", None, 0.0)
    contexts |= flattener.made


def _doubted(journal: Journal, flattener: Flattener) -> dict[int, str]:
    """Return the tests that depend on children nobody can account for, by context."""
    if not journal.doubts:
        return {}
    found = {test.context: flattener.context(test.context) for test in journal.tests}
    users: dict[bytes, list[bytes]] = {}
    for one in flattener.made.values():
        for used in one.links:
            users.setdefault(used, []).append(one.digest)
    doubted: dict[bytes, str] = {}
    for cid, text in sorted(journal.doubts.items()):
        context = flattener.context(cid)
        waiting = [] if context is None else [context.digest]
        while waiting:
            digest = waiting.pop()
            if digest not in doubted:
                doubted[digest] = text
                waiting += users.get(digest, ())
    return {
        cid: doubted[context.digest]
        for cid, context in found.items()
        if context is not None and context.digest in doubted
    }


def _without_tests(journal: Journal, asked: _Asked) -> dict[int, RepoPath]:
    """Return the collect contexts of files in which no test was found.

    What they depend on must be kept all the same: a change of it may bring tests about
    (``pytest.skip`` at module level, a loop over what is empty today). Such a file is
    recorded as a test with the file's name for its node id.
    """
    if not any(_is_whole(journal, listing, asked) for listing in journal.collected):
        return {}
    tested = {path for listing in journal.collected for _, path in listing.tests}
    return {
        cid: one.path
        for cid, one in journal.contexts.items()
        if one.kind == "collect" and one.path is not None
        if one.path not in tested and one.path not in journal.errors
    }


def _has_wide(context: FlatContext, made: Mapping[bytes, FlatContext]) -> bool:
    """Tell whether a test uses a fixture of the project whose teardown may not have run."""
    used = _reachable(made, [context.digest]).values()
    return any(one.kind in _WIDE and (one.lines or one.data) for one in used)


def _recorded(
    test: FinishedTest, context: FlatContext, environment: Environment, untrusted: str | None
) -> Recorded:
    return Recorded(
        test.nodeid, test.path, context.digest, environment, test.outcome, untrusted, test.seconds
    )


def _light(journal: Journal) -> Journal:
    """Let go of what flattening has used up: a large run has many journals."""
    for used_up in (journal.facts, journal.sets, journal.executed):
        used_up.clear()
    return journal


def _agreed(executions: Iterable[Recorded]) -> Iterator[Recorded]:
    """Distrust good outcomes of a test that also failed in the same run and environment."""
    listed = list(executions)
    failed = {(one.nodeid, one.environment) for one in listed if one.outcome in _BAD}
    for one in listed:  # hashing an environment takes a while
        if failed and one.outcome not in _BAD and (one.nodeid, one.environment) in failed:
            yield one._replace(untrusted=one.untrusted or "different outcomes in one run")
        else:
            yield one


def _unedited(
    executions: Iterable[Recorded],
    contexts: Mapping[bytes, FlatContext],
    expected: Mapping[RepoPath, Oid],
) -> Iterator[Recorded]:
    """Distrust tests that depend on a file somebody edited while the run went on."""
    edited = {
        digest: path
        for digest, context in contexts.items()
        for path, oid in context.lines
        if expected.get(path, oid) != oid
    }
    if not edited:
        yield from executions
        return
    for one in executions:
        found = next((edited[d] for d in _reachable(contexts, [one.context]) if d in edited), None)
        if found is None:
            yield one
        else:
            text = f"{found} was edited while the tests ran"
            yield one._replace(untrusted=one.untrusted or text)


def _reachable(
    contexts: Mapping[bytes, FlatContext], roots: Iterable[bytes]
) -> dict[bytes, FlatContext]:
    found: dict[bytes, FlatContext] = {}
    waiting = list(roots)
    while waiting:
        digest = waiting.pop()
        if digest not in found:
            found[digest] = contexts[digest]
            waiting.extend(contexts[digest].links)
    return found


def _collection(journals: Iterable[Journal], asked: _Asked) -> Collection:
    tests: dict[NodeId, RepoPath] = {}
    whole: dict[RepoPath, Oid | None] = {}
    errors: dict[RepoPath, str] = {}
    oids: dict[RepoPath, Oid] = {}
    for journal in journals:
        errors |= journal.errors
        oids |= {file.path: file.oid for file in journal.files.values()}
        for listing in journal.collected:
            tests |= dict(listing.tests)
            if _is_whole(journal, listing, asked):
                seen = {path for _, path in listing.tests} | _collected_paths(journal)
                whole |= dict.fromkeys(seen)
        tests |= {test.nodeid: test.path for test in journal.tests}
        tests |= {NodeId(path): path for path in _without_tests(journal, asked).values()}
    sound = {path: oids.get(path) for path in whole if path not in errors}
    return Collection(tests, sound, errors, oids)


def _is_whole(journal: Journal, listing: Collected, asked: _Asked) -> bool:
    """Was every test of the files in this listing seen?

    Errors elsewhere make the whole incomplete, but not the files without errors.
    """
    return listing.complete or asked.whole_files or bool(journal.errors and asked.complete)


def _collected_paths(journal: Journal) -> set[RepoPath]:
    contexts = journal.contexts.values()
    return {one.path for one in contexts if one.kind == "collect" and one.path is not None}
