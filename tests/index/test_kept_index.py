"""State kept between tests, in circles: nobody's record is lost for it."""

from typing import Any

from coverquery.index.store import Store

LIB, LATE = "a = 1\nb = 2\nc = 3\nd = 4\n", "late = 1\n"


def test_memos_that_use_each_other_are_whole(project: Any, store: Store) -> None:
    run = project.run()
    journal = project.journal(run)
    lib = journal.module("lib.py", LIB)
    late = journal.module("late.py", LATE)
    tests = journal.module("test_a.py", "def test(): pass\n")
    one = journal.context("memo", "lib.py::one", "lib.py")
    two = journal.context("memo", "lib.py::two", "lib.py")
    journal.facts(one, {lib: "2"}, uses=[two])
    journal.facts(two, {lib: "3"}, uses=[one], imports=[late])
    journal.test("test_a.py::test", {tests: "1"}, uses=[one])
    journal.end()
    project.integrate(project.finished(run))
    for line in ("2", "3"):
        assert project.reached(store, "lib.py", line) == {("test_a.py::test", "memo")}
    assert project.reached(store, "late.py", None) == {("test_a.py::test", "import")}
    assert project.reached(store, "lib.py", "4") == set()


def test_a_memo_of_which_no_beginning_was_seen_holds_the_whole_test(
    project: Any, store: Store
) -> None:
    run = project.run()
    journal = project.journal(run)
    lib = journal.module("lib.py", LIB)
    tests = journal.module("test_a.py", "def test(): pass\n")
    memo = journal.context("memo", "lib.py::one", "lib.py")
    journal.test("test_a.py::first", {tests: "1", lib: "2"}, uses=[memo])
    journal.facts(memo, uses=[journal.context("test", "test_a.py::first", "test_a.py")])
    journal.test("test_a.py::second", {tests: "1"}, uses=[memo])
    journal.end()
    project.integrate(project.finished(run))
    assert project.reached(store, "lib.py", "2") == {
        ("test_a.py::first", "test"), ("test_a.py::first", "memo"), ("test_a.py::second", "memo"),
    }  # fmt: skip


def test_an_import_that_was_given_a_kept_value_has_what_computed_it(
    project: Any, store: Store
) -> None:
    run = project.run()
    journal = project.journal(run)
    lib = journal.module("lib.py", LIB)
    late = journal.module("late.py", LATE)
    tests = journal.module("test_a.py", "import late\n")
    memo = journal.context("memo", "lib.py::one", "lib.py")
    journal.facts(memo, {lib: "2"})
    journal.facts(journal.context("import", "late.py", "late.py"), {late: "1"}, uses=[memo])
    journal.test("test_a.py::test", {tests: "1"}, imports=[late])
    journal.end()
    project.integrate(project.finished(run))
    assert project.reached(store, "lib.py", "2") == {("test_a.py::test", "import")}
