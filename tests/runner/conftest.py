"""A project to run, and a recorder of fifteen lines that writes the journal's outline."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coverquery.runner.plan import LaunchPlan, Request

STAND_IN = """
import json, os
folder = os.environ["COVERQUERY_RUN"]
request = json.load(open(os.path.join(folder, "request.json")))
worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
def write(*line):
    with open(os.path.join(folder, "journal-%s.jsonl" % worker), "a") as stream:
        stream.write(json.dumps(line) + "\\n")
write("v", 1, {})
def pytest_collection_modifyitems(items):
    if worker == "main":
        write("n", [[item.nodeid, item.location[0]] for item in items], request["complete"])
def pytest_collectreport(report):
    if report.failed:
        write("e", report.nodeid, str(report.longrepr))
bad = {}
def pytest_runtest_logreport(report):
    if report.failed:
        bad[report.nodeid] = "failed" if report.when == "call" else "error"
    if report.when == "teardown" and worker == "main":
        write("t", 1, report.nodeid, "", bad.get(report.nodeid, "passed"), 0.5, None)
def pytest_sessionfinish(exitstatus):
    write("z", int(exitstatus))
"""

QUICK = {"PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@pytest.fixture
def inject(tmp_path: Path) -> Path:
    """A folder holding nothing but the stand-in."""
    package = tmp_path / "inject" / "coverquery_recorder"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "plugin.py").write_text(STAND_IN)
    return package.parent


Planner = Callable[..., LaunchPlan]


@pytest.fixture
def planner(tmp_path: Path, inject: Path) -> Planner:
    """Make a plan for a project of these files."""

    def plan(files: dict[str, str], name: str = "project", **fields: Any) -> LaunchPlan:
        project = tmp_path / name
        project.mkdir(exist_ok=True)
        (project / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
        for path, text in files.items():
            (project / path).write_text(text)
        request = Request(root=project, skip=fields.pop("skip", ()))
        made: dict[str, Any] = {
            "python": Path(sys.executable),
            "project": project,
            "run_folder": tmp_path / "run",
            "request": request,
            "environ": {**os.environ, **QUICK},
            "output": "log",
            "inject": inject,
            "grace": 5.0,
        }
        return LaunchPlan(**(made | fields))

    return plan
