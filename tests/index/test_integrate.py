"""A run folder becomes executions, whatever became of the run."""

from typing import Any

from coverquery.index.check import check
from coverquery.index.digests import blob_oid
from coverquery.index.store import Store
from coverquery.lines import LineSet

APP, TESTS = "def f():\n    return 1\n", "from app import f\n"


def small_run(project: Any, *, worker: str = "main", outcome: str = "passed") -> Any:
    """One test that imports app.py and calls into it."""
    run = project.run()
    journal = project.journal(run, worker)
    app = journal.module("app.py", APP)
    tests = journal.module("tests/test_a.py", TESTS, "1")
    journal.line("i", tests, app)
    collect = journal.context("collect", "tests/test_a.py", "tests/test_a.py")
    journal.facts(collect, imports=[tests])
    journal.collected("tests/test_a.py::test_f")
    journal.test("tests/test_a.py::test_f", {app: "2", tests: "1"}, uses=[collect], outcome=outcome)
    journal.end()
    return run.updated(state="complete", ended=2_000.0, exit_status=0)


def reached(store: Store, path: str, lines: str | None) -> set[tuple[str, str]]:
    """Return (test, kind of the context) with evidence on lines of a file, in any version."""
    found: set[tuple[str, str]] = set()
    for blob in store.known_blobs():
        if blob.path != path:
            continue
        hits = store.hits(blob.id, None if lines is None else LineSet.parse(lines))
        names = store.context_names(hit.context for hit in hits)
        through = store.dependants(hit.context for hit in hits)
        for execution in store.executions_by_id(through):
            found |= {(execution.nodeid, names[c].kind) for c in through[execution.id]}
    return found


def test_a_run_becomes_an_execution(project: Any, store: Store) -> None:
    run = small_run(project)
    report = project.integrate(run)
    assert (report.tests, report.partial, report.already) == (1, False, False)
    assert report.outcomes == {"passed": 1}
    (execution,) = store.executions()
    assert execution.nodeid == "tests/test_a.py::test_f"
    assert execution.file == "tests/test_a.py"
    assert execution.commit == "c0ffee"
    assert execution.run == run.info.uid
    assert execution.untrusted is None
    assert reached(store, "app.py", "2") == {("tests/test_a.py::test_f", "test")}
    assert reached(store, "app.py", "1") == {("tests/test_a.py::test_f", "import")}
    assert reached(store, "app.py", "7") == set()
    assert store.collected_files() == {"tests/test_a.py": blob_oid(TESTS.encode())}
    assert check(store.index) == []


def test_integrating_again_does_nothing(project: Any, store: Store) -> None:
    run = small_run(project)
    project.integrate(run)
    before = store.index.rows("SELECT * FROM execution")
    assert project.integrate(run).already
    assert store.index.rows("SELECT * FROM execution") == before


def test_equal_contexts_of_other_runs_and_workers_are_one_row(project: Any, store: Store) -> None:
    for worker in ("main", "gw0", "gw1"):
        project.integrate(small_run(project, worker=worker))
    assert store.index.one("SELECT count(*) FROM context") == (4,)
    (execution,) = store.executions()
    assert execution.run == store.index.rows("SELECT uid FROM run ORDER BY started")[-1][0]
