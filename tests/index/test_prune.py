"""What is let go of, and what is not."""

from typing import Any

from coverquery.index.check import check
from coverquery.index.prune import KEPT_ENVIRONMENTS, tidy
from coverquery.index.store import Store


def recorded(project: Any, *distributions: str) -> Any:
    """One test, recorded with these packages installed."""
    run = project.run()
    journal = project.journal(run)
    journal.path.write_text("")
    journal.header(distributions=list(distributions))
    app = journal.module("app.py", f"# {distributions}\n")
    journal.collected("t.py::test_a")
    journal.test("t.py::test_a", {app: "1"})
    journal.end()
    return project.finished(run)


def test_environments_long_left_are_forgotten_with_what_only_they_used(project: Any) -> None:
    names = [f"p-{number}.dist-info" for number in range(KEPT_ENVIRONMENTS + 2)]
    for name in names:
        project.integrate(recorded(project, name))
    with project.index() as index:
        store = Store(index)
        environments = store.environments()
        tidy(index)
        kept = [environments[one.env].distributions[0] for one in store.executions()]
        assert kept == names[2:]
        assert len(store.known_blobs()) == KEPT_ENVIRONMENTS
        assert index.one("SELECT count(*) FROM blob") == (KEPT_ENVIRONMENTS,)
        assert check(index) == []


def test_an_environment_used_again_is_not_old(project: Any) -> None:
    names = [f"p-{number}.dist-info" for number in range(KEPT_ENVIRONMENTS)]
    for name in (*names, names[0], "new.dist-info"):
        project.integrate(recorded(project, name))
    with project.index() as index:
        tidy(index)
        environments = Store(index).environments()
        kept = {environments[one.env].distributions[0] for one in Store(index).executions()}
        assert kept == {*names, "new.dist-info"} - {names[1]}


def test_a_test_that_is_gone_stays_while_it_has_a_record(project: Any) -> None:
    project.integrate(project.small_run())
    run = project.run()
    journal = project.journal(run)
    journal.context("collect", "tests/test_a.py", "tests/test_a.py")
    journal.collected("tests/test_b.py::test_g")
    journal.test("tests/test_b.py::test_g")
    journal.end()
    project.integrate(project.finished(run))
    with project.index() as index:
        tidy(index)
        assert {one.nodeid for one in Store(index).executions()} >= {"tests/test_a.py::test_f"}
        assert check(index) == []
