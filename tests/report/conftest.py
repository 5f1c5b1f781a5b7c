"""Facts as a workspace would hand them over, small ones and those of a 5,000-test project."""

from collections.abc import Callable

import pytest

from coverquery.lines import LineSet
from coverquery.model import ChangeSummary, NodeId, Reason, RepoPath, SelectedTest, Selection
from coverquery.report.facts import AffectedFacts, IndexState

BASE = "57b1c47" + "0" * 33
GRAPH = RepoPath("networkx/classes/graph.py")
LINE = Reason("line", GRAPH, LineSet.span(1012, 1015), "Graph.add_edge", recorded_at=BASE)

MakeFacts = Callable[[dict[str, int], dict[str, int]], AffectedFacts]


def make_affected(
    totals: dict[str, int], chosen: dict[str, int], reason: Reason = LINE
) -> AffectedFacts:
    """Select the first ``chosen[file]`` tests of each file of ``totals``."""

    def nodeids(file: str, first: int, last: int) -> list[NodeId]:
        return [NodeId(f"{file}::TestGraph::test_{n:03}") for n in range(first, last)]

    tests = tuple(
        SelectedTest(nodeid, RepoPath(file), (reason,), 0.0625)
        for file, count in chosen.items()
        for nodeid in nodeids(file, 0, count)
    )
    skipped = tuple(
        nodeid
        for file, total in totals.items()
        for nodeid in nodeids(file, chosen.get(file, 0), total)
    )
    change = ChangeSummary(GRAPH, LineSet.span(1012, 1015), "Graph.add_edge", len(tests))
    return AffectedFacts(
        selection=Selection(tests, (), skipped, (change,) if tests else ()),
        base=BASE,
        head="worktree",
        known=IndexState("fresh", BASE),
        files={RepoPath(file): total for file, total in totals.items()},
        changed=(GRAPH,),
        est_seconds=sum(test.seconds for test in tests),
        args_file=".coverquery/out/affected.args",
    )


@pytest.fixture
def make_facts() -> MakeFacts:
    return make_affected


@pytest.fixture
def small() -> AffectedFacts:
    """Two files: one whole, one of which five tests are selected."""
    dispersion = "networkx/algorithms/tests/test_dispersion.py"
    graph = "networkx/classes/tests/test_graph.py"
    return make_affected(
        {dispersion: 4, graph: 61, "other/test_x.py": 10}, {dispersion: 4, graph: 5}
    )


def large_layout() -> tuple[dict[str, int], dict[str, int]]:
    """Return 5,000 tests in 266 files, 3,543 of 205 files selected, half of these whole."""
    totals = {
        f"networkx/algorithms/centrality/tests/test_betweenness_{n:03}.py": 18 + (n < 212)
        for n in range(266)
    }
    chosen = dict(list(totals.items())[:102])
    rest = list(totals)[102:205]
    left = 3543 - sum(chosen.values())
    chosen |= {file: left // 103 + (n < left % 103) for n, file in enumerate(rest)}
    return totals, chosen


@pytest.fixture
def large() -> AffectedFacts:
    facts = make_affected(*large_layout())
    assert len(facts.selection.tests) == 3543
    assert sum(facts.files.values()) == 5000
    return facts
