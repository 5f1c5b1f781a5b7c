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


CLASSES = {
    "kit.py": "def make(x):\n    return [x]\n\n\ndef more(x):\n    return x\n\n\nSEEN = []\n",
    "test_set_up.py": (
        "import unittest\nfrom kit import SEEN, make, more\n\n\n"
        "class Base:\n    common = []\n\n\n"
        "class TestA(Base):\n"
        "    @classmethod\n    def setup_class(cls):\n"
        "        cls.made = make(1)\n"
        "    def test_a(self):\n        assert self.made == [1]\n\n\n"
        "class TestB(Base):\n"
        "    @classmethod\n    def setup_class(cls):\n        cls.made = [2]\n"
        "    def test_b(self):\n        assert self.made == [2]\n\n\n"
        "class TestE(Base):\n"
        "    @classmethod\n    def setup_class(cls):\n        cls.common.append(more(1))\n"
        "    def test_e(self):\n        pass\n\n\n"
        "class TestC(TestA):\n    def test_c(self):\n        assert self.made\n\n\n"
        "class TestD(unittest.TestCase):\n"
        "    @classmethod\n    def setUpClass(cls):\n        cls.made = make(4)\n"
        "    def test_d(self):\n        assert self.made == [4]\n\n\n"
        "class TestF(Base):\n    def test_common(self):\n        assert self.common in ([], [1])\n"
    ),
}


@pytest.fixture
def classes(any_python: Path, tmp_path: Path) -> Project:
    project = Project(tmp_path, any_python)
    project.git("init", "-q", "-b", "main")
    project.write_and_commit({"pytest.ini": INI, **CLASSES})
    project.coverquery("run")
    return project


def test_what_setting_up_a_class_binds_concerns_its_tests(classes: Project) -> None:
    classes.edit("kit.py", "return [x]", "return [x, x][:1]")
    a, c, d = "TestA::test_a", "TestC::test_a TestC::test_c", "TestD::test_d"
    names = {f"test_set_up.py::{name}" for name in f"{a} {c} {d}".split()}
    assert classes.affected() == names


def test_what_it_adds_to_what_classes_share_concerns_them_all(classes: Project) -> None:
    classes.edit("kit.py", "return x", "return x + 0")
    assert "test_set_up.py::TestF::test_common" in classes.affected()
