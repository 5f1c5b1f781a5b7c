"""Recorded repositories of cases, one copy a worker."""

import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.selection.casebook import Project, projects
from tests.selection.caselab import CaseLab
from tests.selection.warm import Warm

LabOf = Callable[[Project, str], CaseLab]


@pytest.fixture(scope="session")
def lab_of(
    tmp_path_factory: pytest.TempPathFactory, python_of: Callable[[str], Path], warm: Warm
) -> LabOf:
    """Ask for the recorded repository of a project on a version of Python, to be edited."""
    mine = tmp_path_factory.mktemp("cases")
    base = tmp_path_factory.getbasetemp()
    common = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "recorded"
    common.mkdir(exist_ok=True)
    labs: dict[str, CaseLab] = {}
    together = [one for one in projects() if not one.alone]

    def lab(project: Project, version: str) -> CaseLab:
        name = f"{project.name.replace(' ', '-') if project.alone else 'shared'}-{version}"
        if name not in labs:
            recorded = CaseLab(common / name, python_of(version))
            _record(recorded, [project] if project.alone else together)
            shutil.copytree(recorded.path, mine / name, symlinks=True)
            labs[name] = CaseLab(mine / name, recorded.python, warm)
        return labs[name]

    return lab


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """Have a process that runs commands without their start."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in [v for v in os.environ if v.startswith(("GIT_", "COVERQUERY_"))]:
            patch.delenv(variable)
        made = Warm()
        yield made
        made.close()


def _record(lab: CaseLab, inside: list[Project]) -> None:
    with lab.path.with_name(f"{lab.path.name}.lock").open("w") as lock:  # several workers
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (lab.path / ".coverquery").exists():
            lab.path.mkdir(exist_ok=True)
            lab.fill(inside)
            lab.coverquery("run")


@pytest.fixture(scope="session")
def plain_lab(tmp_path_factory: pytest.TempPathFactory, warm: Warm) -> Callable[[Project], CaseLab]:
    """Ask for the repository of a project to run it without recording."""
    labs: dict[str, CaseLab] = {}
    together = [one for one in projects() if not one.alone]

    def lab(project: Project) -> CaseLab:
        name = project.name if project.alone else ""
        if name not in labs:
            labs[name] = CaseLab(tmp_path_factory.mktemp("plain"), Path(sys.executable), warm)
            labs[name].fill([project] if project.alone else together)
        return labs[name]

    return lab
