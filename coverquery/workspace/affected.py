"""``affected``: which tests have no good execution that holds for the trees in question."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from coverquery.index.manifests import load_manifests
from coverquery.index.store import Store
from coverquery.lines import LineSet
from coverquery.model import (
    ChangeSummary,
    Execution,
    Impact,
    NodeId,
    Oid,
    Reason,
    RepoPath,
    SelectedTest,
    Selection,
)
from coverquery.selection import globs
from coverquery.selection.appeared import installed_names
from coverquery.selection.canaries import Conditions, Key
from coverquery.selection.layout import CONFIG_FILES
from coverquery.selection.select import Answer, Known, Question, group_by_test, select
from coverquery.selection.testnames import symbols_of
from coverquery.workspace.appeared import Scene, add_appeared
from coverquery.workspace.contents import Contents, SeenTree
from coverquery.workspace.environments import Matching, any_matches
from coverquery.workspace.environments import matching as matching_environments
from coverquery.workspace.evidence import Evidence, Findings
from coverquery.workspace.place import Place
from coverquery.workspace.sameness import Sameness
from coverquery.workspace.uncollected import node_prefix, split_files, uncollected

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
    worked_out: Mapping[tuple[str, Oid], str]


def judge(place: Place, store: Store, trees: "Trees", *, broken: Container[Key] = ()) -> Verdict:
    """Divide the known tests by one or two trees; ``broken``: imports that are known to fail."""
    contents = Contents(place.repo, store)
    matching = matching_environments(store, place, trees.target)
    evidence = Evidence(store, contents, Sameness(store, contents, matching.installed))
    executions = store.executions()
    manifests = load_manifests(store.index)
    scene = Scene(
        store, contents, evidence, manifests, _installed(matching),
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
    gone: dict[RepoPath, set[str]] = {}
    for path, symbol in findings[-1].gone:
        gone.setdefault(path, set()).add(symbol)
    known = [
        Known(nodeid, path, grouped.get(nodeid, ()))
        for nodeid, path in tests
        if path in alive and not (path in gone and gone[path] & symbols_of(nodeid))
    ]
    failed = store.failed_files()
    shut = {one.id for test in known if test.file in failed for one in test.executions}
    question = Question(
        tuple(found.breaks for found in findings),
        matching.ids,
        _always(place, known),
        matching.why or "",
        _settled(findings, broken, shut),
        findings[-1].proofs,
        findings[-1].telling,
    )
    answer = select(known, question)
    changed = trees.changed()
    prefixes = uncollected(place, store, target, _deciding(store, contents, trees, changed))
    empty, selected = split_files(place, answer.selected)
    tests = [(nodeid, path) for nodeid, path in tests if str(nodeid) != str(path)]
    appeared = _new(place, findings[-1])
    selection = Selection(
        tuple(sorted((*selected, *appeared), key=lambda one: (one.file, one.nodeid))),
        tuple(sorted((*prefixes, *empty), key=lambda one: one.nodeid)),
        tuple(node for node in answer.skipped if "::" in node),
        _summaries(answer, findings[-1], changed, _recorded(store, target, changed)),
        gaps=_gaps(trees, findings[-1]),
        unexplained=_unexplained(store, changed, answer, prefixes, place),
        canaries=answer.canaries,
    )
    worked_out = store.worked_out
    return Verdict(selection, answer, tuple(tests), grouped, changed, matching, worked_out)


def _deciding(
    store: Store, contents: Contents, trees: "Trees", changed: Iterable[RepoPath]
) -> list[RepoPath]:
    """Return the changed files that may let pytest into files it passed over before."""
    names = (*CONFIG_FILES, "conftest.py")
    found = [path for path in changed if path.rpartition("/")[2] in names]
    if not found:
        return []
    from coverquery.workspace.configured import Configured  # start-up time

    configured = Configured(store, contents)
    return [
        path
        for path in found
        if configured.decides(path, trees.old_content(path, contents), trees.target)
    ]


def _settled(findings: list[Findings], broken: Container[Key], shut: Container[int]) -> Conditions:
    """Return under which conditions executions hold in the target.

    In the other tree nobody is going to try whether the import works: there they do not hold.
    Nor do those of files that could not be collected when last tried (``shut``).
    """
    open_: dict[int, frozenset[Key]] = {}
    for found in findings:
        for execution, keys in found.conditions.items():
            certain = found is not findings[-1] or execution in shut
            lost = {key for key in keys if certain or key in broken}
            if lost:
                reasons = found.breaks.setdefault(execution, [])
                reasons += [_cannot_import(*key) for key in sorted(lost)]
            elif found is findings[-1]:
                open_[execution] = frozenset(keys)
    return open_


def _cannot_import(module: RepoPath, changed: RepoPath) -> Reason:
    return Reason("canary", changed, text=f"{module} may not be importable")


def _new(place: Place, found: Findings) -> Iterable[SelectedTest]:
    """Return the tests that appeared in files recorded before, each once."""
    by_name = {f"{node_prefix(place, one.file)}::{one.nodeid}": one for one in found.new}
    return (one._replace(nodeid=NodeId(name)) for name, one in by_name.items())


def _installed(matching: Matching) -> frozenset[str]:
    """Return the top-level names a new module of the project might hide."""
    found = matching.installed
    return frozenset() if found is None else found.tops() | installed_names(found.names)


def _always(place: Place, known: Iterable[Known]) -> dict[NodeId, str]:
    patterns = place.config.always_run
    return {
        test.nodeid: f"always_run = {pattern!r}"
        for pattern in patterns
        for test in known
        if test.nodeid == pattern
        or any_matches(test.file, [pattern])
        or test.nodeid.startswith(pattern)
    }


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
    from coverquery.source.words import display_name  # start-up time

    latest = impacts[-1]
    lines = LineSet()
    for touch in latest.touches:
        lines = lines | touch.new_lines
    symbols = list(dict.fromkeys(display_name(one.symbol) for one in latest.touches if one.symbol))
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
    for fact in store.data_facts():
        known.update(globs.matching(changed, fact.path) if fact.view == "glob" else (fact.path,))
    known |= {reason.file for one in answer.selected for reason in one.reasons if reason.file}
    known |= {one.file for one in prefixes}
    config = place.config
    patterns = (*config.ignore, *config.data_files, *config.run_all_on)
    return tuple(path for path in changed if path not in known and not any_matches(path, patterns))
