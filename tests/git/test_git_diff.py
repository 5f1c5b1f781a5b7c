from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coverquery.git.content import blob_oid
from coverquery.git.diff import changes
from coverquery.git.repo import Repo
from coverquery.git.trees import WorkTree
from coverquery.lines import Hunk
from coverquery.model import RepoPath

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
