"""What ``run``, ``why``, ``covers``, ``status``, ``runs`` and errors say, within their budgets."""

import json

import jsonschema
import pytest

from coverquery.lines import LineSet
from coverquery.model import NodeId, Reason, RepoPath, RunInfo
from coverquery.report.facts import (
    CoveringTest,
    CoversFacts,
    ErrorFacts,
    Facts,
    Failure,
    IndexState,
    LinesCount,
    Notice,
    Outcome,
    Rendering,
    RunCounts,
    RunFacts,
    RunsFacts,
    StatusFacts,
    WhyFacts,
)
from coverquery.report.render import render_json, render_text
from coverquery.report.schema import SCHEMAS

PLAIN = Rendering()
BASE = "57b1c47" + "0" * 33
TEST = NodeId("networkx/classes/tests/test_graph.py::TestGraph::test_add_edge")
GRAPH = RepoPath("networkx/classes/graph.py")
FRESH = IndexState("fresh", BASE)
PASSED = Outcome("passed", BASE, 0.0123)
FAILURE = Failure(
    TEST,
    "networkx/classes/tests/test_graph.py:512",
    "AssertionError: assert 3 == 2",
    hits_changed=("networkx/classes/graph.py:1013",),
    trace=("networkx/classes/graph.py:1013 in add_edge: self._adj[v][u] = datadict",),
)
ONE_FAILED = RunFacts(
    1, BASE, RunCounts(9, 5000, passed=8, failed=1), 1.9, FRESH, 9, (FAILURE,),
    log=".coverquery/out/run.log", junit=".coverquery/out/junit.xml",
)  # fmt: skip
LINE = Reason("line", GRAPH, LineSet.span(1012, 1013), "Graph.add_edge", recorded_at=BASE)
STATUS = StatusFacts(
    IndexState("stale", BASE), 2, 5000, 3, 640, 41.2, "3.12", "match", 2,
    warnings=(Notice("env_changed", "uv.lock changed since the index was made"),),
)  # fmt: skip


def document(facts: Facts, rendering: Rendering = PLAIN) -> dict[str, object]:
    made: dict[str, object] = json.loads(render_json(facts, rendering))
    name = str(made["schema"]).removeprefix("coverquery.").removesuffix("/1")
    jsonschema.validate(made, SCHEMAS[name])
    return made


def size(text: str) -> float:
    """Return tokens."""
    return len(text.encode()) / 3.2


def test_run_with_one_failure() -> None:
    assert render_text(ONE_FAILED, PLAIN) == (
        "run 9/5000: 8 passed, 1 FAILED in 1.9s  exit 1\n"
        "[1] networkx/classes/tests/test_graph.py::TestGraph::test_add_edge\n"
        "    AssertionError: assert 3 == 2   at networkx/classes/tests/test_graph.py:512\n"
        "    executed changed lines: networkx/classes/graph.py:1013\n"
        "log: .coverquery/out/run.log\n"
        f"next: coverquery why {TEST}\n"
    )
    assert size(render_text(ONE_FAILED, PLAIN)) <= 200
    assert size(render_json(ONE_FAILED, PLAIN)) <= 300


def test_run_document_keeps_the_agreed_order() -> None:
    keys = ["schema", "ok", "exit", "base", "complete", "counts", "seconds", "failures", "gaps"]
    keys += ["notes", "truncated", "log", "junit", "index", "next"]
    assert list(document(ONE_FAILED)) == keys


def test_run_names_the_same_cause_and_the_changed_test_file() -> None:
    failure = FAILURE._replace(same_cause=7, own_file_changed=True)
    text = render_text(ONE_FAILED._replace(failures=(failure,)), Rendering(verbose=1))
    assert "    7 failures have this cause\n" in text
    assert "    its own file is part of this change\n" in text
    assert "      networkx/classes/graph.py:1013 in add_edge: self._adj[v][u] = datadict\n" in text


def test_many_failures_stay_below_the_ceiling_and_are_counted() -> None:
    facts = ONE_FAILED._replace(failures=(FAILURE,) * 300)
    text = render_text(facts, PLAIN)
    assert size(text) <= 1500
    shown = text.count("AssertionError")
    assert f"... {shown} of 300 failures\n" in text
    assert size(render_json(facts, PLAIN)) <= 1500
    made = document(facts)
    assert isinstance(made["failures"], list)
    assert made["truncated"] == {"shown": len(made["failures"]), "of": 300}


def test_nothing_to_run_is_said() -> None:
    facts = RunFacts(0, BASE, RunCounts(0, 5000), 0.0, FRESH)
    assert render_text(facts, PLAIN) == (
        "run 0/5000: nothing to run in 0.0s  exit 0\nnext: coverquery status\n"
    )
    assert document(facts)["ok"] is True


def test_an_incomplete_run_says_so_in_the_second_line() -> None:
    facts = ONE_FAILED._replace(gaps=("a child process was not recorded",))
    second = render_text(facts, Rendering(verbose=-1)).splitlines()[1]
    assert second == "INCOMPLETE: a child process was not recorded"
    assert document(facts)["complete"] is False


def test_why_gives_every_reason() -> None:
    other = Reason("fixture", GRAPH, LineSet.of([7]), via="fixture db", text="its teardown")
    facts = WhyFacts(TEST, True, (LINE, other), last=PASSED, covers_files=6, covers_lines=212)
    assert render_text(facts, PLAIN) == (
        f"selected: {TEST}  2 reasons\n"
        "  line networkx/classes/graph.py:1012-1013 (Graph.add_edge) recorded at 57b1c47\n"
        "  fixture networkx/classes/graph.py:7 through fixture db: its teardown\n"
        "last: recorded at 57b1c47 (passed, 0.012s), executed 212 lines in 6 files\n"
        f"next: coverquery run {TEST}\n"
    )
    reasons = document(facts)["reasons"]
    assert reasons == [
        {
            "why": "line", "file": GRAPH, "lines": "1012-1013", "symbol": "Graph.add_edge",
            "recorded_at": "57b1c47",
        },
        {
            "why": "fixture", "file": GRAPH, "lines": "7", "via": "fixture db",
            "text": "its teardown",
        },
    ]  # fmt: skip


def test_why_not_names_the_execution_that_holds() -> None:
    facts = WhyFacts(TEST, False, holds=PASSED, last=PASSED, covers_files=1, covers_lines=1)
    first, last, _ = render_text(facts, PLAIN).splitlines()
    assert first == (
        f"not selected: {TEST}: the execution recorded at 57b1c47 (passed, 0.012s) still holds"
    )
    assert last.endswith("executed 1 line in 1 file")
    assert document(facts)["holds"] == {"outcome": "passed", "commit": "57b1c47", "seconds": 0.012}


def test_why_of_a_test_never_recorded() -> None:
    facts = WhyFacts(TEST, True, (Reason("new"),))
    assert "\nnever recorded\n" in render_text(facts, PLAIN)
    assert document(facts)["last"] is None


def test_why_with_a_hundred_reasons_stays_in_its_budget() -> None:
    facts = WhyFacts(TEST, True, (LINE,) * 100, last=PASSED)
    text = render_text(facts, PLAIN)
    assert size(text) <= 300
    assert f"... {text.count('  line ')} of 100 reasons" in text
    assert size(render_json(facts, PLAIN)) <= 300
    assert document(facts)["truncated"] is not None


def covering(count: int) -> CoversFacts:
    tests = tuple(
        CoveringTest(
            NodeId(f"networkx/classes/tests/test_{n % 205:03}.py::TestGraph::test_{n:04}"),
            RepoPath(f"networkx/classes/tests/test_{n % 205:03}.py"),
            LineSet.span(1012, 1014),
            0.9,
        )
        for n in range(count)
    )
    lines = (LinesCount(LineSet.span(1012, 1014), count), LinesCount(LineSet.of([1015]), 0))
    return CoversFacts(
        "networkx/classes/graph.py:1012-1015", "Graph.add_edge", FRESH, lines, tests,
        ".coverquery/out/covers.args",
    )  # fmt: skip


def test_covers_cuts_with_counts() -> None:
    text = render_text(covering(3543), PLAIN)
    lines = text.splitlines()
    assert lines[0] == (
        "3543 tests in 205 files execute networkx/classes/graph.py:1012-1015 (Graph.add_edge)"
        "  index fresh"
    )
    assert lines[1] == "tests by line: 1012-1014: 3543; 1015: 0"
    assert lines[2].split() == ["90%", f"{covering(1).tests[0].nodeid}", "1012-1014"]
    assert lines[-2:] == [
        "... 20 of 3543 tests", "next: pytest @.coverquery/out/covers.args"
    ]  # fmt: skip
    assert size(text) <= 800
    made = render_json(covering(3543), PLAIN)
    assert size(made) <= 800
    truncated = document(covering(3543))["truncated"]
    assert isinstance(truncated, dict)
    assert truncated["of"] == 3543


def test_covers_nothing_says_so() -> None:
    assert render_text(covering(0), PLAIN).startswith("no known test executes networkx/classes/")
    assert document(covering(0))["tests"] == []


def test_covers_shows_all_when_asked() -> None:
    assert render_text(covering(50), Rendering(limit=60)).count("::test_") == 50
    assert render_text(covering(50), Rendering(verbose=1)).count("::test_") == 50


def test_status_says_what_is_wrong() -> None:
    assert render_text(STATUS, PLAIN) == (
        "index stale at 57b1c47 (2 commits behind): 5000 tests, 3 unknown, 640 files, 41.2 MB\n"
        "python 3.12, environment match; 2 changed files in the worktree; watcher off\n"
        "warning: uv.lock changed since the index was made\n"
        "next: coverquery run\n"
    )
    assert size(render_text(STATUS, PLAIN)) <= 150
    assert size(render_json(STATUS, PLAIN)) <= 150
    assert document(STATUS)["warnings"] == [
        {"code": "env_changed", "text": "uv.lock changed since the index was made"}
    ]


def test_status_without_an_index() -> None:
    text = render_text(StatusFacts(IndexState("missing")), PLAIN)
    assert text.startswith("index missing: nothing is recorded yet\n")
    assert text.endswith("next: coverquery run --all\n")


RUNS = RunsFacts(
    (
        RunInfo(
            "r2", BASE, "t", "integrated", (), 1000.0, 1002.5, 1,
            outcomes={"passed": 3, "failed": 1},
        ),
        RunInfo("r1", None, None, "recording", (), 900.0),
    ),
    7,
)  # fmt: skip


def test_runs_newest_first_and_times_only_when_asked() -> None:
    assert render_text(RUNS, PLAIN) == (
        "7 recorded runs, the last 2 of 1 commit\n"
        "  57b1c47+  integrated  1 failed, 3 passed  exit 1  2.5s  r2\n"
        "  -         recording  no outcomes  r1\n"
        "... 2 of 7 runs\n"
        "next: coverquery affected\n"
    )
    assert "  1970-01-01T00:16:40Z  r2\n" in render_text(RUNS, Rendering(verbose=1))
    made = document(RUNS)
    assert made["truncated"] == {"shown": 2, "of": 7}


def test_no_runs_are_said() -> None:
    assert render_text(RunsFacts((), 0), PLAIN) == "no recorded runs\nnext: coverquery run --all\n"


def test_an_error_names_its_fix() -> None:
    facts = ErrorFacts("index_missing", "no index for this repository", "coverquery run --all")
    assert render_text(facts, PLAIN) == (
        "error: no index for this repository\nfix: coverquery run --all\n"
    )
    assert render_json(facts, PLAIN) == (
        '{"schema":"coverquery.error/1","ok":false,"error":{"code":"index_missing",'
        '"text":"no index for this repository","fix":"coverquery run --all",'
        '"safe_fallback":"run every test"}}\n'
    )
    document(facts)


@pytest.mark.parametrize("facts", [ONE_FAILED, STATUS, covering(3), RUNS, WhyFacts(TEST, True)])
def test_quiet_is_the_verdict_alone(facts: Facts) -> None:
    quiet, full = render_text(facts, Rendering(verbose=-1)), render_text(facts, PLAIN)
    assert quiet == full.splitlines(keepends=True)[0]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": f"coverquery.{name}/1"}, SCHEMAS[name])


WITH_NEXT: list[Facts] = [
    ONE_FAILED._replace(next=("a b",)),
    STATUS._replace(next=("a b",)),
    covering(3)._replace(next=("a b",)),
    RUNS._replace(next=("a b",)),
    WhyFacts(TEST, True, next=("a b",)),
]


@pytest.mark.parametrize("facts", WITH_NEXT)
def test_a_next_command_that_is_known_better_wins(facts: Facts) -> None:
    assert render_text(facts, PLAIN).endswith("\nnext: a b\n")
    assert document(facts)["next"] == ["a b"]


def test_next_commands_follow_the_state() -> None:
    fresh = STATUS._replace(known=FRESH, behind=0, unknown_tests=0, warnings=(), pending=3)
    text = render_text(fresh, PLAIN)
    assert text.startswith("index fresh at 57b1c47: 5000 tests, 640 files, 41.2 MB\n")
    assert "watcher off (3 pending)\nnext: coverquery affected\n" in text
    assert render_text(fresh._replace(known=IndexState("partial")), PLAIN).startswith(
        "index partial: 5000 tests"
    )
    crashed = RunFacts(3, BASE, RunCounts(1, 1, not_run=1), 0.1, FRESH)
    assert render_text(crashed, PLAIN) == (
        "run 1/1: 1 NOT RUN in 0.1s  exit 3\nnext: coverquery run\n"
    )


def test_many_warnings_are_counted() -> None:
    facts = STATUS._replace(warnings=tuple(Notice("x", f"warning {n}") for n in range(8)))
    assert "... 3 more warnings\n" in render_text(facts, PLAIN)


def test_many_lines_are_counted() -> None:
    lines = tuple(LinesCount(LineSet.of([2 * n]), n) for n in range(1, 21))
    facts = covering(2)._replace(lines=lines)
    assert "24: 12; ... 8 more\n" in render_text(facts, PLAIN)
    assert document(facts)["truncated"] == {"shown": 2, "of": 2, "lines": 20}
