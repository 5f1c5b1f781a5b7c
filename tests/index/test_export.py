"""A run becomes a file coverage.py itself can read and report."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import coverage
import pytest

from coverquery.errors import StorageError
from coverquery.index.export import export

APP = "def f(x):\n    if x:\n        return 1\n    return 2\n"


def recorded(project: Any) -> Any:
    """Two workers, phases, a fixture and imports."""
    (project.root / "app.py").write_text(APP)
    run = project.run()
    for worker, line in (("gw0", "3"), ("gw1", "4")):
        journal = project.journal(run, worker)
        app = journal.module("app.py", APP, "0-1")
        fixture = journal.context("fixture", "db@session")
        journal.facts(fixture, {app: "2"})
        context = journal.context("test", f"t.py::test_{worker}", "t.py")
        journal.facts(context, {app: "2"}, phase="setup")
        journal.test(f"t.py::test_{worker}", {app: f"2,{line}"}, uses=[fixture])
        journal.end()
    return run


def test_lines_and_contexts_are_what_coverage_would_write(project: Any) -> None:
    run = recorded(project)
    target = export(run, project.root)
    assert target == run.path / ".coverage"
    data = coverage.CoverageData(basename=str(target))
    data.read()
    app = str(project.root / "app.py")
    assert data.measured_files() == {app}
    assert sorted(data.lines(app) or ()) == [1, 2, 3, 4]
    assert not data.has_arcs()
    assert {line: sorted(names) for line, names in data.contexts_by_lineno(app).items()} == {
        1: [""],
        2: ["", "t.py::test_gw0|run", "t.py::test_gw0|setup",
            "t.py::test_gw1|run", "t.py::test_gw1|setup"],
        3: ["t.py::test_gw0|run"],
        4: ["t.py::test_gw1|run"],
    }  # fmt: skip
    data.close()
    assert [path.name for path in run.path.glob(".coverage*")] == [".coverage"]


def test_coverage_report_opens_it(project: Any) -> None:
    target = export(recorded(project), project.root)
    shown = subprocess.run(
        [sys.executable, "-m", "coverage", "report", f"--data-file={target}", "--show-missing"],
        cwd=project.root, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "app.py       4      0   100%" in shown.stdout


def test_the_tables_are_those_of_the_coverage_we_depend_on(project: Any, tmp_path: Path) -> None:
    theirs = coverage.CoverageData(basename=str(tmp_path / "theirs"))
    theirs.add_lines({})
    theirs.close()
    ours = export(project.run(), project.root, tmp_path / "ours")
    assert _format(ours) == _format(tmp_path / "theirs")


def _format(path: Path) -> Any:
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        told = {
            (name, pragma): connection.execute(f"PRAGMA {pragma}({name})").fetchall()
            for name in tables
            for pragma in ("table_info", "index_list")
        }
        return told, connection.execute("SELECT version FROM coverage_schema").fetchall()


def test_coverage_combines_it_with_its_own(project: Any, tmp_path: Path) -> None:
    target = export(recorded(project), project.root)
    combined = coverage.CoverageData(basename=str(tmp_path / "combined"))
    combined.set_context("theirs")
    app = str(project.root / "app.py")
    combined.add_lines({app: [4]})
    data = coverage.CoverageData(basename=str(target))
    data.read()
    combined.update(data)
    assert set(combined.contexts_by_lineno(app)[4]) == {"theirs", "t.py::test_gw1|run"}
    data.close()
    combined.close()


def test_writing_again_replaces(project: Any, tmp_path: Path) -> None:
    run = recorded(project)
    target = tmp_path / "mine.coverage"
    assert export(run, project.root, target) == export(run, project.root, target) == target


def test_a_run_that_recorded_nothing_gives_an_empty_file(project: Any) -> None:
    data = coverage.CoverageData(basename=str(export(project.run(), project.root)))
    data.read()
    assert data.measured_files() == set()
    data.close()


def test_a_place_that_cannot_be_written_is_a_clear_error(project: Any) -> None:
    with pytest.raises(StorageError):
        export(recorded(project), project.root, project.root / "nowhere" / ".coverage")
