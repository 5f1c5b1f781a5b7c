"""A process that dies while it integrates loses nothing."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coverquery.index import integrate
from coverquery.index.check import check
from coverquery.index.faults import EXIT_STATUS, VARIABLE
from coverquery.index.runs import run_folders
from coverquery.index.store import Store

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from coverquery.importing import StaticImports
from coverquery.index.db import Index
from coverquery.index.integrate import integrate
from coverquery.index.runs import run_folders
NONE = StaticImports({}, {}, {}, {}, lambda _: frozenset())
home = Path(sys.argv[1])
with Index.open(home / "index.db", create=True) as index:
    for run in run_folders(home):
        integrate(index, run, edges=lambda _: NONE, holds_source=set, read=lambda _: None)
"""
POINTS = sorted(
    line.split('"')[1]
    for line in Path(integrate.__file__).read_text(encoding="utf-8").splitlines()
    if line.strip().startswith("fault(")
)


def record(project: Any, nodeid: str) -> None:
    run = project.run()
    journal = project.journal(run)
    journal.test(nodeid, {journal.module("app.py", nodeid): "1"})
    journal.end()


def in_a_process(home: Path, fault: str) -> int:
    env = os.environ | {"PYTHONPATH": str(ROOT), VARIABLE: fault}
    return subprocess.run([sys.executable, "-c", PROGRAM, home], env=env, check=False).returncode


def test_there_are_points_to_die_at() -> None:
    assert len(POINTS) == 5


@pytest.mark.parametrize("point", POINTS)
def test_death_at_a_point_loses_nothing(project: Any, point: str) -> None:
    record(project, "t.py::test_a")
    project.integrate(run_folders(project.home)[0])
    record(project, "t.py::test_b")
    assert in_a_process(project.home, point) == EXIT_STATUS
    with project.index(readonly=True) as index:
        committed = point == "integrate.after_commit"
        assert len(Store(index).executions()) == (2 if committed else 1)
        assert check(index) == []
    assert in_a_process(project.home, "") == 0
    with project.index(readonly=True) as index:
        assert [e.nodeid for e in Store(index).executions()] == ["t.py::test_a", "t.py::test_b"]
        assert check(index) == []
    assert {run.info.state for run in run_folders(project.home)} == {"integrated"}
