"""Content by id."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coverquery.errors import BadRevisionError
from coverquery.git.content import blob_oid
from coverquery.git.repo import Repo
from coverquery.model import Oid

if TYPE_CHECKING:
    from tests.conftest import GitRepo

Open = Callable[[Path], Repo]


def test_blobs_by_content(any_repo: "GitRepo", opened: Open) -> None:
    contents = [b"plain\n", b"", b"no newline", bytes(range(256)) * 3, b"x missing\n" * 5]
    any_repo.commit({f"f{n}": content for n, content in enumerate(contents)})
    repo = opened(any_repo.path)
    wanted = [blob_oid(content) for content in contents]
    absent = [Oid("1" * 40), Oid("--batch"), Oid("HEAD:f0"), Oid("HEAD\nHEAD"), Oid("unknown")]
    assert repo.blobs([*absent, *wanted]) == dict(zip(wanted, contents, strict=True))
    assert repo.missing([*wanted, *absent]) == set(absent)
    assert repo.blobs(absent[1:]) == {}
    assert repo.missing(absent[1:]) == set(absent[1:])


def test_a_commit_is_not_a_blob(repo: "GitRepo", opened: Open) -> None:
    commit = repo.commit({"a.py": "1\n"})
    assert opened(repo.path).blobs([commit]) == {}


def test_replaced_objects_do_not_stand_in(repo: "GitRepo", opened: Open) -> None:
    repo.commit({"a.py": "one\n", "b.py": "two\n"})
    one, two = blob_oid(b"one\n"), blob_oid(b"two\n")
    repo.git("replace", one, two)
    assert opened(repo.path).blobs([one]) == {one: b"one\n"}


def test_a_corrupt_object_counts_as_missing(repo: "GitRepo", opened: Open) -> None:
    repo.commit({"a.py": "one\n"})
    oid = blob_oid(b"one\n")
    loose = repo.path / ".git/objects" / oid[:2] / oid[2:]
    loose.chmod(0o644)
    loose.write_bytes(b"garbage")
    assert opened(repo.path).blobs([oid]) == {}
    assert opened(repo.path).missing([oid]) == {oid}


def test_a_partial_clone_has_what_is_here_when_its_remote_is_gone(
    repo: "GitRepo", tmp_path: Path, opened: Open
) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    first = repo.commit({"a.py": "old\n", "b.py": "same\n"})
    repo.commit({"a.py": "new\n"})
    origin = f"file://{repo.path}"
    repo.git("clone", "-q", "--filter=blob:none", origin, str(tmp_path / "partial"))
    partial = opened(tmp_path / "partial")
    old, new, never = (blob_oid(text) for text in (b"old\n", b"new\n", b"never\n"))
    assert partial.missing([old, new, never]) == {old, never}
    repo.path.rename(tmp_path / "gone")
    assert partial.missing([old, new, never]) == {old, never}
    assert partial.blobs([old, new, never]) == {new: b"new\n"}
    assert partial.resolve(first) == first
    with pytest.raises(BadRevisionError):
        partial.resolve("1" * 40)
    (tmp_path / "gone").rename(repo.path)
    assert partial.blobs([old]) == {old: b"old\n"}
