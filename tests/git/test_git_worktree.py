import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coverquery.errors import GitError
from coverquery.git.repo import Repo
from coverquery.git.trees import UNKNOWN, CommitTree, WorkTree, blob_oid
from coverquery.model import FileStat, RepoPath

if TYPE_CHECKING:
    from tests.conftest import GitRepo

Open = Callable[[Path], Repo]
A = RepoPath("a.py")
HOUR = 3600 * 10**9


def stat_of(place: Path, content: bytes, hashed_after: int) -> FileStat:
    seen = place.lstat()
    hashed = max(seen.st_mtime_ns, seen.st_ctime_ns) + hashed_after
    return FileStat(
        seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino, hashed, blob_oid(content)
    )


def test_every_file_can_be_asked_for(any_repo: "GitRepo", opened: Open) -> None:
    any_repo.commit({"tracked.py": "t", ".gitignore": "ignored.py\nbuild/\n"})
    any_repo.write({"ignored.py": "i", "untracked.py": "u", "build/made.py": "m"})
    tree = WorkTree(any_repo.path, opened(any_repo.path))
    assert tree.paths() == {"tracked.py", ".gitignore", "untracked.py"}
    for name, content in {"ignored.py": b"i", "untracked.py": b"u", "build/made.py": b"m"}.items():
        assert tree.oid(RepoPath(name)) == blob_oid(content)
    assert tree.listing(RepoPath("build")) == ("made.py",)


def test_a_tracked_file_that_is_gone_is_gone(any_repo: "GitRepo", opened: Open) -> None:
    any_repo.commit({"a.py": "", "pkg/b.py": "", "c.py": ""})
    (any_repo.path / "a.py").unlink()
    (any_repo.path / "pkg/b.py").unlink()
    (any_repo.path / "c.py").unlink()
    (any_repo.path / "c.py").mkdir()
    tree = WorkTree(any_repo.path, opened(any_repo.path))
    assert tree.paths() == set()
    assert tree.oid(A) is None
    assert tree.oid(RepoPath("c.py")) is None


def test_an_edit_git_was_told_to_overlook_is_seen(repo: "GitRepo", opened: Open) -> None:
    repo.commit({"a.py": "1"})
    repo.git("update-index", "--assume-unchanged", "a.py")
    repo.write({"a.py": "2"})
    tree = WorkTree(repo.path, opened(repo.path))
    assert tree.oid(A) == blob_oid(b"2")
    assert tree.paths() == {"a.py"}


def test_bytes_are_taken_raw_whatever_git_converts(repo: "GitRepo", opened: Open) -> None:
    repo.git("config", "core.autocrlf", "true")
    commit = repo.commit({"a.py": "1\r\n2\r\n"})
    found = opened(repo.path)
    assert WorkTree(repo.path, found).oid(A) == blob_oid(b"1\r\n2\r\n")
    assert CommitTree(found, commit).oid(A) == blob_oid(b"1\n2\n")


def test_compiled_code_that_nobody_ignores_is_no_source(repo: "GitRepo", opened: Open) -> None:
    repo.commit({"a.py": "1"})
    repo.write({"__pycache__/a.pyc": "1", "pkg/__pycache__/b.pyc": "1", "pkg/new.py": "1"})
    assert WorkTree(repo.path, opened(repo.path)).paths() == {"a.py", "pkg/new.py"}


def test_unborn_everything_is_there_and_new(any_repo: "GitRepo", opened: Open) -> None:
    any_repo.write({"a.py": "1"})
    tree = WorkTree(any_repo.path, opened(any_repo.path))
    assert tree.paths() == {"a.py"}
    assert tree.unmerged() == set()


def test_sparse_checkout_is_absent_not_deleted(any_repo: "GitRepo", opened: Open) -> None:
    any_repo.commit({"in/a.py": "a", "out/b.py": "b", "out/deep/c.py": "c", "top.py": ""})
    any_repo.git("sparse-checkout", "set", "in")
    assert not (any_repo.path / "out").exists()
    tree = WorkTree(any_repo.path, opened(any_repo.path))
    assert tree.paths() == {"in/a.py", "out/b.py", "out/deep/c.py", "top.py"}
    assert tree.oid(RepoPath("out/b.py")) == blob_oid(b"b")
    assert tree.read(RepoPath("out/b.py")) == b"b"
    assert tree.listing(RepoPath("out")) == ("b.py", "deep")
    assert "out" in (tree.listing(RepoPath("")) or ())
    assert tree.oid(RepoPath("out/absent.py")) is None


def test_a_sparse_staged_state_is_read_in_full(repo: "GitRepo", opened: Open) -> None:
    repo.commit({"in/a.py": "a", "out/b.py": "b"})
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    tree = WorkTree(repo.path, opened(repo.path))
    assert tree.paths() == {"in/a.py", "out/b.py"}
    assert tree.oid(RepoPath("out/b.py")) == blob_oid(b"b")


def test_a_file_left_out_by_sparse_checkout_and_there_is_read_from_disk(
    repo: "GitRepo", opened: Open
) -> None:
    repo.commit({"a.py": "1"})
    repo.git("update-index", "--skip-worktree", "a.py")
    repo.write({"a.py": "2"})
    assert WorkTree(repo.path, opened(repo.path)).oid(A) == blob_oid(b"2")


def test_a_repository_inside_that_is_no_submodule_is_walked(repo: "GitRepo", opened: Open) -> None:
    repo.commit({"a.py": ""})
    inner = repo.path / "vendor"
    inner.mkdir()
    nested = type(repo)(inner)
    nested.git("init", "-q")
    nested.commit({"lib.py": "", "pkg/x.py": ""})
    tree = WorkTree(repo.path, opened(repo.path))
    assert tree.paths() == {"a.py", "vendor/lib.py", "vendor/pkg/x.py"}


def test_a_linked_worktree_has_its_own_files(repo: "GitRepo", tmp_path: Path, opened: Open) -> None:
    repo.commit({"a.py": "1"})
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    (tmp_path / "linked/a.py").write_text("2")
    linked = WorkTree(tmp_path / "linked", opened(tmp_path / "linked"))
    assert linked.oid(A) == blob_oid(b"2")
    assert linked.paths() == {"a.py"}
    assert WorkTree(repo.path, opened(repo.path)).oid(A) == blob_oid(b"1")


def test_without_git_the_folder_is_walked(tmp_path: Path) -> None:
    for name in (
        "a.py", "pkg/b.py", "env/pyvenv.cfg", "env/lib/x.py", "node_modules/y.js", "__pycache__/a",
        ".tox/z.py", ".nox/z.py", ".git/config", ".coverquery/index.db", ".cache/CACHEDIR.TAG",
        ".cache/x.py", ".github/check.py",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "linked").symlink_to("pkg")
    tree = WorkTree(tmp_path)
    assert tree.paths() == {"a.py", "pkg/b.py", ".github/check.py", "linked"}
    assert tree.oid(RepoPath("env/lib/x.py")) == blob_oid(b"env/lib/x.py")
    assert tree.oid(RepoPath("absent")) is None
    assert tree.unmerged() == set()
    assert tree.gitlinks() == {}


def test_odd_bytes_in_names_without_git(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\n.py")).write_bytes(b"x")
    (name,) = WorkTree(tmp_path).paths()
    assert name == "\udcff\n.py"
    assert WorkTree(tmp_path).read(name) == b"x"


def test_what_is_no_file_has_no_content(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    tree = WorkTree(tmp_path)
    assert tree.oid(A) is None
    assert tree.read(A) is None


def test_a_file_that_cannot_be_read_is_unknown_not_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_bytes(b"x")
    real = os.open

    def refuse(path: bytes, flags: int) -> int:  # the file system says no, even to root
        if path.endswith(b"a.py"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    tree = WorkTree(tmp_path)
    assert tree.oid(A) == UNKNOWN
    with pytest.raises(GitError, match="cannot be read"):
        tree.read(A)


def test_a_path_no_file_system_has_is_unknown(tmp_path: Path) -> None:
    assert WorkTree(tmp_path).oid(RepoPath("a\0b")) == UNKNOWN
    assert WorkTree(tmp_path).oid(RepoPath("x" * 5000)) == UNKNOWN
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(GitError, match="cannot be read"):
            WorkTree(tmp_path).read(RepoPath(name))
        with pytest.raises(GitError, match="cannot be listed"):
            WorkTree(tmp_path).listing(RepoPath(name))


# Sparing the hashing


def test_what_was_hashed_is_handed_out_to_be_kept(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"one")
    (tmp_path / "link").symlink_to("a.py")
    tree = WorkTree(tmp_path)
    tree.oid(A)
    tree.oid(RepoPath("link"))
    tree.oid(RepoPath("absent"))
    assert set(tree.fresh) == {"a.py"}
    kept = tree.fresh[A]
    expected = stat_of(tmp_path / "a.py", b"one", 0)
    assert kept._replace(hashed_at_ns=0) == expected._replace(hashed_at_ns=0)


def test_a_file_that_looks_the_same_is_not_read_again(tmp_path: Path) -> None:
    place = tmp_path / "a.py"
    place.write_bytes(b"one")
    # The id kept is another content's: if it comes back, the file was not read.
    tree = WorkTree(tmp_path, stats={A: stat_of(place, b"kept", 2 * 10**9)})
    assert tree.oid(A) == blob_oid(b"kept")
    assert tree.fresh == {}


@pytest.mark.parametrize("after", [-HOUR, 0, 1_999_999_999])
def test_a_file_hashed_soon_after_it_changed_is_read_again(tmp_path: Path, after: int) -> None:
    place = tmp_path / "a.py"
    place.write_bytes(b"one")
    tree = WorkTree(tmp_path, stats={A: stat_of(place, b"kept", after)})
    assert tree.oid(A) == blob_oid(b"one")
    assert set(tree.fresh) == {"a.py"}


@pytest.mark.parametrize("field", ["size", "mtime_ns", "ctime_ns", "inode"])
def test_any_difference_in_looks_has_the_file_read(tmp_path: Path, field: str) -> None:
    place = tmp_path / "a.py"
    place.write_bytes(b"one")
    same = stat_of(place, b"kept", HOUR)
    older = same._replace(**{field: getattr(same, field) - 1})
    assert WorkTree(tmp_path, stats={A: older}).oid(A) == blob_oid(b"one")


def test_the_same_size_and_mtime_do_not_hide_an_edit(tmp_path: Path) -> None:
    place = tmp_path / "a.py"
    place.write_bytes(b"one")
    before = stat_of(place, b"one", HOUR)
    with place.open("r+b") as file:
        file.write(b"two")
    os.utime(place, ns=(before.mtime_ns, before.mtime_ns))
    assert place.stat().st_mtime_ns == before.mtime_ns
    known = before._replace(hashed_at_ns=before.ctime_ns)  # hashed when it had just changed
    assert WorkTree(tmp_path, stats={A: known}).oid(A) == blob_oid(b"two")


def test_a_symlink_is_never_taken_for_the_file_it_was(tmp_path: Path) -> None:
    place = tmp_path / "a.py"
    place.write_bytes(b"one")
    known = stat_of(place, b"one", HOUR)
    place.unlink()
    place.symlink_to("elsewhere")
    assert WorkTree(tmp_path, stats={A: known}).oid(A) == blob_oid(b"elsewhere")


def test_one_tree_answers_the_same_twice_and_a_new_one_looks_again(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"one")
    tree = WorkTree(tmp_path)
    assert tree.oid(A) == blob_oid(b"one")
    (tmp_path / "a.py").write_bytes(b"second")
    assert tree.oid(A) == blob_oid(b"one")
    assert WorkTree(tmp_path, stats=tree.fresh).oid(A) == blob_oid(b"second")


def test_a_large_file_is_hashed_in_parts_like_git_does(repo: "GitRepo") -> None:
    content = bytes(range(251)) * 20_000
    repo.write({"big": content})
    expected = repo.git("hash-object", "--no-filters", "big").strip()
    assert WorkTree(repo.path).oid(RepoPath("big")) == expected == blob_oid(content)


def test_a_file_that_keeps_growing_is_unknown() -> None:
    # /proc/self files have size 0 whatever they hold: what is read never fits the size.
    assert WorkTree(Path("/proc/self")).oid(RepoPath("status")) == UNKNOWN


def test_the_walk_gets_past_a_folder_that_vanishes(tmp_path: Path) -> None:
    script = "import os, sys; os.mkdir(sys.argv[1]); os.chmod(sys.argv[1], 0)"
    subprocess.run(["python3", "-c", script, tmp_path / "closed"], check=True)
    (tmp_path / "a.py").write_bytes(b"")
    assert WorkTree(tmp_path).paths() == {"a.py"}


def test_an_environment_nobody_ignores_is_no_source(repo: "GitRepo") -> None:
    repo.commit({"a.py": "1"})
    repo.write({"env/pyvenv.cfg": "home = /usr", "env/lib/x.py": "2", "b.py": "3"})
    tree = WorkTree(repo.path, Repo.find(repo.path))
    assert tree.paths() == {"a.py", "b.py"}
