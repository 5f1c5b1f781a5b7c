import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coverquery.errors import BadRevisionError, GitError
from coverquery.git.repo import Repo

if TYPE_CHECKING:
    from tests.conftest import GitRepo

Open = Callable[[Path], Repo]


def test_found_from_a_folder_below_and_from_a_file(any_repo: "GitRepo") -> None:
    any_repo.commit({"pkg/deep/a.py": "x\n"})
    for place in (".", "pkg/deep", "pkg/deep/a.py"):
        found = Repo.find(any_repo.path / place)
        assert found is not None
        assert found.root == any_repo.path.resolve()
        assert found.git_dir == any_repo.path / ".git"
        assert found.main_worktree() is None


def test_found_through_a_symlink(repo: "GitRepo", tmp_path: Path, opened: Open) -> None:
    (tmp_path / "alias").symlink_to(repo.path)
    assert opened(tmp_path / "alias").root == repo.path.resolve()


def test_found_in_a_folder_named_with_newlines(
    repo: "GitRepo", tmp_path: Path, opened: Open
) -> None:
    odd = repo.path.rename(tmp_path / os.fsdecode(b"new\nline\n\xff"))
    found = opened(odd)
    assert found.root == odd
    assert found.git_dir == odd / ".git"
    assert found.head() is None


def test_not_in_a_repository(tmp_path: Path) -> None:
    assert Repo.find(tmp_path) is None


def test_bare_is_refused(repo: "GitRepo", tmp_path: Path) -> None:
    repo.git("init", "-q", "--bare", str(tmp_path / "bare"))
    with pytest.raises(GitError, match="bare") as caught:
        Repo.find(tmp_path / "bare")
    assert caught.value.fix == "git worktree add ../worktree"


def test_inside_the_git_folder_is_refused(repo: "GitRepo") -> None:
    with pytest.raises(GitError, match="inside a git folder"):
        Repo.find(repo.path / ".git")


def test_without_git_only_a_repository_is_an_error(
    repo: "GitRepo", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    (tmp_path / "plain").mkdir()
    assert Repo.find(tmp_path / "plain") is None
    with pytest.raises(GitError, match="cannot be started") as caught:
        Repo.find(repo.path)
    assert caught.value.fix == "apt-get install git"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_repository_is_refused_with_the_command_that_allows_it(
    repo: "GitRepo",
) -> None:
    for place in (repo.path, repo.path / ".git"):
        os.chown(place, 65534, 65534)
    with pytest.raises(GitError, match="belongs to somebody else") as caught:
        Repo.find(repo.path)
    assert caught.value.fix == f"git config --global --add safe.directory '{repo.path}'"


def test_a_damaged_repository_is_an_error_not_no_repository(repo: "GitRepo") -> None:
    (repo.path / ".git/config").write_text("[core\n")
    with pytest.raises(GitError, match="rev-parse failed"):
        Repo.find(repo.path)


def test_a_linked_worktree_has_its_own_git_folder(
    repo: "GitRepo", tmp_path: Path, opened: Open
) -> None:
    commit = repo.commit({"a.py": "x\n"})
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    linked = opened(tmp_path / "linked")
    assert linked.root == tmp_path / "linked"
    assert linked.git_dir == repo.path / ".git/worktrees/linked"
    assert linked.common_dir == repo.path / ".git"
    assert linked.main_worktree() == repo.path
    assert linked.head() == commit


def test_variables_of_another_repository_are_not_followed(
    any_repo: "GitRepo", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Open
) -> None:
    commit = any_repo.commit({"a.py": "x\n"})
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    found = opened(any_repo.path)
    assert found.root == any_repo.path
    assert found.resolve("main") == commit


def test_revisions_resolve_to_full_ids(any_repo: "GitRepo", opened: Open) -> None:
    first = any_repo.commit({"a.py": "1\n"}, "first one")
    second = any_repo.commit({"a.py": "2\n"})
    any_repo.git("tag", "-a", "-m", "t", "v1", first)
    repo = opened(any_repo.path)
    for rev in ("HEAD~1", "v1", "main^", first, first[:9], ":/first one", "@~"):
        assert repo.resolve(rev) == first
    assert repo.resolve("main") == repo.head() == second


@pytest.mark.parametrize(
    "rev",
    ["", "nope", "--output=x", "-h", "--", "a\0b", "main\n", "^main", "main..main", "HEAD:a.py",
     "HEAD^{tree}", "f" * 40, "main --output=x", "\ud800", "--git-dir=/", "HEAD^@"],
)  # fmt: skip
def test_what_is_no_revision_is_an_error(any_repo: "GitRepo", opened: Open, rev: str) -> None:
    any_repo.commit({"a.py": "1\n"})
    before = sorted(any_repo.path.iterdir())
    with pytest.raises(BadRevisionError) as caught:
        opened(any_repo.path).resolve(rev)
    assert caught.value.fix
    assert sorted(any_repo.path.iterdir()) == before


def test_only_full_ids_reach_a_command(repo: "GitRepo", opened: Open) -> None:
    repo.commit({"a.py": "1\n"})
    for rev in ("main", "--output=x", "HEAD", "a" * 39):
        with pytest.raises(BadRevisionError):
            opened(repo.path).tree_id(rev)


def test_a_shallow_clone_says_what_to_fetch(repo: "GitRepo", tmp_path: Path, opened: Open) -> None:
    old = repo.commit({"a.py": "1\n"})
    repo.commit({"a.py": "2\n"})
    repo.git("clone", "-q", "--depth=1", f"file://{repo.path}", str(tmp_path / "shallow"))
    shallow = opened(tmp_path / "shallow")
    assert shallow.is_shallow()
    assert not opened(repo.path).is_shallow()
    for rev in (old, "HEAD~1"):
        with pytest.raises(BadRevisionError, match="shallow") as caught:
            shallow.resolve(rev)
        assert "git fetch --unshallow" in str(caught.value.fix)
    head = shallow.head()
    assert head is not None
    assert shallow.distance(old, head) is None
    assert shallow.missing((old, head)) == {old}


def test_unborn_head(any_repo: "GitRepo", opened: Open) -> None:
    repo = opened(any_repo.path)
    assert repo.head() is None
    with pytest.raises(BadRevisionError, match="no commits yet"):
        repo.resolve("HEAD")


def test_a_head_whose_commit_is_lost_is_an_error_not_unborn(repo: "GitRepo", opened: Open) -> None:
    commit = repo.commit({"a.py": "1\n"})
    (repo.path / ".git/objects" / commit[:2] / commit[2:]).unlink()
    with pytest.raises(GitError, match="cannot be read"):
        opened(repo.path).head()


def test_detached_head(any_repo: "GitRepo", opened: Open) -> None:
    commit = any_repo.commit({"a.py": "1\n"})
    any_repo.git("checkout", "-q", "--detach")
    assert opened(any_repo.path).head() == commit
    assert opened(any_repo.path).operation() is None


@pytest.mark.parametrize("operation", ["merge", "rebase", "cherry-pick"])
def test_operations_in_conflict(
    any_repo: "GitRepo",
    conflict: Callable[["GitRepo", str], None],
    operation: str,
    opened: Open,
) -> None:
    conflict(any_repo, operation)
    repo = opened(any_repo.path)
    assert repo.operation() == operation
    assert repo.unmerged() == {"a.py"}
    assert repo.head() is not None


def test_other_operations(repo: "GitRepo", opened: Open) -> None:
    first = repo.commit({"a.py": "1\n"})
    repo.commit({"a.py": "2\n"})
    repo.commit({"a.py": "3\n"})
    repo.git("bisect", "start", "HEAD", first)
    assert opened(repo.path).operation() == "bisect"
    repo.git("bisect", "reset")
    repo.git("revert", first, check=False)
    assert opened(repo.path).operation() == "revert"


def test_distance_counts_what_the_old_has_not(any_repo: "GitRepo", opened: Open) -> None:
    first = any_repo.commit({"a.py": "1\n"})
    any_repo.commit({"a.py": "2\n"})
    third = any_repo.commit({"a.py": "3\n"})
    repo = opened(any_repo.path)
    assert repo.distance(first, third) == 2
    assert repo.distance(third, first) == 0
    assert repo.distance("1" * 40, third) is None


def test_tree_id(any_repo: "GitRepo", opened: Open) -> None:
    commit = any_repo.commit({"a.py": "1\n"})
    expected = any_repo.git("rev-parse", "HEAD^{tree}").strip()
    assert opened(any_repo.path).tree_id(commit) == expected


def test_local_env_vars(repo: "GitRepo", opened: Open) -> None:
    assert {"GIT_DIR", "GIT_INDEX_FILE"} <= set(opened(repo.path).local_env_vars())


def test_submodules_by_path(
    with_submodule: "GitRepo", monkeypatch: pytest.MonkeyPatch, opened: Open
) -> None:
    monkeypatch.setenv("GIT_DIR", "/elsewhere/.git")
    monkeypatch.setenv("GIT_INDEX_FILE", "/elsewhere/index")
    assert opened(with_submodule.path).submodules() == {"lib": "lib"}


def test_git_python_is_not_imported_on_the_way(repo: "GitRepo") -> None:
    program = (
        "import sys, pathlib; from coverquery.git import diff, repo, trees\n"
        "found = repo.Repo.find(pathlib.Path()); trees.CommitTree(found, found.head()).paths()\n"
        "print([name for name in ('git', 'unidiff') if name in sys.modules])"
    )
    repo.commit({"a.py": "1\n"})
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=repo.path, check=True, capture_output=True,
        text=True, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.stdout == "[]\n"
