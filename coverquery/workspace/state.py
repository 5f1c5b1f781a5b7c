"""``status`` and ``runs``: what there is, and what is wrong with it."""

from collections import Counter
from collections.abc import Iterator

from coverquery.index import history
from coverquery.index.audits import audits
from coverquery.index.home import find_home
from coverquery.index.store import Store
from coverquery.model import NodeId
from coverquery.report.facts import IndexState, Notice, RunsFacts, StatusFacts
from coverquery.report.safety import safety_record
from coverquery.report.safety_facts import SafetyRecord
from coverquery.selection.select import GOOD_OUTCOMES
from coverquery.workspace.affected import Verdict, judge
from coverquery.workspace.asking import index_state, save_stats
from coverquery.workspace.place import Place
from coverquery.workspace.recording import INDEX, open_store
from coverquery.workspace.trees import trees_asked

_REASONS = 2
"""Reasons told one by one: only a few warnings are shown."""


def status(place: Place) -> StatusFacts:
    """Say in what state index, records and environment are."""
    notes: list[str] = []
    with open_store(place, notes) as store:
        if store is None or not store.test_count():
            warnings = tuple(Notice("note", note) for note in notes)
            return StatusFacts(IndexState("missing"), warnings=warnings, next=("coverquery run",))
        trees = trees_asked(place, store, None, None, staged=False)
        verdict = judge(place, store, trees)
        latest = history.latest_run(store.index)
        facts = StatusFacts(
            known=index_state(store, verdict, notes),
            behind=_behind(place, latest.commit if latest else None),
            tests=store.test_count(),
            unknown_tests=sum(not _is_known(verdict, test) for test, _ in store.tests()),
            untrusted_tests=_untrusted(verdict).total(),
            files=len({blob.path for blob in store.known_blobs()}),
            megabytes=_megabytes(place),
            python=_short(verdict.environment.python),
            env="match" if verdict.environment.ids else "differs",
            dirty=len(verdict.changed),
            warnings=tuple(_warnings(place, store, verdict, notes)),
            safety=_safety(store),
        )
    save_stats(place, trees, verdict)
    return facts


def _safety(store: Store) -> SafetyRecord | None:
    found = tuple(audits(store.index))
    return safety_record(found) if found else None


def runs(place: Place, limit: int | None) -> RunsFacts:
    """List recorded runs, newest first."""
    with open_store(place, []) as store:
        if store is None:
            return RunsFacts((), 0, next=("coverquery run",))
        every = history.runs(store.index, -1)
        return RunsFacts(tuple(every if limit is None else every[:limit]), len(every))


def _is_known(verdict: Verdict, test: NodeId) -> bool:
    return any(
        one.outcome in GOOD_OUTCOMES and not one.untrusted
        for one in verdict.executions.get(test, ())
    )


def _behind(place: Place, commit: str | None) -> int | None:
    head = place.repo.head() if place.repo else None
    if place.repo is None or commit is None or head is None:
        return None
    return place.repo.distance(commit, head)


def _megabytes(place: Place) -> float:
    home = find_home(place.project)
    return 0.0 if home is None else (home / INDEX).stat().st_size / 1e6


def _short(version: str | None) -> str | None:
    return None if version is None else ".".join(version.split(".")[:2])


def _untrusted(verdict: Verdict) -> Counter[str]:
    """Count the tests that have to run because their records cannot be relied on, by reason."""
    selected = {one.nodeid for one in verdict.answer.selected}
    found = (verdict.executions[node][0].untrusted for node in selected & verdict.executions.keys())
    return Counter(text for text in found if text)


def _told(untrusted: Counter[str]) -> list[str]:
    """Put the reasons into words, the commonest first and the rare ones together."""
    common = untrusted.most_common()
    told = [f"{_tests(count)} always selected: {text}" for text, count in common[:_REASONS]]
    if rest := common[_REASONS:]:
        count = sum(number for _, number in rest)
        told.append(f"{_tests(count)} always selected for {len(rest)} other reasons")
    return told


def _tests(count: int) -> str:
    return "1 test is" if count == 1 else f"{count} tests are"


def _warnings(place: Place, store: Store, verdict: Verdict, notes: list[str]) -> Iterator[Notice]:
    for note in notes:
        yield Notice("note", note)
    if verdict.environment.why:
        yield Notice("env_changed", verdict.environment.why)
    for text in _told(_untrusted(verdict)):
        yield Notice("untrusted", text)
    for path in sorted(store.failed_files()):
        yield Notice("collection", f"{path} could not be collected")
    operation = place.repo.operation() if place.repo else None
    if operation:
        yield Notice("git", f"a {operation} is going on")
    for gap in verdict.selection.gaps:
        yield Notice("gap", gap)
