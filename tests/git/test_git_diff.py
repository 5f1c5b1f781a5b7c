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
from coverquery.model import Change, RepoPath

if TYPE_CHECKING:
    from tests.conftest import GitRepo

Open = Callable[[Path], Repo]
Content = str | bytes | None

OLD: dict[str, Content] = {
    "same.py": "same\n",
    "edited.py": "1\n2\n3\n4\n",
    "deleted.py": "1\n2\n",
    "emptied.py": "1\n2\n",
    "empty-deleted.py": "",
    "evil.py": "a\n-- a/steals\nb\nc\n",
    "latin.py": b"# \xe9\nx = 1\n",
    "no-newline.py": "a\nb",
    "newline-lost.py": "a\nb\n",
    "form-feed.py": "a\n\x0c\nb\n",
    "separator.py": "a = '\u2028'\nb\n\x85\n",
    "lone-cr.py": "a\rb\nc\n",
    "crlf.py": "a\r\nb\r\n",
    "binary.py": b"\0\1\2\n\xff\n",
    "-rf.py": "a\n",
    'quote".py': "a\n",
    "back\\slash.py": "a\n",
    "new\nline.py": "a\n",
    "tab\t.py": "a\n",
    "sp ace .py": "a\n",
    "ünï.py": "a\n",
    "\udcff.py": "a\n",
    "bell\x07.py": "a\n",
    "a -> b.py": "a\n",
    "b/a.py": "a\n",
    "diff --git a/x b/x": "a\n",
    "blank.py": "a\n\n\nb\n",
    "undiffed.py": "a\nb\n",
    "converted.py": "a\nb\n",
    "renamed-old.py": "1\n2\n3\n4\n5\n6\n",
}
NEW: dict[str, Content] = OLD | {
    "edited.py": "0\n1\n3\n4!\n",
    "deleted.py": None,
    "emptied.py": "",
    "empty-deleted.py": None,
    "evil.py": "a\n++ b/evil.py\n@@ -1,9 +1,9 @@\ndiff --git a/no b/no\nb\nc\n",
    "latin.py": b"# \xe9\nx = '\xe9'\n",
    "no-newline.py": "a\nb\nc",
    "newline-lost.py": "a\nb",
    "form-feed.py": "a\n\x0c\nB\n",
    "separator.py": "a = '\u2028'\nB\u2028\x0c\x85\n\x85\n",
    "lone-cr.py": "a\rb\nC\r\r\n",
    "crlf.py": "a\r\nB\r\n",
    "binary.py": b"\0\1\2\n\xfe\0\n",
    "-rf.py": "b\n",
    'quote".py': "b\n",
    "back\\slash.py": "b\n",
    "new\nline.py": "b\n",
    "tab\t.py": "b\n",
    "sp ace .py": "b\n",
    "ünï.py": "b\n",
    "\udcff.py": "b\n",
    "bell\x07.py": "b\n",
    "a -> b.py": "b\n",
    "b/a.py": "b\n",
    "diff --git a/x b/x": "b\n",
    "blank.py": "a\n\nb\n\n",
    "undiffed.py": "a\nB\n",
    "converted.py": "A\nb\n",
    "added.py": "1\n2\n",
    "added-empty.py": "",
    "renamed-old.py": None,
    "renamed-new.py": "1\n2\n3\n4\n5\n6\n",
}
ONE = (Hunk(1, 1, 1, 1),)
TWO = (Hunk(2, 1, 2, 1),)
HUNKS: dict[str, tuple[Hunk, ...]] = dict.fromkeys(
    ["-rf.py", 'quote".py', "back\\slash.py", "new\nline.py", "tab\t.py", "sp ace .py", "ünï.py",
     "\udcff.py", "bell\x07.py", "a -> b.py", "b/a.py", "diff --git a/x b/x", "converted.py"], ONE
) | dict.fromkeys(
    ["latin.py", "newline-lost.py", "crlf.py", "separator.py", "binary.py", "undiffed.py",
     "lone-cr.py"], TWO
) | {
    "edited.py": (Hunk(0, 0, 1, 1), Hunk(2, 1, 2, 0), Hunk(4, 1, 4, 1)),
    "deleted.py": (Hunk(1, 2, 0, 0),),
    "emptied.py": (Hunk(1, 2, 0, 0),),
    "empty-deleted.py": (),
    "evil.py": (Hunk(2, 1, 2, 3),),
    "no-newline.py": (Hunk(2, 1, 2, 2),),
    "form-feed.py": (Hunk(3, 1, 3, 1),),
    "added.py": (Hunk(0, 0, 1, 2),),
    "added-empty.py": (),
    "renamed-old.py": (Hunk(1, 6, 0, 0),),
    "renamed-new.py": (Hunk(0, 0, 1, 6),),
}  # fmt: skip


def as_bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def put(repo: "GitRepo", files: dict[str, Content]) -> None:
    for name, content in files.items():
        if content is None:
            (repo.path / name).unlink(missing_ok=True)
        else:
            repo.write({name: as_bytes(content)})


def oid(content: Content) -> str | None:
    return None if content is None else blob_oid(as_bytes(content))


@pytest.fixture
def prepared(any_repo: "GitRepo") -> "GitRepo":
    """OLD is committed, with attributes that would hide and convert; NEW is on disk."""
    any_repo.git("config", "diff.shout.textconv", "tr a-z A-Z <")
    any_repo.git("config", "core.safecrlf", "false")
    any_repo.write({".gitattributes": "undiffed.py -diff\nconverted.py diff=shout\n*.bin binary\n"})
    put(any_repo, OLD)
    any_repo.commit()
    put(any_repo, NEW)
    return any_repo


@pytest.mark.parametrize("target", ["commit", "staged", "worktree"])
def test_every_kind_of_change(prepared: "GitRepo", opened: Open, target: str) -> None:
    repo = opened(prepared.path)
    base = repo.resolve("HEAD")
    prepared.git("add", "-A")
    if target == "commit":
        found = changes(repo, base, prepared.commit())
    else:
        found = changes(repo, base, None, staged=target == "staged")
    by_path = {change.path: change for change in found}
    assert len(by_path) == len(found)
    expected = {name for name in {*OLD, *NEW} if OLD.get(name) != NEW.get(name)}
    assert set(by_path) == expected
    for name in expected:
        change = by_path[RepoPath(name)]
        assert (change.old, change.new) == (oid(OLD.get(name)), oid(NEW.get(name))), name
        assert change.kind == "file"
        if name != "blank.py":  # two answers are right
            assert change.hunks == HUNKS[name], name


def test_blank_lines_count(prepared: "GitRepo", opened: Open) -> None:
    repo = opened(prepared.path)
    found = {c.path: c for c in changes(repo, repo.resolve("HEAD"), None)}
    old, new = (as_bytes(side["blank.py"] or "").splitlines() for side in (OLD, NEW))
    kept_old, kept_new = list(enumerate(old, 1)), list(enumerate(new, 1))
    for hunk in found[RepoPath("blank.py")].hunks:
        kept_old = [pair for pair in kept_old if pair[0] not in hunk.old_lines]
        kept_new = [pair for pair in kept_new if pair[0] not in hunk.new_lines]
    assert [text for _, text in kept_old] == [text for _, text in kept_new]


def test_untracked_files_are_not_in_it(prepared: "GitRepo", opened: Open) -> None:
    repo = opened(prepared.path)
    found = {change.path for change in changes(repo, repo.resolve("HEAD"), None)}
    assert "added.py" not in found
    assert "added.py" in WorkTree(repo.root, repo).paths()


def test_no_change_is_no_change(prepared: "GitRepo", opened: Open) -> None:
    repo = opened(prepared.path)
    commit = prepared.commit()
    assert changes(repo, commit, commit) == ()
    assert changes(repo, commit, None) == ()
    assert changes(repo, commit, None, staged=True) == ()


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
    moved = (Change(RepoPath("lib"), RepoPath(old), RepoPath(new), "gitlink"),)  # type: ignore[arg-type]
    assert changes(repo, base, None) == moved
    with_submodule.git("config", "diff.submodule", "log")
    with_submodule.git("config", "diff.ignoreSubmodules", "all")
    assert changes(repo, base, with_submodule.commit()) == moved
    assert changes(repo, base, None, staged=True) == moved


def test_the_empty_repository_s_first_commit(any_repo: "GitRepo", opened: Open) -> None:
    any_repo.write({"a.py": "a\n"})
    with pytest.raises(BadRevisionError):
        changes(opened(any_repo.path), "HEAD", None)


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
    for cut in ("sed 's/diff --git.*//'", "sed 's/^+2/ 2/'", "sed 's,b/a.py,b/x.py,'"):
        fake.write_text(f'#!/bin/sh\n{git.strip()} "$@" | {cut}\n')
        fake.chmod(0o755)
        with pytest.raises(GitError, match="cannot be read"):
            changes(found, base, target)
