"""Diffs in every state of a repository."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coverquery.errors import BadRevisionError, GitError
from coverquery.git.content import blob_oid
from coverquery.git.diff import changes
from coverquery.git.repo import Repo
from coverquery.git.trees import StagedTree, WorkTree
from coverquery.lines import Hunk
from coverquery.model import Change, Oid, RepoPath

if TYPE_CHECKING:
    from tests.conftest import GitRepo

Open = Callable[[Path], Repo]

ONE = (Hunk(1, 1, 1, 1),)
TWO = (Hunk(2, 1, 2, 1),)


def test_the_configuration_s_programs_never_run(
    repo: "GitRepo", trap: Callable[["GitRepo"], Path], opened: Open
) -> None:
    base = repo.commit({"a.py": "a\nb\n", "b.py": "b\n"})
    target = repo.commit({"a.py": "a\nc\n"})
    mark = trap(repo)
    repo.write({"a.py": "a\nd\n", "new.py": ""})
    os.utime(repo.path / "b.py")
    found = opened(repo.path)
    assert [c.hunks for c in changes(found, base, target)] == [(Hunk(2, 1, 2, 1),)]
    assert [c.path for c in changes(found, base, None, staged=True)] == ["a.py"]
    (change,) = changes(found, base, None)
    assert (change.path, change.hunks) == ("a.py", (Hunk(2, 1, 2, 1),))
    assert change.new == blob_oid(b"a\nd\n")
    tree = WorkTree(found.root, found)
    assert tree.paths() == {"a.py", "b.py", "new.py"}
    assert StagedTree(found).read(RepoPath("a.py")) == b"a\nc\n"
    assert (found.head(), found.operation(), found.unmerged()) == (target, None, set())
    assert found.distance(base, target) == 1
    assert not mark.exists()
    repo.git("status", check=False)
    assert mark.exists(), "the trap itself must work"


def test_reading_writes_nothing_to_the_repository(repo: "GitRepo", opened: Open) -> None:
    commit = repo.commit({"a.py": "a\n", "b.py": "b\n"})
    os.utime(repo.path / "a.py", (1, 1))
    repo.write({"b.py": "c\n"})

    def looks() -> dict[str, str]:
        files = sorted(p for p in (repo.path / ".git").rglob("*") if p.is_file())
        return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    before = looks()
    found = opened(repo.path)
    assert [change.path for change in changes(found, commit, None)] == ["b.py"]
    assert WorkTree(found.root, found).paths() == {"a.py", "b.py"}
    assert looks() == before


def test_a_touched_file_is_no_change_even_beside_one_of_equal_content(
    repo: "GitRepo", opened: Open
) -> None:
    commit = repo.commit({"a.py": "same\n", "b.py": "same\n", "c.py": "same\n"})
    for name in ("a.py", "b.py", "c.py"):
        os.utime(repo.path / name, (1, 1))
    repo.write({"b.py": "edited\n"})
    assert [change.path for change in changes(opened(repo.path), commit, None)] == ["b.py"]


def test_modes(any_repo: "GitRepo", opened: Open) -> None:
    base = any_repo.commit({"a.py": "a\n", "b.py": "b\n"})
    (any_repo.path / "a.py").chmod(0o755)
    (any_repo.path / "b.py").chmod(0o755)
    any_repo.write({"b.py": "c\n"})
    same = blob_oid(b"a\n")
    expected = (
        Change(RepoPath("a.py"), same, same),
        Change(RepoPath("b.py"), blob_oid(b"b\n"), blob_oid(b"c\n"), hunks=ONE),
    )
    repo = opened(any_repo.path)
    assert changes(repo, base, None) == expected
    assert changes(repo, base, any_repo.commit()) == expected


def test_a_file_becomes_a_symlink_and_back(any_repo: "GitRepo", opened: Open) -> None:
    base = any_repo.commit({"a.py": "1\n2\n", "empty.py": ""})
    for name in ("a.py", "empty.py"):
        (any_repo.path / name).unlink()
        (any_repo.path / name).symlink_to("there")
    repo = opened(any_repo.path)
    there = blob_oid(b"there")
    expected = (
        Change(RepoPath("a.py"), blob_oid(b"1\n2\n"), there, "symlink", (Hunk(1, 2, 1, 1),)),
        Change(RepoPath("empty.py"), blob_oid(b""), there, "symlink", (Hunk(0, 0, 1, 1),)),
    )
    assert changes(repo, base, None) == expected
    target = any_repo.commit()
    assert changes(repo, base, target) == expected
    back = changes(repo, target, base)[0]
    assert (back.kind, back.hunks) == ("file", (Hunk(1, 1, 1, 2),))


def test_a_file_becomes_a_folder(any_repo: "GitRepo", opened: Open) -> None:
    base = any_repo.commit({"pkg": "1\n", "x": "a\n"})
    (any_repo.path / "pkg").unlink()
    target = any_repo.commit({"pkg/__init__.py": "1\n"})
    found = changes(opened(any_repo.path), base, target)
    assert [(c.path, c.old is None, c.new is None) for c in found] == [
        ("pkg", False, True),
        ("pkg/__init__.py", True, False),
    ]


@pytest.mark.parametrize("operation", ["merge", "rebase", "cherry-pick"])
def test_files_in_conflict_are_unmerged(
    any_repo: "GitRepo",
    conflict: Callable[["GitRepo", str], None],
    opened: Open,
    operation: str,
) -> None:
    conflict(any_repo, operation)
    repo = opened(any_repo.path)
    base = repo.resolve("main")
    (on_disk,) = changes(repo, base, None)
    assert (on_disk.path, on_disk.kind) == ("a.py", "unmerged")
    assert on_disk.new == blob_oid((any_repo.path / "a.py").read_bytes())
    (staged,) = changes(repo, base, None, staged=True)
    assert (staged.path, staged.kind, staged.new) == ("a.py", "unmerged", None)


def test_submodules_are_one_gitlink(with_submodule: "GitRepo", opened: Open) -> None:
    base = with_submodule.git("rev-parse", "HEAD").strip()
    lib = type(with_submodule)(with_submodule.path / "lib")
    old = lib.git("rev-parse", "HEAD").strip()
    repo = opened(with_submodule.path)
    assert changes(repo, base, None) == ()
    lib.write({"code.py": "dirty\n"})
    (dirty,) = changes(repo, base, None)
    assert (dirty.path, dirty.kind, dirty.old, dirty.new) == ("lib", "gitlink", old, old)
    new = lib.commit()
    moved = (Change(RepoPath("lib"), Oid(old), Oid(new), "gitlink"),)
    assert changes(repo, base, None) == moved
    with_submodule.git("config", "diff.submodule", "log")
    with_submodule.git("config", "diff.ignoreSubmodules", "all")
    assert changes(repo, base, with_submodule.commit()) == moved
    assert changes(repo, base, None, staged=True) == moved


def test_a_missing_commit_is_an_error_not_an_empty_diff(repo: "GitRepo", opened: Open) -> None:
    commit = repo.commit({"a.py": "a\n"})
    found = opened(repo.path)
    for base, target in (("1" * 40, None), (commit, "1" * 40), ("1" * 40, commit)):
        with pytest.raises(GitError, match="diff failed"):
            changes(found, base, target)
    for odd in ("--output=x", "main", ""):
        with pytest.raises(BadRevisionError):
            changes(found, odd, None)
    assert not (repo.path / "x").exists()


def test_a_merge_is_a_plain_difference(any_repo: "GitRepo", opened: Open) -> None:
    base = any_repo.commit({"a.py": "1\n", "b.py": "1\n"})
    any_repo.git("checkout", "-q", "-b", "side")
    any_repo.commit({"a.py": "2\n"})
    any_repo.git("checkout", "-q", "main")
    any_repo.commit({"b.py": "2\n"})
    any_repo.git("merge", "-q", "--no-edit", "side")
    repo = opened(any_repo.path)
    found = changes(repo, base, repo.resolve("HEAD"))
    assert [(change.path, change.hunks) for change in found] == [("a.py", ONE), ("b.py", ONE)]


def test_a_folder_of_the_repository(any_repo: "GitRepo", opened: Open) -> None:
    base = any_repo.commit({"sub/a.py": "1\n", "subway.py": "1\n", "top.py": "1\n"})
    any_repo.write({"sub/a.py": "2\n", "subway.py": "2\n", "top.py": "2\n"})
    (change,) = changes(opened(any_repo.path), base, None, folder="sub")
    assert (change.path, change.new) == ("a.py", blob_oid(b"2\n"))


def test_from_a_folder_below_the_names_are_the_root_s(
    any_repo: "GitRepo", opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = any_repo.commit({"sub/a.py": "1\n", "top.py": "1\n"})
    any_repo.git("config", "diff.relative", "true")
    any_repo.write({"sub/a.py": "2\n", "top.py": "2\n"})
    monkeypatch.chdir(any_repo.path / "sub")
    found = changes(opened(any_repo.path / "sub"), base, None)
    assert [change.path for change in found] == ["sub/a.py", "top.py"]


def test_in_a_linked_worktree(repo: "GitRepo", tmp_path: Path, opened: Open) -> None:
    base = repo.commit({"a.py": "1\n"})
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    (tmp_path / "linked/a.py").write_text("2\n")
    assert [c.path for c in changes(opened(tmp_path / "linked"), base, None)] == ["a.py"]
    assert changes(opened(repo.path), base, None) == ()


def test_sparse_checkout_is_no_deletion(any_repo: "GitRepo", opened: Open) -> None:
    base = any_repo.commit({"in/a.py": "1\n", "out/b.py": "1\n"})
    any_repo.git("sparse-checkout", "set", "in")
    assert changes(opened(any_repo.path), base, None) == ()


def test_raw_bytes_under_autocrlf(repo: "GitRepo", opened: Open) -> None:
    base = repo.commit({"a.py": "a\nb\n", "b.py": "a\n"})
    repo.git("config", "core.autocrlf", "true")
    repo.write({"a.py": "a\r\nc\r\n", "b.py": "a\r\n"})
    (change,) = changes(opened(repo.path), base, None)
    assert change.hunks == TWO
    assert change.new == blob_oid(b"a\r\nc\r\n")


def test_a_file_only_announced_is_new_on_disk_and_not_staged(
    any_repo: "GitRepo", opened: Open
) -> None:
    base = any_repo.commit({"a.py": "1\n"})
    any_repo.write({"announced.py": "1\n"})
    any_repo.git("add", "-N", "announced.py")
    repo = opened(any_repo.path)
    assert changes(repo, base, None, staged=True) == ()
    (change,) = changes(repo, base, None)
    assert change == Change(
        RepoPath("announced.py"), None, blob_oid(b"1\n"), hunks=(Hunk(0, 0, 1, 1),)
    )


def test_many_files(repo: "GitRepo", opened: Open) -> None:
    base = repo.commit({f"pkg/f{n}.py": f"{n}\n" for n in range(500)})
    target = repo.commit({f"pkg/f{n}.py": f"x{n}\n" for n in range(500)})
    found = changes(opened(repo.path), base, target)
    assert len(found) == 500
    assert {change.hunks for change in found} == {ONE}


def test_git_killed_midway_is_an_error(
    repo: "GitRepo", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Open
) -> None:
    base = repo.commit({"a.py": "1\n"})
    found = opened(repo.path)
    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nkill -9 $$\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    with pytest.raises(GitError, match="killed by signal 9"):
        changes(found, base, None)


def test_a_patch_git_never_writes_is_an_error(
    repo: "GitRepo", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Open
) -> None:
    """A git that keeps back part of its patch must not read as fewer changes."""
    base = repo.commit({"a.py": "1\n"})
    target = repo.commit({"a.py": "2\n"})
    found = opened(repo.path)
    git = subprocess.run(["which", "git"], check=True, capture_output=True, text=True).stdout
    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    for cut in (
        "sed 's/diff --git.*//'",
        "sed 's/^+2/ 2/'",
        "sed 's,b/a.py,b/x.py,'",
        "{ cat; echo diff --git a/z b/z; }",
    ):
        fake.write_text(f'#!/bin/sh\n{git.strip()} "$@" | {cut}\n')
        fake.chmod(0o755)
        with pytest.raises(GitError, match="cannot be read"):
            changes(found, base, target)
