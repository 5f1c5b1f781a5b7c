"""A run folder becomes executions, whatever became of the run."""

from typing import Any

from coverquery.index.check import check
from coverquery.index.digests import blob_oid, context_digest
from coverquery.index.store import Store

APP, TESTS = "def f():\n    return 1\n", "from app import f\n"


def test_a_run_becomes_an_execution(project: Any, store: Store) -> None:
    run = project.small_run()
    report = project.integrate(run)
    assert (report.tests, report.partial, report.already) == (1, False, False)
    assert report.outcomes == {"passed": 1}
    (execution,) = store.executions()
    assert execution.nodeid == "tests/test_a.py::test_f"
    assert execution.file == "tests/test_a.py"
    assert execution.commit == "c0ffee"
    assert execution.run == run.info.uid
    assert execution.untrusted is None
    assert project.reached(store, "app.py", "2") == {("tests/test_a.py::test_f", "test")}
    assert project.reached(store, "app.py", "1") == {("tests/test_a.py::test_f", "import")}
    assert project.reached(store, "app.py", "7") == set()
    assert store.collected_files() == {"tests/test_a.py": blob_oid(TESTS.encode())}
    assert check(store.index) == []


def test_integrating_again_does_nothing(project: Any, store: Store) -> None:
    run = project.small_run()
    project.integrate(run)
    before = store.index.rows("SELECT * FROM execution")
    assert project.integrate(run).already
    assert store.index.rows("SELECT * FROM execution") == before


def test_equal_contexts_of_other_runs_and_workers_are_one_row(project: Any, store: Store) -> None:
    for worker in ("main", "gw0", "gw1"):
        project.integrate(project.small_run(worker=worker))
    assert store.index.one("SELECT count(*) FROM context") == (4,)
    (execution,) = store.executions()
    assert execution.run == store.index.rows("SELECT uid FROM run ORDER BY started")[-1][0]


def test_branch_a_b_a_keeps_the_execution_of_a(project: Any, store: Store) -> None:
    for text in (APP, APP + "# b\n", APP):
        run = project.run()
        journal = project.journal(run)
        app = journal.module("app.py", text)
        journal.test("t.py::test", {app: "2"})
        journal.end()
        project.integrate(project.finished(run))
    assert len(store.executions()) == 2
    oids = {blob.oid for blob in store.known_blobs()}
    assert oids == {blob_oid(APP.encode()), blob_oid(f"{APP}# b\n".encode())}


def test_only_the_newest_good_executions_are_kept(project: Any, store: Store) -> None:
    texts = [f"x = {number}\n" for number in range(12)]
    for text in texts:
        run = project.run()
        journal = project.journal(run)
        journal.test("t.py::test", {journal.module("app.py", text): "1"})
        journal.end()
        project.integrate(project.finished(run))
    assert len(store.executions()) == 8
    # Nothing is left of what only older executions used.
    assert {blob.oid for blob in store.known_blobs()} == {blob_oid(t.encode()) for t in texts[4:]}
    assert store.index.one("SELECT count(*) FROM context") == (16,)
    assert check(store.index) == []


def test_failures_do_not_push_out_good_executions(project: Any, store: Store) -> None:
    for number in range(10):
        run = project.run()
        journal = project.journal(run)
        app = journal.module("app.py", f"x = {number}\n")
        journal.test("t.py::test", {app: "1"}, outcome="failed" if number else "passed")
        journal.end()
        project.integrate(project.finished(run))
    assert [e.outcome for e in store.executions()] == ["passed", "failed", "failed", "failed"]


def test_a_killed_process_keeps_what_had_finished(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    app = journal.module("app.py", APP)
    journal.collected("t.py::test_a", "t.py::test_b")
    journal.test("t.py::test_a", {app: "2"})
    journal.facts(journal.context("test", "t.py::test_b", "t.py"), {app: "1"}, phase="run")
    report = project.integrate(run)
    assert report.partial
    assert [e.nodeid for e in store.executions()] == ["t.py::test_a"]
    assert [nodeid for nodeid, _ in store.tests()] == ["t.py::test_a", "t.py::test_b"]
    assert project.reached(store, "app.py", "1") == {("t.py::test_a", "import")}


def test_tests_that_are_gone_are_retired_and_may_come_back(project: Any, store: Store) -> None:
    def collect(*nodeids: str, complete: bool = True) -> list[str]:
        run = project.run()
        journal = project.journal(run)
        journal.collected(*nodeids, complete=complete)
        journal.end()
        project.integrate(project.finished(run))
        return [nodeid for nodeid, _ in store.tests()]

    assert collect("a.py::x", "a.py::y", "b.py::z") == ["a.py::x", "a.py::y", "b.py::z"]
    assert collect("a.py::x", complete=False) == ["a.py::x", "a.py::y", "b.py::z"]
    assert collect("a.py::x") == ["a.py::x", "b.py::z"]  # b.py was not collected: unknown
    assert collect("a.py::y") == ["a.py::y", "b.py::z"]
    assert store.test_count() == 2


def test_a_file_that_now_has_no_tests_retires_them(project: Any, store: Store) -> None:
    project.integrate(project.small_run())
    run = project.run()
    journal = project.journal(run)
    journal.facts(journal.context("collect", "tests/test_a.py", "tests/test_a.py"))
    journal.collected()
    journal.end()
    project.integrate(project.finished(run))
    assert store.tests() == [("tests/test_a.py", "tests/test_a.py")]  # it stands for itself
    assert store.test_count() == 0
    assert len(store.executions()) == 2


def test_only_wholly_collected_files_count_as_collected(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    journal.collected("a.py::x", complete=False)
    journal.line("e", "b.py", "SyntaxError")
    journal.end()
    report = project.integrate(project.finished(run))
    assert report.errors == (("b.py", "SyntaxError"),)
    assert store.collected_files() == {}
    assert store.failed_files() == {"b.py": "SyntaxError"}


def test_an_error_in_one_file_does_not_unsettle_the_others(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    journal.collected("a.py::x", "a.py::gone", "b.py::x", "b.py::hidden")
    journal.end()
    project.integrate(project.finished(run))
    run = project.run()
    (run.path / "request.json").write_text('{"complete": true}')
    journal = project.journal(run)
    journal.module("a.py", "x\n")
    journal.collected("a.py::x", "b.py::x", complete=False)
    journal.line("e", "b.py", "a class of this file could not be collected")
    journal.end()
    project.integrate(project.finished(run))
    assert store.collected_files() == {"a.py": blob_oid(b"x\n")}
    live = [nodeid for nodeid, _ in store.tests()]
    assert live == ["a.py::x", "b.py::hidden", "b.py::x"]


def test_a_good_outcome_beside_a_failure_is_not_trusted(project: Any, store: Store) -> None:
    run = project.run()
    for worker, outcome in (("gw0", "passed"), ("gw1", "failed")):
        journal = project.journal(run, worker)
        journal.test("t.py::test", outcome=outcome)
        journal.end()
    project.integrate(project.finished(run))
    by_outcome = {e.outcome: e.untrusted for e in store.executions()}
    assert by_outcome == {"passed": "different outcomes in one run", "failed": None}


def test_environments_differ_by_what_tests_can_notice(project: Any, store: Store) -> None:
    def env(args: tuple[str, ...] = (), **header: Any) -> int:
        run = project.run(args=args)
        journal = project.journal(run)
        journal.header(**header)
        journal.test("t.py::test")
        journal.end()
        project.integrate(project.finished(run))
        return store.executions()[-1].env

    first = env()
    assert env(executable="/other/bin/python", prefix="/other") == first
    others = {env(("-W", "error")), env(python="cpython 3.13.0"), env(distributions=["x-1"])}
    assert len(others | {first}) == 4
    assert store.environments()[first].prefix == "/other"


def test_contents_git_does_not_hold_are_kept_if_still_there(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    texts = {"dirty.py": "d\n", "held.py": "h\n", "edited.py": "before\n", "gone.py": "g\n"}
    for path, text in texts.items():
        (project.root / path).write_text(text)
        journal.test(f"t.py::{path}", {journal.module(path, text): "1"})
    journal.end()
    (project.root / "edited.py").write_text("after\n")
    (project.root / "gone.py").unlink()
    project.held = {blob_oid(b"h\n")}
    project.integrate(project.finished(run))
    kept = {path: store.source(blob_oid(text.encode())) for path, text in texts.items()}
    assert kept == {"dirty.py": b"d\n", "held.py": None, "edited.py": None, "gone.py": None}


def test_data_files_are_facts_also_when_not_there(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    there = journal.data("data/a.json", blob_oid(b"{}"))
    missing = journal.data("data/b.json", None)
    root = journal.data("", "0" * 40, "listing")
    journal.test("t.py::test_a", data=[there, missing])
    journal.test("t.py::test_b", data=[missing, root])
    journal.end()
    project.integrate(project.finished(run))
    readers = {
        (fact.view, fact.path, fact.digest): len(store.readers(fact.id))
        for fact in store.data_facts()
    }
    assert readers == {
        ("raw", "data/a.json", blob_oid(b"{}")): 1,
        ("raw", "data/b.json", None): 2,
        ("listing", "", "0" * 40): 1,
    }
    assert check(store.index) == []


def test_names_that_are_not_unicode_survive(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    path = "tests/caf\udce9.py"
    fid = journal.module(path, TESTS)
    journal.facts(journal.context("collect", path, path))
    journal.collected(f"{path}::test[\ud800]")
    journal.test(f"{path}::test[\ud800]", {fid: "1"}, untrusted="odd \udce9")
    journal.end()
    project.integrate(project.finished(run))
    (execution,) = store.executions([f"{path}::test[\ud800]"])  # type: ignore[list-item]
    assert execution.file == path
    assert execution.untrusted == "odd \udce9"
    assert path in store.collected_files()
    assert store.tests() == [(execution.nodeid, path)]
    assert path in {blob.path for blob in store.known_blobs()}
    assert check(store.index) == []


def test_the_order_in_which_runs_arrive_has_no_meaning(project: Any) -> None:
    runs = []
    for text in ("a\n", "b\n", "a\n"):
        run = project.run()
        journal = project.journal(run)
        app = journal.module("app.py", text)
        journal.test("t.py::test", {app: "1"}, outcome="failed" if text == "b\n" else "passed")
        journal.end()
        runs.append(project.finished(run))
    seen = []
    for order in (runs, runs[::-1], [runs[1], runs[0], runs[2]]):
        (project.home / "index.db").unlink(missing_ok=True)
        for run in order:
            project.integrate(run)
        with project.index(readonly=True) as index:
            seen.append([(e.outcome, e.run) for e in Store(index).executions()])
    assert seen[0] == [("failed", runs[1].info.uid), ("passed", runs[2].info.uid)]
    assert seen == [seen[0]] * 3


def test_two_outcomes_on_equal_evidence_are_both_kept(project: Any, store: Store) -> None:
    for outcome in ("passed", "failed", "passed"):
        run = project.run()
        journal = project.journal(run)
        journal.test("t.py::flaky", outcome=outcome)
        journal.end()
        project.integrate(project.finished(run))
    assert [e.outcome for e in store.executions()] == ["failed", "passed"]


def test_digests_tell_neighbouring_fields_apart() -> None:
    assert context_digest("a", "bc", [], []) != context_digest("ab", "c", [], [])
    assert context_digest("a", "b", [b"x"], []) != context_digest("a", "b", [], [b"x"])
    assert context_digest("a", "b", [b"x", b"y"], []) == context_digest("a", "b", [b"y", b"x"], [])
