"""What ``affected`` says."""

import json
from collections.abc import Callable

import jsonschema
import pytest

from coverquery.lines import LineSet
from coverquery.model import ChangeSummary, NodeId, Reason, RepoPath, SelectedTest, Selection
from coverquery.report.facts import AffectedFacts, IndexState, Rendering
from coverquery.report.render import render_json, render_text
from coverquery.report.schema import SCHEMAS

MakeFacts = Callable[[dict[str, int], dict[str, int]], AffectedFacts]
PLAIN = Rendering()


def document(facts: AffectedFacts, rendering: Rendering = PLAIN) -> dict[str, object]:
    made: dict[str, object] = json.loads(render_json(facts, rendering))
    jsonschema.validate(made, SCHEMAS["affected"])
    return made


def everything(total: int) -> AffectedFacts:
    whole = SelectedTest(NodeId(""), RepoPath(""), (Reason("unknown", text="no records yet"),))
    files = {RepoPath("test_a.py"): total} if total else {}
    selection = Selection((), (whole,), ())
    return AffectedFacts(selection, "HEAD", "worktree", IndexState("missing"), files)


def test_verdict_first_and_next_command_last(small: AffectedFacts) -> None:
    assert render_text(small, PLAIN) == (
        "affected 9/75 tests in 2/3 files  est 0.6s  base 57b1c47..worktree  index fresh\n"
        "why: networkx/classes/graph.py:1012-1015 (Graph.add_edge)\n"
        "networkx/algorithms/tests/test_dispersion.py  all 4\n"
        "networkx/classes/tests/test_graph.py  5/61\n"
        "  TestGraph::test_000\n"
        "  TestGraph::test_001\n"
        "  TestGraph::test_002\n"
        "  TestGraph::test_003\n"
        "  TestGraph::test_004\n"
        "next: coverquery run   |   pytest @.coverquery/out/affected.args\n"
    )


def test_json_has_the_same_facts_in_the_agreed_order(small: AffectedFacts) -> None:
    assert render_json(small, PLAIN) == (
        '{"schema":"coverquery.affected/1","ok":true,"base":"57b1c47","head":"worktree",'
        '"index":{"state":"fresh","commit":"57b1c47"},"evidence":"recorded","complete":true,'
        '"counts":{"selected":9,"total":75,"files":2,"new":0,"always":0},"est_s":0.6,'
        '"changes":[{"file":"networkx/classes/graph.py","lines":"1012-1015",'
        '"symbol":"Graph.add_edge","tests":9}],'
        '"tests":[{"file":"networkx/algorithms/tests/test_dispersion.py","n":4,"of":4,'
        '"why":["line"]},{"file":"networkx/classes/tests/test_graph.py","n":5,"of":61,'
        '"why":["line"],"names":["TestGraph::test_000","TestGraph::test_001",'
        '"TestGraph::test_002","TestGraph::test_003","TestGraph::test_004"]}],'
        '"canaries":[],"gaps":[],"unexplained":[],"notes":[],"truncated":null,'
        '"args_file":".coverquery/out/affected.args","next":["coverquery run"]}\n'
    )
    document(small)


def test_nothing_affected_says_what_was_looked_at(make_facts: MakeFacts) -> None:
    facts = make_facts({"test_a.py": 3}, {})._replace(
        changed=(RepoPath("README.md"), RepoPath("a.py"))
    )
    facts = facts._replace(selection=facts.selection._replace(unexplained=(RepoPath("README.md"),)))
    assert render_text(facts, PLAIN) == (
        "nothing affected: 0/3 tests  base 57b1c47..worktree  index fresh\n"
        "looked at: 2 changed files: README.md, a.py\n"
        "not known to be read by any test: README.md\n"
        "next: coverquery status\n"
    )
    assert document(facts)["unexplained"] == ["README.md"]


def test_nothing_changed_says_so(make_facts: MakeFacts) -> None:
    facts = make_facts({"test_a.py": 3}, {})._replace(changed=())
    assert "none differs between 57b1c47 and worktree" in render_text(facts, PLAIN)


def test_an_incomplete_selection_says_so_in_the_second_line(small: AffectedFacts) -> None:
    gap = "schema.sql changed, selected the 41 tests that opened it"
    facts = small._replace(selection=small.selection._replace(gaps=(gap,)))
    assert render_text(facts, PLAIN).splitlines()[1] == f"INCOMPLETE: {gap}"
    assert render_text(facts, Rendering(verbose=-1)).splitlines()[1] == f"INCOMPLETE: {gap}"
    made = document(facts)
    assert made["complete"] is False
    assert made["gaps"] == [gap]


def test_an_empty_incomplete_selection_is_not_called_nothing(make_facts: MakeFacts) -> None:
    facts = make_facts({"test_a.py": 3}, {})
    facts = facts._replace(selection=facts.selection._replace(gaps=("a gap",)))
    assert render_text(facts, PLAIN).startswith("nothing known to be affected: 0/3 tests")


def test_everything_the_first_time() -> None:
    assert render_text(everything(0), PLAIN) == (
        "affected: every test, none is known yet  base HEAD..worktree  index missing\n"
        "why: unknown 1 (no records yet)\n"
        "every test file  new\n"
        "next: coverquery run\n"
    )
    assert document(everything(0))["tests"] == [
        {"file": "", "n": 0, "of": 0, "why": ["unknown"], "new": True}
    ]


def test_everything_counts_what_is_known() -> None:
    first, *_ = render_text(everything(7), PLAIN).splitlines()
    assert first.startswith("affected 7/7 tests in 1/1 file ")
    made = document(everything(7))["counts"]
    assert made == {"selected": 7, "total": 7, "files": 1, "new": 0, "always": 0}


def test_a_new_file_stands_first_and_is_counted(make_facts: MakeFacts) -> None:
    facts = make_facts({"test_b.py": 3}, {"test_b.py": 3})
    new = SelectedTest(NodeId("test_z.py"), RepoPath("test_z.py"), (Reason("new"),))
    facts = facts._replace(selection=facts.selection._replace(prefixes=(new,)))
    lines = render_text(facts, PLAIN).splitlines()
    assert lines[0].startswith("affected 3/3 tests in 2/2 files")
    assert lines[1:4] == [
        "why: networkx/classes/graph.py:1012-1015 (Graph.add_edge)",
        "also: new 1",
        "test_z.py  new",
    ]
    assert document(facts)["counts"] == {
        "selected": 3, "total": 3, "files": 2, "new": 1, "always": 0,
    }  # fmt: skip


def test_a_known_file_selected_by_prefix_counts_what_is_not_skipped(make_facts: MakeFacts) -> None:
    facts = make_facts({"test_b.py": 5}, {"test_b.py": 2})
    new = SelectedTest(NodeId("test_b.py"), RepoPath("test_b.py"), (Reason("new"),))
    selection = facts.selection._replace(prefixes=(new,), skipped=facts.selection.skipped[:1])
    facts = facts._replace(selection=selection)
    assert "test_b.py  4/5 and new ones" in render_text(facts, PLAIN)
    assert document(facts)["counts"] == {
        "selected": 4, "total": 5, "files": 1, "new": 1, "always": 0,
    }  # fmt: skip


def test_a_project_in_a_folder_of_the_repository_names_its_tests(make_facts: MakeFacts) -> None:
    facts = make_facts({"sub/test_b.py": 5}, {"sub/test_b.py": 1})
    (test,) = facts.selection.tests
    test = test._replace(nodeid=NodeId("test_b.py::test_it"))
    facts = facts._replace(selection=facts.selection._replace(tests=(test,)))
    assert "sub/test_b.py  1/5\n  test_it\n" in render_text(facts, PLAIN)


def test_focus_orders_files_and_names_and_path_does_not(make_facts: MakeFacts) -> None:
    facts = make_facts({"test_a.py": 3, "test_b.py": 3}, {"test_a.py": 1, "test_b.py": 2})
    ranked = tuple(reversed([test.nodeid for test in facts.selection.tests]))
    facts = facts._replace(ranked=ranked)
    focus = [line for line in render_text(facts, PLAIN).splitlines() if "test_" in line]
    assert focus == [
        "test_b.py  2/3", "  TestGraph::test_001", "  TestGraph::test_000",
        "test_a.py  1/3", "  TestGraph::test_000",
    ]  # fmt: skip
    path = render_text(facts, Rendering(order="path")).splitlines()
    assert path.index("test_a.py  1/3") < path.index("test_b.py  2/3")


def test_changes_come_by_tests_and_are_counted_when_cut(make_facts: MakeFacts) -> None:
    facts = make_facts({"test_a.py": 3}, {"test_a.py": 3})
    changes = tuple(
        ChangeSummary(RepoPath(f"m{n:02}.py"), LineSet.of([n]), "f", n) for n in range(1, 31)
    )
    facts = facts._replace(selection=facts.selection._replace(changes=changes))
    lines = render_text(facts, PLAIN).splitlines()
    assert lines[1] == "why: m30.py:30 (f)  30 tests"
    assert lines[6] == "     ... 25 more changes"
    made = document(facts)
    assert made["truncated"] == {"shown": 3, "of": 3, "changes": 30}
    verbose = render_text(facts, Rendering(verbose=1))
    assert "     m01.py:1 (f)  1 test\n" in verbose


def test_other_reasons_are_counted_beside_the_changes(small: AffectedFacts) -> None:
    test, *rest = small.selection.tests
    test = test._replace(reasons=(Reason("failed", text="failed last time"), *test.reasons))
    facts = small._replace(selection=small.selection._replace(tests=(test, *rest)))
    assert "\nalso: failed 1 (failed last time)\n" in render_text(facts, PLAIN)


@pytest.mark.parametrize("limit", [0, 1, 7, 40, 500])
def test_a_limit_counts_what_it_cuts(large: AffectedFacts, limit: int) -> None:
    made = document(large, Rendering(limit=limit))
    rows = made["tests"]
    assert isinstance(rows, list)
    assert len(rows) <= limit
    assert isinstance(made["truncated"], dict)
    assert made["truncated"]["of"] == 3543
    shown = sum(row["n"] if row["n"] == row["of"] else len(row.get("names", ())) for row in rows)
    assert made["truncated"]["shown"] == shown
    text = render_text(large, Rendering(limit=limit))
    listed = [line for line in text.splitlines() if line.startswith("networkx/algorithms")]
    if len(listed) < 205:
        hidden = 3543 - sum(
            int(line.split("  ")[1].removeprefix("all ").split("/")[0]) for line in listed
        )
        assert f"... {len(listed)} of 205 files; {hidden} tests in the others\n" in text


def test_names_that_do_not_fit_are_counted_in_their_file(make_facts: MakeFacts) -> None:
    facts = make_facts({"test_a.py": 300}, {"test_a.py": 200})
    lines = render_text(facts, PLAIN).splitlines()
    named = [line for line in lines if line.startswith("  TestGraph")]
    assert f"  ... {200 - len(named)} more" in lines
    assert 10 < len(named) < 40


def test_the_same_facts_give_the_same_bytes(large: AffectedFacts) -> None:
    shuffled = large._replace(
        files=dict(reversed(list(large.files.items()))),
        selection=large.selection._replace(tests=large.selection.tests[::-1]),
    )
    path = Rendering(order="path")
    assert render_text(shuffled, path) == render_text(large, path)
    assert render_json(shuffled, path) == render_json(large, path)


def test_budgets_of_a_large_project(large: AffectedFacts) -> None:
    text, made = render_text(large, PLAIN), render_json(large, PLAIN)
    assert 800 * 3.2 * 0.5 < len(text.encode()) <= 800 * 3.2
    assert len(made.encode()) <= 1200 * 3.2
    assert text.startswith("affected 3543/5000 tests in 205/266 files")
    document(large)


@pytest.mark.parametrize("rendering", [Rendering(limit=10**6), Rendering(verbose=2)])
def test_no_limit_lifts_the_ceiling(large: AffectedFacts, rendering: Rendering) -> None:
    assert len(render_text(large, rendering).encode()) <= 8000 * 3.2
    assert len(render_json(large, rendering).encode()) <= 8000 * 3.2
