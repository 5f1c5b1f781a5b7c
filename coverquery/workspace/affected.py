"""``affected``: which tests have no good execution that holds for the trees in question."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from coverquery.index.manifests import load_manifests
from coverquery.index.store import Store
from coverquery.lines import LineSet
from coverquery.model import (
    ChangeSummary,
    Execution,
    Impact,
    NodeId,
    Reason,
    RepoPath,
    SelectedTest,
    Selection,
)
from coverquery.selection.appeared import installed_names
from coverquery.selection.layout import CONFIG_FILES, Layout, layout, pytest_section
from coverquery.selection.select import Answer, Known, Question, group_by_test, select
from coverquery.workspace.appeared import Scene, add_appeared
from coverquery.workspace.contents import Contents, SeenTree
from coverquery.workspace.environments import Matching
from coverquery.workspace.environments import matching as matching_environments
from coverquery.workspace.evidence import Evidence, Findings
from coverquery.workspace.place import Place

if TYPE_CHECKING:
    from coverquery.workspace.trees import Trees


class Verdict(NamedTuple):
    """Everything found out while answering: the selection, and what ``why`` tells of it."""

    selection: Selection
    answer: Answer
    tests: tuple[tuple[NodeId, RepoPath], ...]
    executions: Mapping[NodeId, tuple[Execution, ...]]
    changed: tuple[RepoPath, ...]
    environment: Matching


def judge(place: Place, store: Store, trees: "Trees") -> Verdict:
    """Divide the known tests by one or two trees."""
    contents = Contents(place.repo, store)
    evidence = Evidence(store, contents)
    executions = store.executions()
    matching = matching_environments(store, place)
    manifests = load_manifests(store.index)
    scene = Scene(
        store, contents, evidence, manifests, installed_names(matching.distributions),
        tuple(executions),
    )  # fmt: skip
    findings = []
    for tree in trees.asked:
        found = evidence.compare(tree)
        add_appeared(scene, tree, found)
        findings.append(found)
    target = trees.target
    grouped = group_by_test(executions)
    tests = store.tests()
    alive = {path for path in {path for _, path in tests} if target.oid(path) is not None}
    known = [
        Known(nodeid, path, grouped.get(nodeid, ())) for nodeid, path in tests if path in alive
    ]
    question = Question(
        tuple(found.breaks for found in findings), matching.ids, _always(place, known)
    )
    answer = _run_all_on(select(known, question), known, place, trees)
    prefixes = _prefixes(place, store, target)
    changed = trees.changed()
    selection = Selection(
        answer.selected,
        prefixes,
        answer.skipped,
        _summaries(answer, findings[-1], changed, _recorded(store, target, changed)),
        gaps=_gaps(trees, findings[-1]),
        unexplained=_unexplained(store, changed, answer, prefixes, place),
    )
    return Verdict(selection, answer, tuple(tests), grouped, changed, matching)


def _always(place: Place, known: Iterable[Known]) -> dict[NodeId, str]:
    patterns = place.config.always_run
    return {
        test.nodeid: f"always_run = {pattern!r}"
        for pattern in patterns
        for test in known
        if test.nodeid == pattern or _matches(test.file, pattern) or test.nodeid.startswith(pattern)
    }


def _run_all_on(answer: Answer, known: list[Known], place: Place, trees: "Trees") -> Answer:
    """Select everything when a file the configuration names has changed."""
    hit = next(
        (p for p in trees.changed() for pattern in place.config.run_all_on if _matches(p, pattern)),
        None,
    )
    if hit is None:
        return answer
    reason = Reason("config", hit, text="run_all_on")
    have = {one.nodeid: one for one in answer.selected}
    selected = [
        have[test.nodeid]._replace(reasons=(*have[test.nodeid].reasons, reason))
        if test.nodeid in have
        else SelectedTest(
            test.nodeid, test.file, (reason,), test.executions[0].seconds if test.executions else 0
        )
        for test in known
    ]
    return Answer(tuple(sorted(selected, key=lambda one: (one.file, one.nodeid))), (), {})


def _prefixes(place: Place, store: Store, target: SeenTree) -> tuple[SelectedTest, ...]:
    """Find test files nobody has collected yet: whatever is in them is new."""
    collected = store.collected_files()
    where = layout_of(place, target, collected)
    new = Reason("new", text="test file not collected yet")
    return tuple(
        SelectedTest(NodeId(node_prefix(place, path)), path, (new,))
        for path in sorted(target.tree.paths())
        if path not in collected and _inside(path, place.prefix) and where.collects(path)
    )


def node_prefix(place: Place, path: RepoPath) -> str:
    """Return the node id of a whole file: pytest's are relative to the project's folder."""
    return path[len(place.prefix) + 1 :] if place.prefix else path


def layout_of(place: Place, tree: SeenTree, collected: Iterable[RepoPath]) -> Layout:
    """Read from the tree's pytest configuration where tests are."""
    for name in CONFIG_FILES:
        path = RepoPath(f"{place.prefix}/{name}" if place.prefix else name)
        content = tree.read(path)
        section = None if content is None else pytest_section(name, content)
        if section is not None:
            return layout(section, place.prefix, collected)
    return layout(None, place.prefix, collected)


def _inside(path: RepoPath, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _summaries(
    answer: Answer,
    findings: Findings,
    changed: tuple[RepoPath, ...],
    recorded: frozenset[RepoPath],
) -> tuple[ChangeSummary, ...]:
    tests: Counter[RepoPath] = Counter()
    for one in answer.selected:
        tests.update({reason.file for reason in one.reasons if reason.file})
    meant: dict[RepoPath, list[Impact]] = {}
    for impact in findings.impacts:
        meant.setdefault(impact.path, []).append(impact)
    paths = sorted({*changed, *tests})
    return tuple(
        _summary(path, meant.get(path, []), tests[path], is_recorded=path in recorded)
        for path in paths
        if path in meant or tests[path]
    )


def _recorded(store: Store, target: SeenTree, changed: tuple[RepoPath, ...]) -> frozenset[RepoPath]:
    """Return the changed files of which there are records with this very content."""
    paths = frozenset(changed)
    return frozenset(
        blob.path
        for blob in store.known_blobs()
        if blob.path in paths and target.oid(blob.path) == blob.oid
    )


def _summary(
    path: RepoPath, impacts: list[Impact], tests: int, *, is_recorded: bool
) -> ChangeSummary:
    if not impacts:
        return ChangeSummary(path, LineSet(), "", tests)
    latest = impacts[-1]
    lines = LineSet()
    for touch in latest.touches:
        lines = lines | touch.new_lines
    symbols = list(dict.fromkeys(touch.symbol for touch in latest.touches if touch.symbol))
    note = latest.note or ("deleted" if latest.new is None else "")
    if not latest.touches:
        note = note or "no change in meaning"
    elif not tests:
        note = note or ("recorded before" if is_recorded else "no test executes it")
    return ChangeSummary(path, lines, symbols[0] if len(symbols) == 1 else "", tests, note)


def _gaps(trees: "Trees", findings: Findings) -> tuple[str, ...]:
    unmerged = [f"{path} has conflicts" for path in sorted(trees.target.tree.unmerged())]
    return (*unmerged, *(f"{note}: taken whole" for note in findings.notes))


def _unexplained(
    store: Store,
    changed: tuple[RepoPath, ...],
    answer: Answer,
    prefixes: tuple[SelectedTest, ...],
    place: Place,
) -> tuple[RepoPath, ...]:
    """List changed files nobody is known to read, unless the configuration says what they are."""
    known = {blob.path for blob in store.known_blobs()}
    known |= {fact.path for fact in store.data_facts()}
    known |= {reason.file for one in answer.selected for reason in one.reasons if reason.file}
    known |= {one.file for one in prefixes}
    patterns = (*place.config.ignore, *place.config.data_files)
    return tuple(
        path
        for path in changed
        if path not in known and not any(_matches(path, pattern) for pattern in patterns)
    )


def _matches(path: str, pattern: str) -> bool:
    from fnmatch import fnmatch

    return fnmatch(path, pattern) or path.startswith(pattern.rstrip("/") + "/")
