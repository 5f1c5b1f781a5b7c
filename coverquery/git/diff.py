"""What changed between two states, line by line, for showing; the only importer of unidiff.

Untracked files are in no git diff: ``trees.WorkTree`` covers them. Whether a record still
holds is decided by comparing trees, not here.

Names and ids come from git's ``--raw -z`` records only, hunks from the patch. No name is ever
read back from the patch: a file's section is found by the header git is known to write for it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from coverquery.errors import GitError
from coverquery.git.command import Command
from coverquery.git.content import examine
from coverquery.git.gittrees import GITLINK, SYMLINK
from coverquery.git.hunks import file_hunks
from coverquery.git.pathnames import decoded, on_disk
from coverquery.git.repo import Repo
from coverquery.lines import Hunk
from coverquery.model import Change, Oid, RepoPath

__all__ = ["changes", "file_hunks"]

Kind = Literal["file", "symlink", "gitlink"]

_CONFIG = (
    "diff.suppressBlankEmpty=false",
    "diff.orderFile=/dev/null",
    "diff.interHunkContext=0",
    "diff.autoRefreshIndex=false",  # or `git diff` writes to the repository
)
_OPTIONS = (
    "--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "--src-prefix=a/",
    "--dst-prefix=b/", "--no-renames", "--unified=0", "--submodule=short",
    "--diff-algorithm=histogram", "--full-index", "--no-abbrev", "--ignore-submodules=none",
    "--ws-error-highlight=none", "--text", "--raw", "-z", "--patch",
)  # fmt: skip

_SECTION = re.compile(rb"^(?=diff --git |\* Unmerged path )", re.MULTILINE)
_SUBMODULE = re.compile(rb"^\+Subproject commit ([0-9a-f]+)", re.MULTILINE)
_HUNKS = re.compile(rb"^@@ ", re.MULTILINE)
_UNMERGED = b"* Unmerged path "
_ESCAPES = dict(zip(b'\a\b\t\n\v\f\r"\\', b'abtnvfr"\\', strict=True))


class _Record(NamedTuple):
    """One ``--raw`` record; ids of zeros are None."""

    path: RepoPath
    raw_path: bytes
    old_mode: str
    new_mode: str
    old: Oid | None
    new: Oid | None
    status: str


def changes(
    repo: Repo, base: str, target: str | None, *, staged: bool = False, folder: str = ""
) -> tuple[Change, ...]:
    """Return what differs from a commit to another, to what is staged, or to the files on disk.

    Args:
        repo: the repository.
        base: full id of the old commit.
        target: full id of the new commit; None for the files on disk.
        staged: with ``target`` None, compare with what is staged instead.
        folder: the project's place below the root; what is outside is left out.

    Ids of commits and of what is staged are git's own, SHA-256 ones in such a repository.
    A file on disk gets the id of its raw bytes, as in ``WorkTree``. A file in conflict is
    ``unmerged``; without content of its own (staged) its ``new`` is None.
    """
    index_file = repo.hook_index_file() if staged else None
    on_files = target is None and not staged
    config = _CONFIG + (_without_filters(repo) if on_files else ())
    revisions = (repo.full_id(base), *((repo.full_id(target),) if target else ()))
    args = ("diff", *(("--cached",) if staged and not target else ()), *_OPTIONS)
    paths = (folder,) if folder else ()
    command = Command(
        (*args, "--end-of-options", *revisions, "--", *paths), config, b"", index_file
    )
    records, sections = _parse(repo.ask(command).stdout)
    unmerged = repo.unmerged(index_file) if target is None else set[RepoPath]()
    made = [_change(record, sections, repo.root if on_files else None) for record in records]
    if sections:
        raise _unreadable(next(iter(sections)))
    return tuple(_placed(change, unmerged, folder) for change in made if change is not None)


def _without_filters(repo: Repo) -> tuple[str, ...]:
    """Switch off clean filters: they are programs, and the files on disk are taken raw."""
    args = (
        "config",
        "-z",
        "--name-only",
        "--get-regexp",
        r"^filter\..*\.(clean|process|required)$",
    )
    named = repo.ask(Command(args, accept=(0, 1))).stdout.decode("utf-8", "surrogateescape")
    keys = sorted(set(filter(None, named.split("\0"))))
    return tuple(f"{key}={'false' if key.endswith('.required') else ''}" for key in keys)


def _parse(printed: bytes) -> tuple[list[_Record], dict[bytes, list[bytes]]]:
    """Divide the output into its records and the sections of its patch by their header."""
    records, at = [], 0
    while printed[at : at + 1] == b":":
        head_end = printed.index(b"\0", at)
        path_end = printed.index(b"\0", head_end + 1)
        records.append(
            _record(printed[at + 1 : head_end].decode(), printed[head_end + 1 : path_end])
        )
        at = path_end + 1
    sections: dict[bytes, list[bytes]] = {}
    for section in _SECTION.split(printed[at:].removeprefix(b"\0")):
        header, _, body = section.partition(b"\n")
        if header and not header.startswith(_UNMERGED):
            sections.setdefault(header, []).append(body)
    return records, sections


def _record(head: str, raw_path: bytes) -> _Record:
    old_mode, new_mode, old, new, status = head.split(" ")
    return _Record(
        decoded(raw_path), raw_path, old_mode, new_mode, _present(old), _present(new), status[0]
    )


def _present(oid: str) -> Oid | None:
    return Oid(oid) if oid.strip("0") else None


def _change(
    record: _Record, sections: dict[bytes, list[bytes]], disk: Path | None
) -> Change | None:
    """Join a record with its sections; ``disk`` is the root where the new side is on disk."""
    if record.status == "U":
        return Change(record.path, record.old, None, "unmerged")
    header = _header(record.raw_path)
    bodies = sections.pop(header, None)
    if bodies is None and disk is not None:
        return None  # touched, and git sees the same content
    if bodies is None:
        raise _unreadable(header)
    kind = _kind(record)
    new = _new_on_disk(record, bodies, disk) if disk is not None else record.new
    return Change(record.path, record.old, new, kind, () if kind == "gitlink" else _hunks(bodies))


def _header(raw_path: bytes) -> bytes:
    """Return the line git writes above a file's section (core.quotePath is off)."""
    quoted = b"".join(map(_escaped, raw_path))
    mark = b"" if quoted == raw_path else b'"'
    return b"diff --git %ba/%b%b %bb/%b%b" % (mark, quoted, mark, mark, quoted, mark)


def _escaped(byte: int) -> bytes:
    if byte in _ESCAPES:
        return bytes((ord("\\"), _ESCAPES[byte]))
    return b"\\%03o" % byte if byte < ord(" ") or byte == 0x7F else bytes((byte,))


def _kind(record: _Record) -> Kind:
    mode = record.old_mode if record.status == "D" else record.new_mode
    kinds: dict[str, Kind] = {SYMLINK: "symlink", GITLINK: "gitlink"}
    return kinds.get(mode, "file")


def _new_on_disk(record: _Record, bodies: list[bytes], root: Path) -> Oid | None:
    if record.status == "D":
        return None
    if record.new_mode == GITLINK:
        found = [match.decode() for body in bodies for match in _SUBMODULE.findall(body)]
        return Oid(found[0]) if found else record.new
    there = examine(on_disk(root, record.path), None)
    return there.oid if there is not None else record.new


def _hunks(bodies: list[bytes]) -> tuple[Hunk, ...]:
    """Return the hunks; a file that became a symlink has two sections: all out, all in."""
    found = [hunk for body in bodies for hunk in _parsed(body)]
    if len(bodies) == 1 or len(found) == 1:
        return tuple(found)
    out, into = found
    return (Hunk(out.old_start, out.old_count, into.new_start, into.new_count),)


def _parsed(body: bytes) -> Iterator[Hunk]:
    """Parse one file's hunks, under names of our own. Latin-1 gives every byte a character."""
    start = _HUNKS.search(body)
    if start is None:
        return
    from unidiff.errors import UnidiffParseError  # commands without a diff start sooner
    from unidiff.patch import PatchSet

    text = "--- a/file\n+++ b/file\n" + body[start.start() :].decode("latin-1")
    try:
        (file,) = PatchSet(text, metadata_only=True)
    except (UnidiffParseError, ValueError) as error:
        raise GitError(f"git's diff cannot be read: {error}", fix="git diff") from error
    for hunk in file:
        yield Hunk(hunk.source_start, hunk.source_length, hunk.target_start, hunk.target_length)


def _unreadable(header: bytes) -> GitError:
    return GitError(f"git's diff cannot be read at {decoded(header)!r}", fix="git diff")


def _placed(change: Change, unmerged: set[RepoPath], folder: str) -> Change:
    kind = "unmerged" if change.path in unmerged else change.kind
    path = RepoPath(change.path[len(folder) + 1 :]) if folder else change.path
    return change._replace(path=path, kind=kind)
