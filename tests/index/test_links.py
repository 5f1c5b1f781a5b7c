"""Through which contexts a test depends on what: imports, conftests, fixtures."""

from typing import Any

from coverquery.importing import StaticImports
from coverquery.index.store import Store
from coverquery.model import RepoPath

APP, TESTS = "def f():\n    return 1\n", "from app import f\n"


def test_static_imports_reach_the_tests_of_the_file(project: Any, store: Store) -> None:
    edges = {"tests/test_a.py": {"app.py"}, "app.py": {"deep.py"}, "deep.py": {"app.py"}}
    sure = {RepoPath(one): frozenset(map(RepoPath, to)) for one, to in edges.items()}
    project.edges = lambda _: StaticImports(sure, {}, {}, {}, sure.__getitem__)
    run = project.run()
    journal = project.journal(run)
    journal.module("deep.py", "y = 1\n")
    journal.module("app.py", "x = 1\n")
    journal.module("other.py", "z = 1\n")
    tests = journal.module("tests/test_a.py", TESTS)
    journal.facts(journal.context("collect", "tests/test_a.py", "tests/test_a.py"))
    journal.test("tests/test_a.py::test", {tests: "1"})
    journal.end()
    project.integrate(project.finished(run))
    assert project.reached(store, "deep.py", "1") == {("tests/test_a.py::test", "import")}
    assert project.reached(store, "other.py", None) == set()


def test_conftests_of_the_folder_and_above_belong_to_collection(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    for folder in ("", "tests/", "tests/sub/", "elsewhere/"):
        journal.module(f"{folder}conftest.py", "import helper\n")
    journal.line("i", journal.file("tests/conftest.py", "import helper\n"),
                 journal.module("helper.py", "h = 1\n"))  # fmt: skip
    journal.module("tests/test_a.py", TESTS)
    journal.facts(journal.context("collect", "tests/test_a.py", "tests/test_a.py"))
    journal.test("tests/test_a.py::test")
    journal.end()
    project.integrate(project.finished(run))
    seen = {path: project.reached(store, path, None) for path in (
        "conftest.py", "tests/conftest.py", "helper.py", "tests/sub/conftest.py",
        "elsewhere/conftest.py",
    )}  # fmt: skip
    assert {path for path, found in seen.items() if found} == {
        "conftest.py", "tests/conftest.py", "helper.py",
    }  # fmt: skip


def test_a_module_imported_while_the_test_ran_is_its_own(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    lazy = journal.module("lazy.py", "x = 1\n")
    tests = journal.module("t.py", "")
    for name, imports in (("test_a", [lazy]), ("test_b", [])):
        journal.test(f"t.py::{name}", {tests: "1"}, imports=imports)
    journal.end()
    project.integrate(project.finished(run))
    assert project.reached(store, "lazy.py", "1") == {("t.py::test_a", "import")}


def test_files_called_during_an_import_belong_to_its_closure(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    registry = journal.module("registry.py", "def register(): ...\n")
    app = journal.file("app.py", "@register\n")
    journal.facts(journal.context("import", "app.py", "app.py"), {app: "1", registry: "1"})
    journal.test("t.py::test", {app: "2"})
    journal.end()
    project.integrate(project.finished(run))
    assert project.reached(store, "registry.py", None) == {("t.py::test", "import")}


def test_an_empty_or_unseen_module_is_known_all_the_same(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    empty = journal.module("pkg/__init__.py", "", lines="")
    early = journal.file("early.py", "x = 1\n")  # imported before anybody looked
    journal.test("t.py::test", imports=[empty, early])
    journal.end()
    project.integrate(project.finished(run))
    for path in ("pkg/__init__.py", "early.py"):
        assert project.reached(store, path, None) == {("t.py::test", "import")}
        assert project.reached(store, path, "1") == set()


def test_fixtures_reach_their_users_also_through_other_fixtures(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    app = journal.module("app.py", "a\nb\nc\nd\n")
    inner = journal.context("fixture", "engine@session")
    outer = journal.context("fixture", "db@module")
    journal.facts(inner, {app: "2"})
    journal.facts(outer, {app: "3"}, uses=[inner])
    journal.test("t.py::test_a", uses=[outer])
    journal.facts(inner, {app: "4"}, phase="teardown")
    journal.test("t.py::test_b")
    journal.end()
    project.integrate(project.finished(run))
    for line in ("2", "3", "4"):
        assert project.reached(store, "app.py", line) == {("t.py::test_a", "fixture")}


def test_contexts_that_use_each_other_are_no_record(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    one, other = journal.context("fixture", "a@session"), journal.context("fixture", "b@session")
    journal.facts(one, uses=[other])
    journal.facts(other, uses=[one])
    journal.test("t.py::test_a", uses=[one])
    journal.test("t.py::test_b")
    journal.end()
    report = project.integrate(project.finished(run))
    assert [e.nodeid for e in store.executions()] == ["t.py::test_b"]
    assert any("t.py::test_a" in note for note in report.notes)
    assert ("t.py::test_a", "t.py") in store.tests()


def test_fixtures_nobody_saw_torn_down_are_not_trusted(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    app = journal.module("app.py", APP)
    mine, foreign = journal.context("fixture", "db@"), journal.context("fixture", "loop@")
    wrapped = journal.context("fixture", "client@")
    journal.facts(mine, {app: "2"})
    journal.facts(wrapped, uses=[mine])
    journal.test("t.py::test_a", uses=[foreign])
    journal.test("t.py::test_b", uses=[wrapped])
    project.integrate(run)
    trusted = {e.nodeid: e.untrusted is None for e in store.executions()}
    assert trusted == {"t.py::test_a": True, "t.py::test_b": False}
