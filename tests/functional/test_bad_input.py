"""What a user can get wrong: a clear error with the mending command, or a wider selection."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from coverquery.errors import StorageError
from coverquery.workspace import RunRequest, Workspace

SMALL = {
    "calc.py": "def add(a, b):\n    return a + b\n",
    "test_calc.py": "from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
    ".gitignore": "__pycache__/\n.pytest_cache/\n",
}


@pytest.fixture
def project(repo: Any, project_at: Any) -> Any:
    repo.commit(SMALL)
    return project_at(repo.path)


def error_of(project: Any, *args: str, status: int) -> dict[str, str]:
    document = project.json(*args, status=status)
    assert document["ok"] is False
    found: dict[str, str] = document["error"]
    assert found["text"]
    return found


def test_no_tests_at_all(repo: Any, project_at: Any) -> None:
    repo.commit({"calc.py": "x = 1\n"})
    project = project_at(repo.path)
    shown = project.coverquery("run")
    assert shown.strip()
    assert project.affected() == {""} or project.affected() == set()


def test_pytest_is_missing(repo: Any, project_at: Any, bare_python: Path) -> None:
    repo.commit(SMALL)
    project = project_at(repo.path, bare_python)
    found = error_of(project, "run", status=13)
    assert "pytest" in found["text"]
    assert str(bare_python) in found["text"] + found["fix"]


def test_an_option_pytest_does_not_know(project: Any) -> None:
    document = project.json("run", "--", "--nonsense", status=4)
    assert "unrecognized arguments: --nonsense" in json.dumps(document["notes"])
    assert project.json("affected")["counts"]["new"] or project.affected()


def test_the_configured_python_does_not_exist(project: Any) -> None:
    (project.path / "coverquery.toml").write_text('python = "/no/such/python"\n')
    project = type(project)(project.path, None)
    assert "/no/such/python" in error_of(project, "run", status=13)["text"]


def test_a_broken_conftest(project: Any) -> None:
    (project.path / "conftest.py").write_text("raise RuntimeError('broken')\n")
    document = project.json("run", status=4)
    assert document["ok"] is False
    assert "RuntimeError: broken" in json.dumps(document)
    (project.path / "conftest.py").unlink()
    assert project.json("run")["counts"]["passed"] == 1


def test_a_conftest_that_breaks_later_is_not_forgotten(project: Any) -> None:
    project.coverquery("run")
    (project.path / "conftest.py").write_text("raise RuntimeError('broken')\n")
    assert project.affected() == {"test_calc.py"}
    project.coverquery("run", status=4)
    assert project.affected() == {"test_calc.py"}


def test_a_syntax_error_in_a_source_file(project: Any) -> None:
    project.coverquery("run")
    project.edit("calc.py", "def add(a, b):", "def add(a, b:")
    document = project.json("affected")
    assert document["counts"]["selected"] == 1
    assert "calc.py" in json.dumps(document["gaps"])
    assert "line 1" in json.dumps(document["gaps"])
    project.coverquery("run", status=2)
    assert project.affected() == {"test_calc.py"}


def test_a_syntax_error_in_a_test_file_on_the_first_run(project: Any) -> None:
    project.edit("test_calc.py", "def test_add():", "def test_add(:")
    project.coverquery("run", status=2)
    assert project.affected() == {"test_calc.py"} or project.affected() == {""}


@pytest.mark.parametrize("revision", ["nonsense", "--output=x", "", "HEAD~99", "HEAD:calc.py"])
def test_a_bad_revision(project: Any, revision: str) -> None:
    project.coverquery("run")
    found = error_of(project, "affected", f"--since={revision}", status=11)
    assert found["fix"]
    assert not (project.path / "x").exists()


def test_a_shallow_clone_says_what_to_fetch(project: Any, project_at: Any, tmp_path: Path) -> None:
    project.git("commit", "-q", "--allow-empty", "-m", "two")
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{project.path}", tmp_path / "shallow"],
        check=True,
    )
    shallow = project_at(tmp_path / "shallow")
    shallow.coverquery("run")
    found = error_of(shallow, "affected", "--since", "HEAD~1", status=11)
    assert "fetch" in found["fix"]


def test_an_unknown_configuration_key(project: Any) -> None:
    (project.path / "coverquery.toml").write_text("alway_run = []\n")
    assert "always_run" in json.dumps(error_of(project, "affected", status=12))


def test_broken_toml(project: Any) -> None:
    (project.path / "pyproject.toml").write_text("[tool.coverquery\n")
    assert "pyproject.toml" in error_of(project, "affected", status=12)["text"]


def test_no_index_selects_everything_and_says_so(project: Any) -> None:
    document = project.json("affected")
    assert document["index"]["state"] == "missing"
    assert "no records" in project.coverquery("affected")
    assert document["counts"]["selected"] or document["tests"]


def test_a_read_only_folder(tmp_path: Path, unprivileged: Callable[[], None]) -> None:
    folder = tmp_path / "plain"  # outside git, which refuses other people's repositories
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    import_module("coverquery.workspace.running")  # the interpreter may be closed to others
    assert Workspace.open(folder).affected().known.state == "missing"
    folder.chmod(0o555)
    unprivileged()
    with pytest.raises(StorageError) as caught:
        Workspace.open(folder).run(RunRequest())
    assert str(folder) in caught.value.text
    assert caught.value.fix
    assert Workspace.open(folder).affected().known.state == "missing"


def test_home_is_a_link(project: Any, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project.path / ".coverquery").symlink_to(tmp_path / "elsewhere")
    error_of(project, "run", status=4)


def test_a_bare_repository(project: Any, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "bare"], check=True)
    bare = type(project)(tmp_path / "bare", project.python)
    error_of(bare, "affected", status=11)


@pytest.mark.parametrize(
    "name",
    ["with space", "with\nnewline", "quote'\"s", "-rf", "uml\u00e4ut", b"latin-\xe9"],
    ids=["space", "newline", "quotes", "dash", "unicode", "latin-1"],
)
def test_odd_names_of_folders_and_files(project_at: Any, tmp_path: Path, name: str | bytes) -> None:
    text = os.fsdecode(name)
    folder = tmp_path / text
    (folder / text).mkdir(parents=True)
    for file, content in SMALL.items():
        (folder / file).write_text(content)
    (folder / text / "test_inner.py").write_text("def test_inner():\n    assert True\n")
    if isinstance(name, bytes):  # pytest's own cache and junit.xml cannot hold such names
        (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    project = project_at(folder)
    project.git("init", "-q")
    project.git("add", "-A")
    project.git("commit", "-qm", "odd")
    project.coverquery("run")
    assert project.affected() == set()
    (folder / text / "test_inner.py").write_text("def test_inner():\n    assert 1\n")
    document = project.json("affected")
    assert document["counts"]["selected"] == 1
    assert project.json("run")["counts"]["passed"] == 1
    assert project.affected() == set()


@pytest.mark.parametrize(
    "args",
    [
        ("run", "--all", "--since", "HEAD"),
        ("affected", "--staged", "--to", "HEAD"),
        ("affected", "--nonsense"),
        ("nonsense",),
        ("covers", "nofile.py:1"),
        ("covers", "calc.py:9999"),
        ("covers", "calc.py::nothing"),
        ("why", "test_calc.py::test_none"),
    ],
)
def test_words_that_do_not_fit(project: Any, args: tuple[str, ...]) -> None:
    project.coverquery("run")
    done = subprocess.run(
        [sys.executable, "-m", "coverquery", *args], cwd=project.path, check=False,
        capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_two_runs_at_once(project: Any) -> None:
    (project.path / "test_slow.py").write_text(
        "import subprocess, sys\n\ndef test_inner():\n"
        "    done = subprocess.run([sys.executable, '-m', 'coverquery', 'run'],"
        " capture_output=True, text=True)\n"
        "    assert done.returncode == 4, done.stdout + done.stderr\n"
        "    assert 'another coverquery' in done.stderr\n"
    )
    project.coverquery("run")
