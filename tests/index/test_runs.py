"""Run folders, the home they live in, and its lock."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coverquery.errors import StorageError
from coverquery.index.history import latest_run, runs
from coverquery.index.home import find_home, locked, make_home
from coverquery.index.runs import RunFolder, RunPlan, prune, run_folders
from coverquery.model import Environment

ROOT = Path(__file__).parents[2]
PLAN = RunPlan("c0ffee", None, ("pytest", "-x"), 1_700_000_000.0)


def test_a_run_folder_is_private_and_keyed_by_commit_and_tree(project: Any) -> None:
    folder = RunFolder.create(project.home, RunPlan("c0ffee", "beef", (), 1_700_000_000.0))
    assert folder.path.parent == project.home / "runs" / "c0ffee+beef"
    assert folder.path.name.startswith("20231114T221320-")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    no_git = RunFolder.create(project.home, RunPlan(None, None, (), 0.0))
    assert no_git.path.parent.name == "no-git"


def test_two_runs_of_one_second_are_two(project: Any) -> None:
    made = {RunFolder.create(project.home, PLAN).info.uid for _ in range(5)}
    assert len(made) == 5


@pytest.mark.parametrize("commit", ["../../etc", "HEAD", "", "c0ffee\n"])
def test_only_hashes_become_part_of_a_path(project: Any, commit: str) -> None:
    if commit:
        with pytest.raises(ValueError, match="not a hash"):
            RunFolder.create(project.home, RunPlan(commit, None, (), 0.0))
    else:
        assert RunFolder.create(project.home, RunPlan(commit, None, (), 0.0)).path.exists()


def test_what_is_said_of_a_run_comes_back(project: Any) -> None:
    environment = Environment("cpython 3.12", "/p", "/", "linux", ("a",), ("/s",), ("-W", "error"))
    folder = RunFolder.create(project.home, PLAN)
    done = folder.updated(
        state="complete", ended=1_700_000_009.5, exit_status=1, environment=environment
    )
    assert run_folders(project.home) == [done]
    assert RunFolder.open(folder.path).info == done.info
    assert done.info.command == ("pytest", "-x")
    assert done.info.environment == environment


@pytest.mark.parametrize("content", [None, "", "[]", '{"state": "happy"}', "[" * 10_000, "\udce9"])
def test_a_broken_run_json_is_a_run_cut_off(project: Any, content: str | None) -> None:
    path = RunFolder.create(project.home, RunPlan("c0ffee", "beef", (), 1.0)).path / "run.json"
    if content is None:
        path.unlink()
    else:
        path.write_text(content, errors="surrogateescape")
    (folder,) = run_folders(project.home)
    assert (folder.info.state, folder.info.commit, folder.info.tree) == (
        "partial",
        "c0ffee",
        "beef",
    )


def test_only_integrated_runs_are_pruned_the_oldest_first(project: Any) -> None:
    made = [
        RunFolder.create(project.home, RunPlan(f"c0ff{n:02d}", None, (), float(n)))
        for n in range(5)
    ]
    for folder in made[1:]:
        folder.updated(state="integrated")
    assert prune(project.home, 2) == (made[1].info.uid, made[2].info.uid)
    assert [run.path for run in run_folders(project.home)] == [made[n].path for n in (0, 3, 4)]
    assert not made[1].path.parent.exists()
    assert prune(project.home, 2) == ()


def test_links_among_the_run_folders_are_not_followed(project: Any, tmp_path: Path) -> None:
    RunFolder.create(project.home, PLAN)
    (tmp_path / "elsewhere").mkdir()
    (project.home / "runs" / "c0ffee" / "link").symlink_to(tmp_path / "elsewhere")
    (project.home / "runs" / "link").symlink_to(tmp_path)
    assert len(run_folders(project.home)) == 1


def test_recorded_runs_are_listed_with_their_outcomes(project: Any) -> None:
    for outcomes in (("passed", "failed"), ("passed", "passed")):
        run = project.run(args=("-x",))
        journal = project.journal(run)
        for number, outcome in enumerate(outcomes):
            journal.test(f"t.py::test_{number}", outcome=outcome)
        if outcomes[1] == "failed":
            journal.end(1)
            run = run.updated(state="complete", ended=5.0, exit_status=1)
        project.integrate(run)
    with project.index(readonly=True) as index:
        newest, oldest = runs(index, 10)
        assert latest_run(index) == newest
    assert (newest.state, newest.outcomes) == ("partial", {"passed": 2})
    assert (oldest.state, oldest.outcomes) == ("integrated", {"failed": 1, "passed": 1})
    assert (oldest.exit_status, oldest.ended, oldest.command) == (1, 5.0, ("pytest",))
    assert oldest.environment is not None


def test_home_is_private_and_ignored_by_git(tmp_path: Path) -> None:
    assert find_home(tmp_path) is None
    home = make_home(tmp_path)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert (home / ".gitignore").read_text() == "*\n"
    assert make_home(tmp_path) == home == find_home(tmp_path)


@pytest.mark.parametrize("target", ["real", "nowhere", None])
def test_a_home_that_is_a_link_or_a_file_is_refused(tmp_path: Path, target: str | None) -> None:
    (tmp_path / "real").mkdir()
    home = tmp_path / ".coverquery"
    if target:
        home.symlink_to(tmp_path / target)
    else:
        home.write_text("")
    for ask in (make_home, find_home):
        with pytest.raises(StorageError, match="not a folder of its own"):
            ask(tmp_path)
    assert list((tmp_path / "real").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
def test_somebody_elses_home_is_refused(tmp_path: Path) -> None:
    os.chown(make_home(tmp_path), 65534, 65534)
    with pytest.raises(StorageError, match="another user"):
        make_home(tmp_path)


def test_a_read_only_project_is_a_clear_error(
    tmp_path: Path, unprivileged: Callable[[], None]
) -> None:
    tmp_path.chmod(0o555)
    unprivileged()
    with pytest.raises(StorageError) as caught:
        make_home(tmp_path)
    assert caught.value.fix


def test_the_lock_is_exclusive_and_freed(project: Any) -> None:
    with locked(project.home):
        inode = (project.home / "lock").stat().st_ino
        with pytest.raises(StorageError, match="another coverquery"), locked(project.home):
            pytest.fail("got a lock that is held")
    with locked(project.home):
        assert (project.home / "lock").stat().st_ino == inode


def test_the_lock_dies_with_its_holder(project: Any) -> None:
    program = """
import os, sys
from pathlib import Path
from coverquery.index.home import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", program, project.home], env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(StorageError), locked(project.home, wait=0.1):
        pytest.fail("got a lock that is held")
    holder.kill()
    holder.communicate()
    with locked(project.home, wait=10):
        pass
