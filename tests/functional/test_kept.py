"""State kept between tests: the test that finds it filled is affected by what filled it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.conftest import Project
from tests.functional.kept_cases import WAYS, Kept

INI = "[pytest]\npythonpath = .\naddopts = -p no:cacheprovider -p no:asyncio\n"


def recorded(folder: Path, python: Path, *options: str) -> Project:
    path = folder / "project"
    path.mkdir()
    project = Project(path, python)
    project.git("init", "-q", "-b", "main")
    files = {"pytest.ini": INI}
    for way in WAYS:
        files |= way.files
    project.write_and_commit(files)
    project.coverquery("run", "--", *options)
    return project


@pytest.fixture(scope="module")
def recorded_kept(any_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIT_", "COVERQUERY_"))]:
            patch.delenv(name)
        patch.setenv("GIT_CONFIG_GLOBAL", str(folder / "gitconfig"))
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "A U Thor")
            patch.setenv(f"GIT_{role}_EMAIL", "author@example.org")
        return recorded(folder, any_python)


def affected_by(project: Project, way: Kept) -> set[str]:
    name = f"kept_{way.name}.py"
    project.edit(name, "6 * 7", "7 * 6")
    try:
        return project.affected()
    finally:
        project.git("checkout", "-q", name)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_who_finds_it_filled_is_affected(recorded_kept: Project, way: Kept) -> None:
    file = f"test_{way.name}.py"
    found = affected_by(recorded_kept, way)
    if "3.11" in str(recorded_kept.python) and way.name == "late":
        assert found == {file}  # what wrote it ran at import, all of which counts there
    else:
        assert found == {f"{file}::test_first", f"{file}::test_second"}


def test_nothing_changed(recorded_kept: Project) -> None:
    assert recorded_kept.affected() == set()


def test_workers_of_xdist_keep_their_own(tmp_path: Path, python_of: Callable[[str], Path]) -> None:
    project = recorded(tmp_path, python_of("3.12"), "-n2", "--dist=loadfile")
    for way in WAYS[:3]:
        file = f"test_{way.name}.py"
        assert affected_by(project, way) == {f"{file}::test_first", f"{file}::test_second"}


def test_why_says_who_computed_it(recorded_kept: Project) -> None:
    recorded_kept.edit("kept_global.py", "6 * 7", "7 * 6")
    try:
        (reason,) = recorded_kept.json("why", "test_global.py::test_second")["reasons"]
    finally:
        recorded_kept.git("checkout", "-q", "kept_global.py")
    assert reason["why"] == "memo"
    assert reason["via"] == "memo kept_global.py::get"
    assert reason["text"] == "used a value that get computed in another test"


def test_alone_it_computes_for_itself(recorded_kept: Project, tmp_path: Path) -> None:
    """Once recorded alone, a test that finds nothing filled depends on its own lines."""
    shutil.copytree(recorded_kept.path, tmp_path / "copy")
    project = Project(tmp_path / "copy", recorded_kept.python)
    project.edit("test_global.py", "def test_second():\n", "def test_second():\n    assert m\n")
    project.coverquery("run")
    project.edit("kept_global.py", "6 * 7", "7 * 6")
    (reason,) = project.json("why", "test_global.py::test_second")["reasons"]
    assert reason["why"] == "line"
