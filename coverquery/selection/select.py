"""The one decision: a test is skipped only when a good execution of it still holds."""

from collections.abc import Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import NamedTuple

from coverquery.model import Canary, Execution, NodeId, Reason, RepoPath, SelectedTest
from coverquery.selection.canaries import Chosen, Conditions, Hanging, Key, choose

GOOD_OUTCOMES = frozenset({"passed", "skipped", "xfailed", "xpassed"})

Breaks = Mapping[int, Sequence[Reason]]
"""For one tree: execution id → why the execution no longer holds there."""


class Known(NamedTuple):
    """A test the index knows, with what it was seen to do, newest execution first."""

    nodeid: NodeId
    file: RepoPath
    executions: tuple[Execution, ...]


class Question(NamedTuple):
    """What is asked of every test.

    Attributes:
        breaks: one mapping a tree; an execution must hold in each of them. The last tree
            is the target.
        environments: ids of the environments that equal today's.
        always: tests to run in any case, with the sentence why.
        elsewhere: in what way today's environment is not the recorded one.
        conditions: by execution, the imports that must still work for it to hold in the target.
        proofs: by import, the executions that show that it does if they hold.
        telling: by import, the test files nobody can run when it does not; None: all are such.
    """

    breaks: tuple[Breaks, ...]
    environments: frozenset[int]
    always: Mapping[NodeId, str]
    elsewhere: str = ""
    conditions: Conditions = MappingProxyType({})
    proofs: Mapping[Key, AbstractSet[int]] = MappingProxyType({})
    telling: Mapping[Key, Container[RepoPath]] | None = None


class Answer(NamedTuple):
    """Every known test is in exactly one of the two."""

    selected: tuple[SelectedTest, ...]
    skipped: tuple[NodeId, ...]
    held: Mapping[NodeId, Execution]
    canaries: tuple[Canary, ...] = ()


def select(tests: Iterable[Known], question: Question) -> Answer:
    """Divide the known tests into those to run, with every reason, and those that need not."""
    selected: list[SelectedTest] = []
    held: dict[NodeId, Execution] = {}
    listed = list(tests)
    broken = set().union(*question.breaks)
    for test in listed:
        holding = _newest_holding(test, question, broken)
        if holding is not None and _is_good(holding) and test.nodeid not in question.always:
            held[test.nodeid] = holding  # nearly all of them
            continue
        reasons = _reasons(test, holding, question)
        seconds = test.executions[0].seconds if test.executions else 0.0
        selected.append(SelectedTest(test.nodeid, test.file, reasons, seconds))
    chosen = _canaries(listed, selected, held, question)
    for one in chosen.selected:
        del held[one.nodeid]
    selected = sorted((*selected, *chosen.selected), key=lambda one: (one.file, one.nodeid))
    return Answer(tuple(selected), tuple(sorted(held)), held, chosen.canaries)


def _canaries(
    tests: list[Known],
    selected: list[SelectedTest],
    held: Mapping[NodeId, Execution],
    question: Question,
) -> Chosen:
    if not question.conditions:
        return Chosen((), ())
    holding = {execution.id for execution in held.values()}
    proven = {key for key, shown in question.proofs.items() if not shown.isdisjoint(holding)}
    open_ = {
        execution: keys - proven for execution, keys in question.conditions.items() if keys - proven
    }
    files = {test.nodeid: test for test in tests}
    told = _told(tests, open_, question.telling)
    hanging = [
        Hanging(nodeid, files[nodeid].file, execution)
        for nodeid, execution in held.items()
        if execution.id in open_
    ]
    untold = [(one, open_[one.holding.id] - told[one.holding.id]) for one in hanging]
    silent = tuple(_silent(one, keys) for one, keys in untold if keys)
    running = {
        one.nodeid: (one.seconds, [run.id for run in files[one.nodeid].executions])
        for one in (*selected, *silent)
    }
    chosen = choose((one for one, keys in untold if not keys), told, running)
    return chosen._replace(selected=(*chosen.selected, *silent))


def _told(
    tests: list[Known],
    open_: Mapping[int, frozenset[Key]],
    telling: Mapping[Key, Container[RepoPath]] | None,
) -> dict[int, frozenset[Key]]:
    """Return by execution those of its imports whose failure its test cannot pass over."""
    if telling is None:
        return dict(open_)
    return {
        run.id: frozenset(key for key in open_[run.id] if test.file in telling.get(key, ()))
        for test in tests
        for run in test.executions
        if run.id in open_
    }


def _silent(one: Hanging, keys: Iterable[Key]) -> SelectedTest:
    """A test that may pass though an import failed, which somebody catches, but not as before."""
    reasons = tuple(
        Reason("canary", changed, text=f"{module} may not be importable, which may go unnoticed")
        for module, changed in sorted(keys)
    )
    return SelectedTest(one.nodeid, one.file, reasons, one.holding.seconds)


def _newest_holding(test: Known, question: Question, broken: set[int]) -> Execution | None:
    """Return the newest execution that holds, one without conditions before others."""
    hanging = None
    for execution in test.executions:
        if execution.env in question.environments and execution.id not in broken:
            if execution.id not in question.conditions:
                return execution
            hanging = hanging or execution
    return hanging


def _is_good(execution: Execution) -> bool:
    return execution.outcome in GOOD_OUTCOMES and not execution.untrusted


def _reasons(test: Known, holding: Execution | None, question: Question) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    if test.nodeid in question.always:
        reasons.append(Reason("always", text=question.always[test.nodeid]))
    if holding is not None:
        return (*reasons, *_flaws(holding))
    if not test.executions:
        return (*reasons, Reason("unknown", text="never recorded to its end"))
    telling = min(test.executions, key=lambda one: _distance(one, question))
    if telling.env not in question.environments:
        reasons.append(Reason("env", recorded_at=telling.commit, text=question.elsewhere))
    reasons += _breaks_of(telling, question)
    return (*reasons, *_flaws(telling))


def _distance(execution: Execution, question: Question) -> tuple[bool, int]:
    """Sort the execution that explains most simply first: same environment, fewest trees off."""
    off = sum(execution.id in breaks for breaks in question.breaks)
    return execution.env not in question.environments, off


def _breaks_of(execution: Execution, question: Question) -> list[Reason]:
    *bases, target = question.breaks
    seen: dict[Reason, None] = dict.fromkeys(target.get(execution.id, ()))
    for base in bases:
        for reason in base.get(execution.id, ()):
            if execution.id in target:
                text = "its record is of neither of the two versions"
                seen.setdefault(Reason("unknown", reason.file, text=text), None)
            else:
                seen.setdefault(reason, None)
    return list(seen)


def _flaws(execution: Execution) -> tuple[Reason, ...]:
    """Return what is wrong with an execution whatever the tree."""
    flaws: list[Reason] = []
    if execution.outcome not in GOOD_OUTCOMES:
        flaws.append(Reason("failed", recorded_at=execution.commit, text=execution.outcome))
    if execution.untrusted:
        flaws.append(Reason("unknown", recorded_at=execution.commit, text=execution.untrusted))
    return tuple(flaws)


def group_by_test(executions: Sequence[Execution]) -> dict[NodeId, tuple[Execution, ...]]:
    """Group executions by test, turning the index's order, newest last, round."""
    groups: dict[NodeId, list[Execution]] = {}
    for execution in reversed(executions):
        groups.setdefault(execution.nodeid, []).append(execution)
    return {nodeid: tuple(group) for nodeid, group in groups.items()}
