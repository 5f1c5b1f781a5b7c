"""Which tests execute a line, and which lines a test executes."""

from typing import Any

from coverquery.index.covering import covering, lines_of_test
from coverquery.index.digests import blob_oid, fingerprint
from coverquery.index.store import ContextName, Store
from coverquery.lines import LineSet
from coverquery.model import FileStat, NodeId, Oid, RepoPath

TEXT = "a\nb\nc\nd\n"
APP, OID = RepoPath("app.py"), blob_oid(TEXT.encode())
DB = ContextName("fixture", "db@session")
MODULE = ContextName("import", "app.py")


def fill(project: Any) -> None:
    run = project.run()
    journal = project.journal(run)
    app = journal.module("app.py", TEXT, "1")
    fixture = journal.context("fixture", DB.label)
    journal.facts(fixture, {app: "2"})
    journal.test("t.py::own", {app: "3"})
    journal.test("t.py::through", {app: "3-4"}, uses=[fixture])
    journal.test("t.py::unrelated")
    journal.end()
    project.integrate(run)


def test_tests_are_found_most_focused_first(project: Any, store: Store) -> None:
    fill(project)
    found = covering(store, APP, OID, LineSet.parse("2-3"))
    assert [(c.execution.nodeid, str(c.lines), c.total, c.via) for c in found] == [
        ("t.py::own", "3", 1, ()),
        ("t.py::through", "2-3", 3, (DB,)),
    ]
    assert covering(store, APP, Oid("0" * 40), None) == []
    assert covering(store, APP, OID, LineSet.parse("9")) == []


def test_lines_run_by_the_import_are_told_apart(project: Any, store: Store) -> None:
    fill(project)
    found = covering(store, APP, OID, LineSet.parse("1"))
    assert {(c.execution.nodeid, str(c.lines), str(c.imported), c.via) for c in found} == {
        ("t.py::own", "", "1", (MODULE,)), ("t.py::through", "", "1", (MODULE,)),
    }  # fmt: skip


def test_only_the_newest_execution_on_a_content_counts(project: Any, store: Store) -> None:
    fill(project)
    run = project.run()
    journal = project.journal(run)
    journal.test("t.py::own", {journal.module("app.py", TEXT): "4"})
    journal.end()
    project.integrate(run)
    assert [c.execution.nodeid for c in covering(store, APP, OID, LineSet.parse("3"))] == [
        "t.py::through"
    ]


def test_the_lines_of_a_test_include_its_fixtures(project: Any, store: Store) -> None:
    fill(project)
    assert lines_of_test(store, NodeId("t.py::through")) == {(APP, OID): LineSet.parse("2-4")}
    assert lines_of_test(store, NodeId("t.py::own")) == {(APP, OID): LineSet.parse("3")}
    assert lines_of_test(store, NodeId("t.py::nobody")) == {}


def test_executions_are_found_by_test_and_by_environment(project: Any, store: Store) -> None:
    fill(project)
    (own,) = store.executions([NodeId("t.py::own")])
    assert store.executions_by_id([own.id]) == [own]
    assert store.environment_id(fingerprint(store.environments()[own.env])) == own.env
    assert store.environment_id("nothing") is None


def test_analyses_and_stats_are_kept(store: Store) -> None:
    store.save_analyses({("names", OID): "{}"})
    store.save_analyses({("names", OID): "[]"})
    assert store.analysis("names", OID) == "[]"
    assert store.analysis("other", OID) is None
    stat = FileStat(4, 2**60, 2**60 + 1, 7, 2**60 + 2, OID)
    stats = {APP: stat, RepoPath("caf\udce9.py"): stat}
    store.save_stats(stats)
    store.save_stats({APP: stat})
    assert store.load_stats() == stats
