"""Tests on which others hang: if the canary's modules still import, the others hold."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from coverquery.model import Canary, Execution, NodeId, Reason, RepoPath, SelectedTest

Key = tuple[RepoPath, RepoPath]
"""A module whose import may now fail, and the changed file because of which it may."""

Conditions = Mapping[int, frozenset[Key]]
"""Execution id → the imports it holds under the condition of."""


class Every:
    """All imports."""

    def __contains__(self, key: object) -> bool:
        return True


class Hanging(NamedTuple):
    """A test that need not run if its imports still work."""

    nodeid: NodeId
    file: RepoPath
    holding: Execution


class Chosen(NamedTuple):
    """The canaries, and who must run because it is one."""

    canaries: tuple[Canary, ...]
    selected: tuple[SelectedTest, ...]


def choose(
    hanging: Iterable[Hanging],
    conditions: Conditions,
    running: Mapping[NodeId, tuple[float, Iterable[int]]],
) -> Chosen:
    """Choose one test for each import that may fail, one that runs anyway where there is one.

    Args:
        hanging: the tests that hold under conditions.
        conditions: of all executions, those of running tests included.
        running: the tests that run anyway: their seconds and executions.
    """
    by_key: dict[Key, list[Hanging]] = {}
    for one in hanging:
        for key in conditions[one.holding.id]:
            by_key.setdefault(key, []).append(one)
    free = _free(conditions, running)
    chosen: dict[NodeId, Hanging] = {}
    canaries = []
    for key, tests in sorted(by_key.items()):
        sentinel = free.get(key) or next(
            (nodeid for nodeid, one in chosen.items() if key in conditions[one.holding.id]), None
        )
        if sentinel is None:
            cheapest = min(tests, key=lambda one: (one.holding.seconds, one.nodeid))
            chosen[cheapest.nodeid] = cheapest
            sentinel = cheapest.nodeid
        others = sum(one.nodeid != sentinel for one in tests)
        canaries.append(Canary(sentinel, key[0], key[1], others))
    return Chosen(tuple(canaries), tuple(_selected(one, canaries) for one in chosen.values()))


def _free(
    conditions: Conditions, running: Mapping[NodeId, tuple[float, Iterable[int]]]
) -> dict[Key, NodeId]:
    free: dict[Key, NodeId] = {}
    for nodeid, (_, executions) in sorted(running.items(), key=lambda item: (item[1][0], item[0])):
        for execution in executions:
            for key in conditions.get(execution, ()):
                free.setdefault(key, nodeid)
    return free


def _selected(one: Hanging, canaries: Iterable[Canary]) -> SelectedTest:
    reasons = tuple(
        Reason("canary", told.changed, text=_text(told), recorded_at=one.holding.commit)
        for told in canaries
        if told.nodeid == one.nodeid
    )
    return SelectedTest(one.nodeid, one.file, reasons, one.holding.seconds)


def _text(canary: Canary) -> str:
    more = f"{canary.if_import_fails} more tests" if canary.if_import_fails != 1 else "1 more test"
    return f"{more} if {canary.module} cannot be imported"
