"""What a run has to say at its end."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from coverquery.index.covering import lines_of_test
from coverquery.index.history import latest_run
from coverquery.index.integrate import IntegrationReport
from coverquery.index.runs import RunFolder
from coverquery.index.store import Store
from coverquery.lines import LineSet
from coverquery.model import NodeId, RepoPath
from coverquery.report import facts
from coverquery.report.facts import IndexState, RunCounts, RunFacts
from coverquery.runner import outcome
from coverquery.runner.plan import LaunchResult
from coverquery.workspace.changed import changed_lines
from coverquery.workspace.job import Job
from coverquery.workspace.place import Place
from coverquery.workspace.trees import Trees

NO_TESTS_COLLECTED = 5
"""pytest's exit status, which we turn into 0: with everything deselected it is no failure."""


class Ended(NamedTuple):
    """A run that is over and integrated."""

    folder: RunFolder
    result: LaunchResult
    report: IntegrationReport
    trees: Trees
    notes: list[str]


def nothing_to_do(store: Store, todo: Job, trees: Trees, notes: list[str]) -> RunFacts:
    """Say that no test has to run."""
    latest = latest_run(store.index)
    return RunFacts(
        exit_status=0,
        base=trees.base_name,
        counts=RunCounts(0, store.test_count()),
        seconds=0.0,
        known=IndexState("fresh", latest.commit if latest else None),
        gaps=todo.selection.gaps,
        notes=tuple(notes),
    )


def ended(place: Place, store: Store, todo: Job, over: Ended) -> RunFacts:
    """Say how the run went."""
    found = outcome.read_outcome(over.folder.path, place.project, over.result.junit)
    counts = _counts(found, todo, store)
    status = 0 if over.result.status == NO_TESTS_COLLECTED else over.result.status
    notes = [*over.notes, *found.warnings, *over.report.notes]
    if not over.report.tests and not found.failures and status:
        notes.append(f"pytest ran nothing: {_last_words(over.result.log)}")
    elif over.report.partial and over.report.tests:
        notes.append(f"the run was cut off: the {over.report.tests} tests it finished are kept")
    word: facts.IndexWord = "partial" if over.report.partial or over.report.errors else "fresh"
    latest = latest_run(store.index)
    return RunFacts(
        exit_status=status,
        base=over.trees.base_name,
        counts=counts,
        seconds=over.result.seconds,
        known=IndexState(word, latest.commit if latest else None),
        updated_tests=over.report.tests,
        failures=_failures(place, store, over.trees, found),
        gaps=todo.selection.gaps,
        notes=tuple(dict.fromkeys(notes)),
        log=place.shown(over.result.log),
        junit=place.shown(over.result.junit),
    )


def both(first: RunFacts, second: RunFacts) -> RunFacts:
    """Sum up two runs of one command; the second ran the first's failed tests again."""
    before, after = first.counts, second.counts
    return second._replace(
        exit_status=second.exit_status or first.exit_status,
        counts=after._replace(
            selected=after.selected + before.passed + before.skipped,
            passed=after.passed + before.passed,
            skipped=after.skipped + before.skipped,
        ),
        seconds=first.seconds + second.seconds,
        updated_tests=first.updated_tests + second.updated_tests,
    )


def _last_words(log: Path) -> str:
    """Return the line of pytest's output that says why it gave up."""
    try:
        text = log.read_text(encoding="utf-8", errors="backslashreplace")
    except OSError:
        return "see its output"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("ERROR: ", "E  ")) or " error: " in line]
    return (telling or lines or ["see its output"])[-1]


def _counts(found: outcome.Outcome, todo: Job, store: Store) -> RunCounts:
    by_outcome = Counter(found.counts)
    finished = sum(by_outcome.values())
    total = store.test_count()
    selected = max(finished, todo.selected if todo.selected is not None else finished)
    not_collected = sum(failure.kind == "collection" for failure in found.failures)
    return RunCounts(
        selected=selected,
        total=max(total, selected),
        passed=by_outcome["passed"] + by_outcome["xpassed"],
        failed=by_outcome["failed"],
        errors=by_outcome["error"] + not_collected,
        skipped=by_outcome["skipped"] + by_outcome["xfailed"],
        not_run=max(0, selected - finished),
    )


def _failures(
    place: Place, store: Store, trees: Trees, found: outcome.Outcome
) -> tuple[facts.Failure, ...]:
    changed = changed_lines(place, store, trees) if found.failures else {}
    causes = Counter((failure.error, failure.at) for failure in found.failures)
    files = dict(store.tests())
    return tuple(
        facts.Failure(
            nodeid=NodeId(failure.nodeid),
            at=failure.at,
            error=failure.error,
            same_cause=causes[failure.error, failure.at],
            hits_changed=_hits(store, NodeId(failure.nodeid), changed),
            trace=tuple(map(str, failure.trace)),
            own_file_changed=files.get(NodeId(failure.nodeid)) in changed,
        )
        for failure in found.failures
    )


def _hits(store: Store, nodeid: NodeId, changed: dict[RepoPath, LineSet]) -> tuple[str, ...]:
    executed = lines_of_test(store, nodeid)
    hits = (
        (path, lines & changed[path]) for (path, _), lines in executed.items() if path in changed
    )
    return tuple(f"{path}:{lines}" for path, lines in hits if lines)
