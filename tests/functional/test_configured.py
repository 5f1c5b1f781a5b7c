"""Edits of pytest's configuration and of conftests: whom they concern, on a real project."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = {
    "pyproject.toml": (
        '[project]\nname = "lab"\nversion = "1.0"\n\n'
        '[tool.pytest.ini_options]\naddopts = "-q -p no:cacheprovider"\n'
    ),
    ".gitignore": "__pycache__/\n",
    "test_top.py": "def test_top():\n    pass\n",
    "a/conftest.py": (
        "import pytest\n\n\n@pytest.fixture\ndef value():\n    return 1\n\n\n"
        "@pytest.fixture\ndef other():\n    return 1\n"
    ),
    "a/test_a.py": (
        "def test_value(value):\n    assert value == 1\n\n\n"
        "def test_other(other):\n    assert other == 1\n\n\ndef test_plain():\n    pass\n"
    ),
    "a/deep/test_deep.py": "def test_deep(value):\n    assert value == 1\n",
    "b/conftest.py": "",
    "b/test_b.py": "def test_b():\n    pass\n",
    "spare/check_spare.py": "def test_spare():\n    assert False\n",
}
INI = "pyproject.toml"
ALL = {"test_top.py", "a/test_a.py", "a/deep/test_deep.py", "b/test_b.py"}
IN_A = {"a/test_a.py", "a/deep/test_deep.py"}


@pytest.fixture(scope="module")
def recorded(record_once: Any) -> Any:
    """The project, committed and recorded; never edited."""
    return record_once(PROJECT)


@pytest.fixture
def project(recorded: Any) -> Iterator[Any]:
    """The recorded project, to be edited but not run; put back afterwards."""
    yield recorded
    recorded.git("reset", "-q", "--hard", "HEAD")
    recorded.git("clean", "-fdq")


@pytest.fixture
def own_project(recorded: Any, project_at: Any, tmp_path: Path) -> Any:
    """A copy of the recorded project, to be run."""
    shutil.copytree(recorded.path, tmp_path / "project", symlinks=True)
    return project_at(tmp_path / "project")


def files(chosen: set[str]) -> set[str]:
    return {one.partition("::")[0] for one in chosen}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('addopts = "-q', '# said\naddopts = "-v --tb=short -q'),
        ("[tool.pytest", "[tool.ruff]\nx = 1\n\n[tool.pytest"),
        ('"1.0"', '"1.1"'),
        ("[tool.pytest.ini_options]", '[tool.pytest.ini_options]\njunit_family = "xunit1"'),
        ("[tool.pytest.ini_options]", '[tool.pytest.ini_options]\nminversion = "7.0"'),
        ("[tool.pytest.ini_options]", '[tool.pytest.ini_options]\nmarkers = ["slow"]'),
    ],
)  # fmt: skip
def test_what_cannot_alter_an_outcome_selects_nothing(project: Any, old: str, new: str) -> None:
    project.edit(INI, old, new)
    assert project.affected() == set()
    assert project.affected("--since", "HEAD") == set()


def test_what_may_alter_outcomes_selects_all(project: Any) -> None:
    project.edit(INI, "[tool.pytest.ini_options]", "[tool.pytest.ini_options]\nxfail_strict = true")
    assert files(project.affected()) == ALL
    why = project.json("why", "test_top.py::test_top")
    assert [reason["why"] for reason in why["reasons"]] == ["config"]


SHARED = {
    "tox.ini": "[tox]\nenvlist = py\n",
    "setup.cfg": "[metadata]\nname = x\n",
    "setup.py": "",
    "test_x.py": "import pytest\n\n\n@pytest.mark.xfail\ndef test_x():\n    pass\n",
    "inner/tox.ini": "[tox]\n",
    ".gitignore": "__pycache__/\n",
}


def test_a_file_that_gets_a_section_of_pytests(repo: Any, project_at: Any) -> None:
    repo.commit(SHARED)
    project = project_at(repo.path)
    project.edit("setup.cfg", "name = x", "name = y")  # git does not hold what is recorded
    project.coverquery("run")
    for name, section in (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        text = (project.path / name).read_text()
        (project.path / name).write_text(f"{text}\n[{section}]\nxfail_strict = true\n")
        assert files(project.affected()) == {"test_x.py"}
        (project.path / name).write_text(f"{text}\n[other]\nx = 1\n")
        assert project.affected() == set()
        (project.path / name).unlink()
        assert project.affected() == set()
        (project.path / name).write_text(text)
    (project.path / "inner/tox.ini").write_text("[pytest]\nxfail_strict = true\n")
    assert project.affected() == set()


def test_other_files_are_collected_and_the_rest_is_left_alone(own_project: Any) -> None:
    own_project.edit(
        INI, "[tool.pytest.ini_options]",
        '[tool.pytest.ini_options]\npython_files = ["test_*.py", "check_*.py"]',
    )  # fmt: skip
    assert own_project.affected() == {"spare/check_spare.py"}
    assert own_project.json("run", status=1)["counts"]["failed"] == 1


def test_a_narrow_run_does_not_make_files_forgotten(own_project: Any) -> None:
    own_project.edit(
        INI, "[tool.pytest.ini_options]",
        '[tool.pytest.ini_options]\npython_files = ["test_*.py", "check_*.py"]',
    )  # fmt: skip
    own_project.coverquery("run", "test_top.py")
    assert own_project.affected() == {"spare/check_spare.py"}
    own_project.coverquery("run", status=1)
    assert own_project.affected() == {"spare/check_spare.py"}  # it fails
    own_project.edit("spare/check_spare.py", "False", "True")
    own_project.coverquery("run")
    assert own_project.affected() == set()


def test_code_that_reads_options_is_concerned_by_any(repo: Any, project_at: Any) -> None:
    reads = "def test_reads(request):\n    assert request.config.getoption('verbose') < 1\n"
    repo.commit({**PROJECT, "test_reads.py": reads})
    project = project_at(repo.path)
    project.coverquery("run")
    project.edit(INI, '"-q', '"-vvv')
    assert "test_reads.py" in files(project.affected())


def test_code_that_reads_assertions_is_concerned_by_verbosity(repo: Any, project_at: Any) -> None:
    reads = (
        "import pytest\n\n\ndef test_reads():\n    with pytest.raises(AssertionError) as caught:\n"
        "        assert list(range(99)) == []\n    assert '...Full' in str(caught.value)\n"
    )
    repo.commit({**PROJECT, "test_reads.py": reads})
    project = project_at(repo.path)
    project.coverquery("run", status=None)
    project.edit(INI, '"-q', '"-vvv')
    assert "test_reads.py" in files(project.affected())


OVERRIDE = "import pytest\n\n\n@pytest.fixture\ndef value():\n    return 2\n\n\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        # a fixture that overrides one of a conftest above
        ("a/deep/conftest.py", OVERRIDE, {"a/deep/test_deep.py"}),
        ("a/deep/test_deep.py", OVERRIDE + PROJECT["a/deep/test_deep.py"], {"a/deep/test_deep.py"}),
        # an autouse fixture, a hook
        ("b/conftest.py",
         "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef bad():\n    1 / 0\n",
         {"b/test_b.py"}),
        ("b/conftest.py", "def pytest_runtest_setup(item):\n    1 / 0\n", {"b/test_b.py"}),
        ("b/conftest.py", "collect_ignore = ['test_b.py']\n", {"b/test_b.py"}),
        # hooks that are not confined to the folder of their conftest
        ("b/conftest.py",
         "def pytest_collection_modifyitems(items):\n    items[0].add_marker('xfail')\n", ALL),
        ("b/conftest.py", "from _pytest.hooks import pytest_configure\n", ALL),
        ("b/conftest.py", "from _pytest.hooks import *\n", ALL),
        ("c/conftest.py", "def pytest_collection_modifyitems(items):\n    items.pop()\n", ALL),
        ("c/conftest.py", "def pytest_runtest_setup(item):\n    1 / 0\n", set()),
    ],
)  # fmt: skip
def test_a_conftest_concerns_whom_it_can_reach(
    project: Any, name: str, text: str, expected: set[str]
) -> None:
    (project.path / name).parent.mkdir(exist_ok=True)
    (project.path / name).write_text(text, encoding="utf-8")
    assert files(project.affected()) == expected
    assert files(project.affected("--since", "HEAD")) == expected


def test_a_removed_fixture_concerns_its_users(project: Any) -> None:
    project.edit("a/conftest.py", "@pytest.fixture\ndef value", "def value")
    assert files(project.affected()) == IN_A


def test_a_fixture_of_a_parent_folder_reaches_below(project: Any) -> None:
    project.edit("a/conftest.py", "def value():\n    return 1", "def value():\n    return 2")
    assert project.affected() == {"a/test_a.py::test_value", "a/deep/test_deep.py"}
