"""The whole path on a small project: record, edit, ask, run, ask again."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SMALL = {
    "calc.py": (
        "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n"
    ),
    "test_calc.py": (
        "from calc import add, sub\n\n\n"
        "def test_add():\n    assert add(1, 2) == 3\n\n\n"
        "def test_sub():\n    assert sub(3, 2) == 1\n"
    ),
    ".gitignore": "__pycache__/\n.pytest_cache/\n",
}  # fmt: skip
ADD, SUB = "test_calc.py::test_add", "test_calc.py::test_sub"


@pytest.fixture
def project(repo: Any, project_at: Any) -> Any:
    repo.commit(SMALL)
    return project_at(repo.path)


def run_folders(project: Any) -> list[Path]:
    return sorted(path.parent for path in project.path.glob(".coverquery/runs/*/*/run.json"))


def test_first_run_records_everything_and_then_nothing_is_affected(project: Any) -> None:
    document = project.json("run")
    assert document["counts"]["passed"] == 2
    assert document["exit"] == 0
    assert project.affected() == set()
    again = project.json("run")
    assert again["counts"]["selected"] == 0


def test_an_edit_selects_its_test_and_run_follows(project: Any) -> None:
    project.coverquery("run")
    project.edit("calc.py", "a + b", "b + a")
    assert project.affected() == {ADD}
    document = project.json("run")
    assert document["counts"]["passed"] == 1
    assert project.affected() == set()


@pytest.mark.parametrize(
    "edit",
    [("class K", "class K(Base)"), ("g(): ...\n    def f(): ...", "f(): ...\n    def g(): ...")],
    ids=["bases", "order"],
)
def test_a_class_is_named_when_its_bases_or_order_change(
    repo: Any, project_at: Any, edit: tuple[str, str]
) -> None:
    repo.commit({
        "shapes.py": "class Base: ...\nclass K:\n    def g(): ...\n    def f(): ...\n",
        "test_k.py": "import shapes\ndef test_k():\n    assert list(vars(shapes.K))\n",
    })  # fmt: skip
    project = project_at(repo.path)
    project.coverquery("run")
    project.edit("shapes.py", *edit)
    assert [one["symbol"] for one in project.json("affected")["changes"]] == ["K"]
    assert "(K)" in project.coverquery("why", "test_k.py::test_k")


def test_a_failing_test_stays_selected_and_names_the_changed_line(project: Any) -> None:
    project.coverquery("run")
    project.edit("calc.py", "a + b", "a * b")
    document = project.json("run", status=1)
    assert document["failures"][0]["test"] == ADD
    assert document["failures"][0]["hits_changed"] == ["calc.py:2"]
    assert project.affected() == {ADD}
    project.edit("calc.py", "a * b", "a + b")
    assert project.affected() == set()


def test_a_branch_visited_before_is_not_run_a_third_time(project: Any) -> None:
    project.coverquery("run")
    project.git("checkout", "-q", "-b", "other")
    project.edit("calc.py", "a + b", "b + a")
    project.git("commit", "-qam", "other")
    assert project.json("run")["counts"]["passed"] == 1
    project.git("checkout", "-q", "main")
    assert project.affected() == set()
    project.git("checkout", "-q", "other")
    assert project.affected() == set()


def test_since_sees_what_was_committed_and_already_run(project: Any) -> None:
    project.coverquery("run")
    project.edit("calc.py", "a - b", "-b + a")
    project.git("commit", "-qam", "two")
    project.coverquery("run")
    assert project.affected() == set()
    assert project.affected("--since", "HEAD~1") == {SUB}
    assert project.affected("--since", "HEAD~1", "--to", "HEAD") == {SUB}
    assert project.affected("--since", "HEAD") == set()


def test_staged_looks_at_the_staged_content_only(project: Any) -> None:
    project.coverquery("run")
    project.edit("calc.py", "a - b", "-b + a")
    project.git("add", "calc.py")
    project.edit("calc.py", "a + b", "b + a")
    assert project.affected("--staged") == {SUB}
    assert project.affected() == {ADD, SUB} or project.affected() == {"test_calc.py"}


def test_an_untracked_test_file_is_new(project: Any) -> None:
    project.coverquery("run")
    (project.path / "test_new.py").write_text("def test_n(): pass\n")
    assert project.affected() == {"test_new.py"}
    assert project.json("run")["counts"]["passed"] == 1
    assert project.affected() == set()


def test_single_tests_can_be_run_and_the_rest_stays_unknown(project: Any) -> None:
    document = project.json("run", ADD)
    assert document["counts"]["passed"] == 1
    chosen = project.affected()
    assert any(SUB in one or one in ("", "test_calc.py") for one in chosen)


def test_pytest_arguments_are_passed_on(project: Any) -> None:
    document = project.json("run", "--all", "--", "-k", "add")
    assert document["counts"]["passed"] == 1
    assert project.affected() == {SUB}


def test_another_meaning_of_pytest_is_another_environment(project: Any) -> None:
    project.coverquery("run", "--", "-W", "ignore")
    assert project.affected() == {"test_calc.py"}
    project.coverquery("run")
    assert project.affected() == set()


def test_the_run_folder_holds_the_log_and_standard_files(project: Any) -> None:
    project.coverquery("run")
    (folder,) = run_folders(project)
    head = project.git("rev-parse", "HEAD").strip()
    assert folder.parent.name == head
    state = json.loads((folder / "run.json").read_text())
    assert state["state"] == "integrated"
    names = {path.name for path in folder.iterdir()}
    assert {"run.json", ".coverage", "junit.xml", "journal-main.jsonl"} <= names
    with sqlite3.connect(folder / ".coverage") as data:
        contexts = {row[0] for row in data.execute("SELECT context FROM context")}
    assert f"{ADD}|run" in contexts
    assert (project.path / ".coverquery/.gitignore").read_text() == "*\n"
    assert project.git("status", "--porcelain") == ""


def test_an_index_that_is_deleted_is_made_again_from_the_runs(project: Any) -> None:
    project.coverquery("run")
    for path in (project.path / ".coverquery").glob("index.db*"):
        path.unlink()
    project.edit("calc.py", "a + b", "b + a")
    assert project.affected() == {ADD}


@pytest.mark.parametrize("damage", [b"", b"garbage" * 1000, None], ids=["empty", "garbage", "cut"])
def test_a_damaged_index_is_moved_aside_and_rebuilt(project: Any, damage: bytes | None) -> None:
    project.coverquery("run")
    index = project.path / ".coverquery/index.db"
    content = index.read_bytes()
    for path in index.parent.glob("index.db-*"):
        path.unlink()
    index.write_bytes(content[: len(content) // 2] if damage is None else damage)
    project.edit("calc.py", "a + b", "b + a")
    assert project.affected() == {ADD}


def test_a_run_killed_in_the_middle_keeps_its_finished_tests(project: Any) -> None:
    project.edit("test_calc.py", "assert sub(3, 2) == 1", "import os; os._exit(1)")
    project.coverquery("run", status=None)
    assert project.affected() == {SUB}


def test_xdist_records_the_same(project: Any) -> None:
    project.coverquery("run", "--", "-n", "2")
    assert project.affected() == set()
    project.edit("calc.py", "a + b", "b + a")
    assert project.affected() == {ADD}
    assert project.json("run", "--", "-n", "2")["counts"]["passed"] == 1


def test_a_source_edited_while_its_tests_run_leaves_them_unknown(project: Any) -> None:
    (project.path / "conftest.py").write_text(
        "import pathlib\npathlib.Path('calc.py').open('a').write('# more\\n')\n"
    )
    project.coverquery("run")
    assert project.affected() == {"test_calc.py"}
    assert "edited while the tests ran" in project.coverquery("why", ADD)


def test_why_names_the_reason_or_the_record_that_holds(project: Any) -> None:
    project.coverquery("run")
    assert project.json("why", ADD)["selected"] is False
    project.edit("calc.py", "a + b", "b + a")
    document = project.json("why", ADD)
    assert document["selected"] is True
    assert document["reasons"][0]["file"] == "calc.py"
    assert document["reasons"][0]["lines"] == "2"
    assert document["reasons"][0]["symbol"] == "add"


def test_covers_names_the_tests_of_a_line_and_of_a_symbol(project: Any) -> None:
    project.coverquery("run")
    for target in ("calc.py:2", "calc.py::add"):
        document = project.json("covers", target)
        assert [one["test"] for one in document["tests"]] == [ADD]


def test_covers_follows_edits_above(project: Any) -> None:
    project.coverquery("run")
    project.edit("calc.py", "def add", "# one\n# two\ndef add")
    assert [one["test"] for one in project.json("covers", "calc.py:4")["tests"]] == [ADD]


def test_status_and_runs(project: Any) -> None:
    assert project.json("status")["index"]["state"] == "missing"
    project.coverquery("run")
    document = project.json("status")
    assert document["index"]["state"] == "fresh"
    assert document["index"]["tests"] == 2
    assert len(project.json("runs")["runs"]) == 1


def test_a_symlink_is_compared_by_itself(project: Any) -> None:
    (project.path / "README.rst").write_text("read me\n")
    (project.path / "README").symlink_to("README.rst")
    project.coverquery("run")
    assert project.json("affected")["changes"] == []
    assert project.json("status")["dirty"] == 0
    (project.path / "README.rst").write_text("read me!\n")
    assert project.json("status")["dirty"] == 1


ABLE = """
import os
import subprocess
import sys
from pathlib import Path


def test_asks():
    assert os.access("tool.py", os.X_OK)


def test_looks():
    assert Path("tool.py").stat().st_mode & 0o100


def test_starts(monkeypatch):
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    assert subprocess.run(["./tool.py"]).returncode == 0


def test_reads():
    assert "print" in Path("tool.py").read_text()
"""


def test_a_file_that_may_not_be_executed_any_more(project: Any) -> None:
    tool = project.path / "tool.py"
    tool.write_text("#!/usr/bin/env python\nprint(1)\n")
    tool.chmod(0o755)
    (project.path / "test_able.py").write_text(ABLE)
    project.git("add", "-A")
    project.git("commit", "-qm", "able")
    project.coverquery("run")
    assert project.affected() == project.affected("--since", "HEAD") == set()
    tool.chmod(0o644)
    able = {f"test_able.py::test_{name}" for name in ("asks", "looks", "starts")}
    assert project.affected() == project.affected("--since", "HEAD") == able
    project.git("commit", "-qam", "no longer")
    assert project.affected("--since", "HEAD~1", "--to", "HEAD") == able


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_tool_and_the_project_may_use_different_pythons(
    repo: Any, project_at: Any, python_of: Any, version: str
) -> None:
    repo.commit(SMALL)
    project = project_at(repo.path, python_of(version))
    assert project.json("run")["counts"]["passed"] == 2
    project.edit("calc.py", "a + b", "b + a")
    assert project.affected() == {ADD}
    assert project.json("run")["counts"]["passed"] == 1
    document = project.json("status")
    assert document["index"]["python"] == version


def test_the_projects_own_environment_is_found(repo: Any, project_at: Any, python_of: Any) -> None:
    python = python_of("3.12")
    (repo.path / ".venv").symlink_to(python.parents[1])
    repo.commit({**SMALL, ".gitignore": ".venv\n__pycache__/\n.pytest_cache/\n"})
    project = project_at(repo.path, None)
    project.coverquery("run")
    assert project.json("status")["index"]["python"] == "3.12"


def test_without_git_contents_decide(tmp_path: Path, project_at: Any) -> None:
    folder = tmp_path / "plain folder"
    for name, text in SMALL.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    project = project_at(folder)
    project.coverquery("run")
    project.edit("calc.py", "a + b", "b + a")
    assert project.affected() == {ADD}
    project.coverquery("affected", "--since", "HEAD", status=11)


def test_a_linked_worktree_has_its_own_records(
    project: Any, project_at: Any, tmp_path: Path
) -> None:
    project.coverquery("run")
    project.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = project_at(tmp_path / "linked")
    assert linked.json("run")["counts"]["passed"] == 2
    assert linked.affected() == set()


def test_a_project_in_a_folder_of_its_repository(repo: Any, project_at: Any) -> None:
    repo.commit({f"apps/one/{name}": text for name, text in SMALL.items()})
    repo.commit({"apps/one/coverquery.toml": "", "shared.txt": "x"})
    project = project_at(repo.path / "apps" / "one")
    project.coverquery("run")
    project.edit("calc.py", "a + b", "b + a")
    assert len(project.json("affected")["tests"]) == 1
    assert project.json("run")["counts"]["passed"] == 1
    assert project.json("affected")["tests"] == []


def test_paths_are_read_from_where_the_user_stands(repo: Any, project_at: Any) -> None:
    repo.commit({f"tests/{name}": text for name, text in SMALL.items()})
    project = project_at(repo.path)
    project.coverquery("run")
    inside = type(project)(repo.path / "tests", project.python)
    assert inside.json("covers", "calc.py:2")["at"] == "tests/calc.py:2"
    assert project.json("covers", "tests/calc.py:2")["at"] == "tests/calc.py:2"
    for asked in (ADD, f"tests/{ADD}"):
        assert inside.json("why", asked)["test"] == f"tests/{ADD}"
        assert inside.json("run", asked)["counts"]["passed"] == 1


@pytest.mark.parametrize(
    ("settings", "chosen"),
    [
        ("always_run = ['test_calc.py::test_sub']", {SUB}),
        ("always_run = ['test_*.py']", {"test_calc.py"}),
        ("run_all_on = ['*.sql']", {"test_calc.py"}),
        ("ignore = ['*.sql']", set()),
    ],
)
def test_settings_that_widen(project: Any, settings: str, chosen: set[str]) -> None:
    (project.path / "coverquery.toml").write_text(settings)
    project.coverquery("run")
    (project.path / "schema.sql").write_text("create table t;")
    assert project.affected() == chosen
    unexplained = project.json("affected")["unexplained"]
    assert (unexplained == ["schema.sql"]) == ("always" in settings)


def test_a_file_without_tests_gets_some(project: Any) -> None:
    project.write_and_commit({
        "switch.py": "def on():\n    return False\n\n\nNAMES = []\n",
        "test_opt.py": (
            "import pytest\nimport switch\n\nif not switch.on():\n"
            "    pytest.skip('off', allow_module_level=True)\n\n\ndef test_opt():\n    assert 0\n"
        ),
        "test_loop.py": (
            "import switch\n\nfor name in switch.NAMES:\n"
            "    globals()[f'test_{name}'] = lambda: None\n"
        ),
    })  # fmt: skip
    assert project.json("run")["counts"]["total"] == 2
    assert project.affected() == set()
    project.edit("switch.py", "return False", "return True")
    assert project.affected() == {"test_opt.py"}
    assert project.json("run", status=1)["counts"]["failed"] == 1
    assert project.affected() == {"test_opt.py"}
    project.edit("switch.py", "NAMES = []", "NAMES = ['a']")
    assert "test_loop.py" in project.affected()


def test_what_the_project_leaves_out_is_not_new(project: Any) -> None:
    project.write_and_commit({
        "conftest.py": "collect_ignore = ['test_left_out.py']\n",
        "test_left_out.py": "def test_bad():\n    assert 0\n",
        "docs/test.txt": ">>> 1\n1\n",
        "requirements/test.txt": "pytest\n",
        "pytest.ini": "[pytest]\naddopts = --doctest-glob='docs/*.txt'\n",
    })  # fmt: skip
    project.coverquery("run")
    assert project.affected() == set()
    (project.path / "test_new.py").write_text("def test_n(): pass\n")
    assert project.json("run")["counts"]["failed"] == 0
    assert project.affected() == set()
    (project.path / "conftest.py").write_text("")
    assert "test_left_out.py" in project.affected()
    project.coverquery("run", status=1)


def test_run_all_on_is_remembered_by_content(project: Any) -> None:
    (project.path / "coverquery.toml").write_text("run_all_on = ['*.sql']")
    (project.path / "schema.sql").write_text("one")
    project.coverquery("run")
    (project.path / "schema.sql").write_text("two")
    project.coverquery("run", ADD)
    assert project.affected() == {SUB}
    (project.path / "schema.sql").write_text("one")
    assert project.affected() == set()


def test_a_file_in_conflict_selects_its_tests(project: Any) -> None:
    project.coverquery("run")
    project.git("checkout", "-q", "-b", "other")
    project.edit("calc.py", "a + b", "b + a")
    project.git("commit", "-qam", "other")
    project.git("checkout", "-q", "main")
    project.edit("calc.py", "a + b", "a + b + 0")
    project.git("commit", "-qam", "main")
    with pytest.raises(subprocess.CalledProcessError):
        project.git("merge", "other")
    document = project.json("affected")
    assert document["counts"]["selected"] == 2
    assert not document["complete"]
    assert "a merge is going on" in project.coverquery("status")


def test_an_unborn_branch(repo: Any, project_at: Any) -> None:
    repo.write(SMALL)
    project = project_at(repo.path)
    assert project.json("run")["counts"]["passed"] == 2
    assert project.affected() == set()
    project.coverquery("affected", "--since", "HEAD", status=11)
    project.edit("calc.py", "a + b", "b + a")
    assert project.affected() == {ADD}


def test_git_variables_of_a_hook_do_not_reach_the_tests(project: Any, tmp_path: Path) -> None:
    (project.path / "test_git.py").write_text(
        "import os\n\ndef test_git():\n    assert 'GIT_DIR' not in os.environ\n"
        "    assert 'GIT_INDEX_FILE' not in os.environ\n"
    )
    git_dir = str(project.path / ".git")
    index = str(tmp_path / "index")
    shutil.copy(project.path / ".git/index", index)
    os.environ["GIT_DIR"], os.environ["GIT_INDEX_FILE"] = git_dir, index
    try:
        project.coverquery("run")
    finally:
        del os.environ["GIT_DIR"], os.environ["GIT_INDEX_FILE"]


def test_affected_imports_nothing_heavy(project: Any) -> None:
    project.coverquery("run")
    project.edit("calc.py", "a + b", "b + a")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "coverquery", "affected"],
        cwd=project.path, check=True, capture_output=True, text=True, env=project.environ,
    )  # fmt: skip
    assert "test_add" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    heavy = {"pytest", "_pytest", "coverage", "git", "unidiff", "watchfiles", "hypothesis"}
    assert not loaded & heavy
