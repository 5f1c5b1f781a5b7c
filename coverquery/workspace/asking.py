"""Answering ``affected``: the verdict, the args file, and what is said beside them."""

import os
from collections import Counter
from collections.abc import Iterable

from coverquery.errors import CoverQueryError, StorageError
from coverquery.index.db import Index
from coverquery.index.history import latest_run
from coverquery.index.home import find_home
from coverquery.index.store import Store
from coverquery.model import NodeId, Reason, RepoPath, SelectedTest, Selection
from coverquery.report.facts import AffectedFacts, IndexState, IndexWord
from coverquery.selection.canaries import Every
from coverquery.workspace.affected import Verdict, judge
from coverquery.workspace.ordering import order
from coverquery.workspace.place import Place
from coverquery.workspace.recording import INDEX, open_store
from coverquery.workspace.trees import Trees, trees_asked
from coverquery.workspace.uncollected import node_prefix

EVERYTHING = SelectedTest(NodeId(""), RepoPath(""), (Reason("unknown", text="no records yet"),))


def affected(
    place: Place, since: str | None, to: str | None, *, staged: bool = False, widen: bool = False
) -> AffectedFacts:
    """Say which tests have to run, and why; ``widen``: as if no changed import worked."""
    notes: list[str] = []
    with open_store(place, notes) as store:
        trees = trees_asked(place, store, since, to, staged=staged)
        if store is None or not store.test_count():
            return _nothing_known(place, trees, notes)
        verdict = judge(place, store, trees, broken=Every() if widen else ())
        facts = _facts(place, store, trees, verdict, notes)
    save_stats(place, trees, verdict)
    return facts


def _facts(
    place: Place, store: Store, trees: Trees, verdict: Verdict, notes: list[str]
) -> AffectedFacts:
    selection = verdict.selection
    files = Counter(path for _, path in verdict.tests)
    return AffectedFacts(
        selection=selection,
        base=trees.base_name,
        head=trees.target_name,
        known=index_state(store, verdict, notes),
        files=files,
        changed=verdict.changed,
        ranked=order(store, selection).tests,
        est_seconds=sum(one.seconds for one in selection.tests) if selection.tests else None,
        args_file=write_args(place, "affected", pytest_args(place, selection, verdict.tests)),
        notes=tuple(notes),
    )


def _nothing_known(place: Place, trees: Trees, notes: list[str]) -> AffectedFacts:
    """Answer from imports where a revision is asked about; without one nothing is known to hold."""
    from coverquery.workspace.coldstart import since_head, static_affected  # start-up time

    if trees.base is not None:
        facts = static_affected(place, trees, trees.base, notes)
        whole = sorted(one.nodeid for one in facts.selection.prefixes if one.nodeid)
        return facts._replace(args_file=write_args(place, "affected", list(map(str, whole))))
    notes.append("no records yet: every test is selected")
    notes += since_head(place, trees)
    return AffectedFacts(
        selection=Selection((), (EVERYTHING,), ()),
        base=trees.base_name,
        head=trees.target_name,
        known=IndexState("missing"),
        files={},
        notes=tuple(notes),
        next=("coverquery run",),
    )


def index_state(store: Store, verdict: Verdict, notes: Iterable[str]) -> IndexState:
    """Say in what state the index is, as far as this question has shown."""
    latest = latest_run(store.index)
    commit = latest.commit if latest else None
    word: IndexWord = "fresh"
    if not verdict.environment.ids:
        word = "foreign_env"
    elif any(notes) or any(
        reason.why == "unknown" for one in verdict.answer.selected for reason in one.reasons
    ):
        word = "partial"
    elif verdict.answer.selected or verdict.selection.prefixes:
        word = "stale"
    return IndexState(word, commit)


def pytest_args(
    place: Place, selection: Selection, tests: Iterable[tuple[NodeId, RepoPath]]
) -> list[str]:
    """Return the arguments for pytest.

    A file that is needed whole is named as such, and so is a function of which all cases are
    needed: they may go by other names now.
    """
    listed = tuple(tests)
    files = Counter(path for _, path in listed)
    functions = Counter(nodeid.partition("[")[0] for nodeid, _ in listed)
    wanted = Counter(one.nodeid.partition("[")[0] for one in selection.tests)
    whole = {one.file for one in selection.prefixes}
    chosen = Counter(one.file for one in selection.tests)
    whole |= {path for path, count in chosen.items() if count >= files[path]}
    args = {node_prefix(place, path) for path in whole}
    for one in selection.tests:
        function = one.nodeid.partition("[")[0]
        if one.file not in whole:
            args.add(function if wanted[function] >= functions[function] else one.nodeid)
    return sorted(args)


def write_args(place: Place, name: str, args: list[str]) -> str | None:
    """Write a file for ``pytest @file``; None when there is nowhere to write it."""
    try:
        home = find_home(place.project)
        if home is None:
            return None
        (home / "out").mkdir(mode=0o700, exist_ok=True)
        path = home / "out" / f"{name}.args"
        text = "".join(f"{arg}\n" for arg in args)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    except (OSError, StorageError):
        return None
    return os.path.relpath(path, place.project)


def save_stats(place: Place, trees: Trees, verdict: Verdict) -> None:
    """Keep what was worked out, so that the next question need not; never at an answer's cost."""
    home = place.home
    if not trees.worktree.fresh and not verdict.worked_out:
        return
    try:
        with Index.open(home / INDEX) as index:
            store = Store(index)
            store.save_stats(trees.worktree.fresh)
            store.save_analyses(verdict.worked_out)
    except CoverQueryError:
        return
