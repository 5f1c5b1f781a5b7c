"""A commit, the staged state and the working tree, asked the same questions."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coverquery.errors import BadRevisionError, GitError
from coverquery.git.repo import Repo
from coverquery.git.trees import (
    UNKNOWN,
    CommitTree,
    StagedTree,
    Tree,
    WorkTree,
    blob_oid,
    follow,
)
from coverquery.model import RepoPath

if TYPE_CHECKING:
    from tests.conftest import GitRepo

Open = Callable[[Path], Repo]

ODD_NAMES = (
    b"-rf.py", b"--", b"new\nline.py", b'qu"ote.py', b"back\\slash.py", b"tab\there.py",
    b"latin-\xe9.py", "ünï.py".encode(), b"sp ace.py", b" lead", b"*.py", b":(top)x.py",
    b"bell\x07.py", b"del\x7f.py", b"sub folder/\xff/x.py",
)  # fmt: skip


def path(text: str | bytes) -> RepoPath:
    return RepoPath(text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text)


@pytest.fixture(params=["commit", "staged", "worktree"])
def tree_of(request: pytest.FixtureRequest, opened: Open) -> Callable[["GitRepo"], Tree]:
    def make(repo: "GitRepo") -> Tree:
        found = opened(repo.path)
        if request.param == "commit":
            return CommitTree(found, found.resolve("HEAD"))
        return StagedTree(found) if request.param == "staged" else WorkTree(found.root, found)

    return make


def test_files_of_any_tree(any_repo: "GitRepo", tree_of: Callable[["GitRepo"], Tree]) -> None:
    files = {"a.py": b"a\n", "pkg/b.py": b"", "pkg/deep/c.bin": bytes(range(256))}
    any_repo.commit(files)
    tree = tree_of(any_repo)
    assert tree.paths() == set(files)
    for name, content in files.items():
        assert tree.oid(path(name)) == blob_oid(content)
        assert tree.read(path(name)) == content
    names = [path(name) for name in (*files, "absent")]
    assert tree.read_all(names) == files
    for absent in ("absent", "a.py/below", "pkg", "pkg/deep/absent", ""):
        assert tree.oid(path(absent)) is None
        assert tree.read(path(absent)) is None
    assert tree.listing(path("pkg")) == ("b.py", "deep")
    assert tree.listing(path("pkg/deep")) == ("c.bin",)
    assert tree.listing(path("nowhere")) is None
    assert tree.listing(path("a.py")) is None
    root = tree.listing(path(""))
    assert root is not None
    assert [name for name in root if name != ".git"] == ["a.py", "pkg"]
    assert tree.unmerged() == set()
    assert tree.gitlinks() == {}


def test_odd_names_in_any_tree(any_repo: "GitRepo", tree_of: Callable[["GitRepo"], Tree]) -> None:
    for name in ODD_NAMES:
        target = Path(os.fsdecode(os.fsencode(any_repo.path) + b"/" + name))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(name)
    any_repo.commit()
    tree = tree_of(any_repo)
    assert tree.paths() == {path(name) for name in ODD_NAMES}
    for name in ODD_NAMES:
        assert tree.oid(path(name)) == blob_oid(name)
        assert tree.read(path(name)) == name
    assert tree.listing(path("sub folder")) == (path(b"\xff"),)
    root = tree.listing(path(""))
    assert root is not None
    at_root = {path(name.partition(b"/")[0]) for name in ODD_NAMES}
    assert set(root) - {".git"} == at_root


def test_symlinks_in_any_tree(any_repo: "GitRepo", tree_of: Callable[["GitRepo"], Tree]) -> None:
    any_repo.write({"data/real.json": "{}", "pkg/x.py": ""})
    for name, target in {
        "link.json": "data/real.json", "pkg/up": "../data", "loop": "loop", "out": "../../etc",
        "absolute": "/etc/passwd", "chain": "pkg/up/../link.json", "gone": "data/missing",
    }.items():  # fmt: skip
        (any_repo.path / name).symlink_to(target)
    any_repo.commit()
    tree = tree_of(any_repo)
    assert tree.oid(path("link.json")) == blob_oid(b"data/real.json")
    assert tree.read(path("link.json")) == b"data/real.json"
    assert tree.link(path("link.json")) == "data/real.json"
    assert tree.link(path("pkg/x.py")) is None
    assert "link.json" in tree.paths()
    assert "pkg/up" in tree.paths()
    followed = {
        "link.json": "data/real.json", "pkg/up/real.json": "data/real.json", "loop": None,
        "out": None, "absolute": None, "chain": "data/real.json", "gone": "data/missing",
        "pkg/x.py": "pkg/x.py", "absent": "absent",
    }  # fmt: skip
    assert {name: follow(tree, path(name)) for name in followed} == followed


def test_a_project_in_a_folder_of_the_repository(any_repo: "GitRepo", opened: Open) -> None:
    commit = any_repo.commit({"top.py": "t", "sub/a.py": "a", "sub/pkg/b.py": "b", "subway": "s"})
    any_repo.write({"sub/new.py": "n", "stray.py": "s"})
    repo = opened(any_repo.path)
    work = WorkTree(any_repo.path / "sub", repo)
    assert work.paths() == {"a.py", "pkg/b.py", "new.py"}
    assert work.oid(path("pkg/b.py")) == blob_oid(b"b")
    for tree in (CommitTree(repo, commit, folder="sub"), StagedTree(repo, folder="sub")):
        assert tree.paths() == {"a.py", "pkg/b.py"}
        assert tree.read(path("pkg/b.py")) == b"b"
        assert tree.listing(path("")) == ("a.py", "pkg")
        assert tree.oid(path("top.py")) is None


def test_an_empty_tree_has_an_empty_root(repo: "GitRepo", opened: Open) -> None:
    commit = repo.commit()
    tree = CommitTree(opened(repo.path), commit)
    assert tree.listing(path("")) == ()
    assert tree.paths() == frozenset()


def test_a_commit_is_named_by_its_full_id_only(repo: "GitRepo", opened: Open) -> None:
    repo.commit({"a.py": ""})
    with pytest.raises(BadRevisionError):
        CommitTree(opened(repo.path), "--output=x")


def test_a_commit_that_is_not_here_is_an_error(repo: "GitRepo", opened: Open) -> None:
    repo.commit({"a.py": ""})
    with pytest.raises(GitError, match="ls-tree failed"):
        CommitTree(opened(repo.path), "1" * 40).paths()


def test_content_lost_from_the_repository_is_an_error(repo: "GitRepo", opened: Open) -> None:
    commit = repo.commit({"a.py": "one\n"})
    oid = blob_oid(b"one\n")
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    tree = CommitTree(opened(repo.path), commit)
    assert tree.oid(path("a.py")) == oid
    with pytest.raises(GitError, match="not in this clone"):
        tree.read(path("a.py"))


def test_a_sha256_repository_has_the_ids_of_the_records(tmp_path: Path, opened: Open) -> None:
    folder = tmp_path / "sha256"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", folder], check=True)
    (folder / "a.py").write_bytes(b"one\n")
    for args in (["add", "."], ["commit", "-q", "-m", "c"]):
        subprocess.run(["git", *args], cwd=folder, check=True)
    repo = opened(folder)
    trees: list[Tree] = [
        CommitTree(repo, repo.resolve("HEAD")),
        StagedTree(repo),
        WorkTree(folder, repo),
    ]
    for tree in trees:
        assert tree.oid(path("a.py")) == blob_oid(b"one\n")
        assert tree.read(path("a.py")) == b"one\n"


# What is staged


def test_the_staged_tree_is_what_the_next_commit_holds(any_repo: "GitRepo", opened: Open) -> None:
    any_repo.commit({"a.py": "1", "gone.py": "", "same.py": ""})
    any_repo.write({"a.py": "2", "added.py": "new"})
    any_repo.git("add", "a.py", "added.py")
    any_repo.git("rm", "-q", "--cached", "gone.py")
    any_repo.write({"a.py": "3", "untracked.py": ""})
    tree = StagedTree(opened(any_repo.path))
    assert tree.paths() == {"a.py", "added.py", "same.py"}
    assert tree.read(path("a.py")) == b"2"


def test_inside_a_hook_the_staged_state_is_the_one_given_to_the_hook(
    repo: "GitRepo", monkeypatch: pytest.MonkeyPatch, opened: Open
) -> None:
    repo.commit({"a.py": "1", "b.py": "1"})
    repo.write({"a.py": "2", "b.py": "2"})
    repo.git("add", "b.py")
    hook = repo.path / ".git/hooks/pre-commit"
    hook.write_text('#!/bin/sh\ncp "$GIT_INDEX_FILE" kept-index\n')
    hook.chmod(0o755)
    repo.git("commit", "-q", "-m", "only a", "a.py")
    kept = (repo.path / ".git/hook-index").as_posix()
    (repo.path / "kept-index").rename(kept)
    repo.git("reset", "-q", "--soft", "HEAD~")
    found = opened(repo.path)
    assert StagedTree(found, Path(kept)).read_all([path("a.py"), path("b.py")]) == {
        "a.py": b"2",
        "b.py": b"1",
    }
    monkeypatch.setenv("GIT_INDEX_FILE", kept)
    assert StagedTree(found).read(path("b.py")) == b"1"
    monkeypatch.chdir(repo.path)
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/hook-index")
    assert StagedTree(found).read(path("b.py")) == b"1"
    monkeypatch.setenv("GIT_DIR", "/elsewhere/.git")
    assert StagedTree(found).read(path("b.py")) == b"2"


def test_files_in_conflict(
    any_repo: "GitRepo", conflict: Callable[["GitRepo", str], None], opened: Open
) -> None:
    conflict(any_repo, "merge")
    repo = opened(any_repo.path)
    staged, work = StagedTree(repo), WorkTree(repo.root, repo)
    assert staged.unmerged() == work.unmerged() == {"a.py"}
    assert staged.read(path("a.py")) == b"main\n"
    assert b"<<<<<<<" in (work.read(path("a.py")) or b"")
    assert staged.paths() == work.paths() == {"a.py", "other.py"}


def test_a_conflict_over_a_deletion_has_the_side_that_is_left(
    repo: "GitRepo", opened: Open
) -> None:
    repo.commit({"a.py": "base\n", "b.py": ""})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"a.py": "side\n"})
    repo.git("checkout", "-q", "main")
    repo.git("rm", "-q", "a.py")
    repo.commit()
    repo.git("merge", "side", check=False)
    staged = StagedTree(opened(repo.path))
    assert staged.unmerged() == {"a.py"}
    assert staged.read(path("a.py")) == b"side\n"


# Submodules


def test_files_of_a_submodule_that_did_not_move_are_those_on_disk(
    with_submodule: "GitRepo", opened: Open
) -> None:
    repo = opened(with_submodule.path)
    work = WorkTree(repo.root, repo)
    commit = repo.resolve("HEAD")
    for tree in (CommitTree(repo, commit, worktree=work), StagedTree(repo, worktree=work)):
        assert tree.oid(path("lib/code.py")) == blob_oid(b"one\n")
        assert tree.read(path("lib/code.py")) == b"one\n"
        assert tree.listing(path("lib")) == (".git", "code.py")
        assert tree.oid(path("lib/absent.py")) is None
        assert tree.oid(path("lib")) is None
        assert tree.gitlinks() == work.gitlinks()
    assert set(work.gitlinks()) == {"lib"}
    assert work.paths() == {"a.py", ".gitmodules"}
    assert work.oid(path("lib/code.py")) == blob_oid(b"one\n")


def test_files_of_a_submodule_that_moved_are_unknown_not_deleted(
    with_submodule: "GitRepo", opened: Open
) -> None:
    repo = opened(with_submodule.path)
    commit = repo.resolve("HEAD")
    lib = type(with_submodule)(with_submodule.path / "lib")
    moved = lib.commit({"code.py": "two\n"})
    work = WorkTree(repo.root, repo)
    assert work.gitlinks() == {"lib": moved}
    tree = CommitTree(repo, commit, worktree=work)
    assert tree.oid(path("lib/code.py")) == UNKNOWN
    assert tree.oid(path("lib/never-there.py")) == UNKNOWN
    assert tree.oid(path("absent.py")) is None
    assert CommitTree(repo, commit).oid(path("lib/code.py")) == UNKNOWN


def test_a_submodule_that_is_not_checked_out_is_at_its_staged_commit(
    with_submodule: "GitRepo", tmp_path: Path, opened: Open
) -> None:
    with_submodule.git("clone", "-q", ".", str(tmp_path / "clone"))
    repo = opened(tmp_path / "clone")
    work = WorkTree(repo.root, repo)
    tree = CommitTree(repo, repo.resolve("HEAD"), worktree=work)
    assert work.gitlinks() == tree.gitlinks()
    assert tree.oid(path("lib/code.py")) is None
