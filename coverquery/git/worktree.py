"""The files on disk, whether git knows them or not."""

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from coverquery.errors import GitError
from coverquery.git.command import Command, ask
from coverquery.git.content import (
    UNKNOWN,
    Found,
    content,
    examine,
    is_content,
    is_executable,
    link_target,
)
from coverquery.git.gittrees import Entries
from coverquery.git.pathnames import decoded, encoded, split_nul
from coverquery.git.repo import Repo
from coverquery.model import FileStat, Oid, RepoPath

_NEVER_LOOKED_INTO = frozenset(
    {b".git", b".coverquery", b"node_modules", b"__pycache__", b".tox", b".nox"}
)
_CACHE = "/__pycache__/"
# An environment; a cache that says so (pytest, mypy and ruff do).
_NOT_SOURCES = (b"pyvenv.cfg", b"CACHEDIR.TAG")


class _Listed:
    """What git lists of the working tree; ``sparse`` is not checked out, yet not deleted."""

    def __init__(self) -> None:
        self.tracked = Entries.none()
        self.sparse = Entries.none()
        self.others: list[RepoPath] = []


class WorkTree:
    """The files on disk as they are when first asked; a later state is another WorkTree.

    ``oid`` hashes the raw bytes, for that is what was executed: under ``core.autocrlf`` or a
    clean filter git's own id of the file differs, on purpose. ``stats`` spares hashing
    files that look as they did; what had to be hashed is in ``fresh``, to be kept.
    Any path can be asked for, tracked, untracked or ignored.
    """

    label = "worktree"

    def __init__(
        self, root: Path, repo: Repo | None = None, stats: Mapping[RepoPath, FileStat] | None = None
    ) -> None:
        self.fresh: dict[RepoPath, FileStat] = {}
        self._root = root.resolve()
        self._base = os.fsencode(self._root) + b"/"
        self._repo = repo
        self._stats = stats or {}
        self._seen: dict[RepoPath, Oid | None] = {}
        self._links: dict[RepoPath, str | None] = {}

    @cached_property
    def _listed(self) -> _Listed:
        if self._repo is None:
            return _Listed()
        args = ("-z", "-t", "-s", "--cached", "--others", "--exclude-standard")
        return _parse(split_nul(ask(self._root, Command(("ls-files", *args))).stdout))

    def oid(self, path: RepoPath) -> Oid | None:
        """Return the content id of what stands on disk, of a symlink its target text's."""
        if path not in self._seen:
            self._seen[path] = self._oid(path)
        return self._seen[path]

    def _oid(self, path: RepoPath) -> Oid | None:
        found = self._examine(path)
        if found is None:
            return self._listed.sparse.files.get(path)
        if found.stat is not None:
            self.fresh[path] = found.stat
        return found.oid

    def _place(self, path: RepoPath) -> bytes:
        return self._base + encoded(path)

    def _examine(self, path: RepoPath) -> Found | None:
        return examine(self._place(path), self._stats.get(path))

    def read(self, path: RepoPath) -> bytes | None:
        """Return what stands on disk now.

        Raises:
            GitError: it is there and cannot be read.
        """
        try:
            found = content(self._place(path))
        except (OSError, ValueError) as error:
            raise GitError(f"{path!r} cannot be read: {error}", fix="ls -l") from error
        return found if found is not None else self._read_sparse(path)

    def _read_sparse(self, path: RepoPath) -> bytes | None:
        oid = self._listed.sparse.files.get(path)
        if oid is None or self._repo is None:
            return None
        return self._repo.blobs((oid,)).get(oid)

    def read_all(self, paths: Iterable[RepoPath]) -> dict[RepoPath, bytes]:
        """Return the content of many files; those not there are left out."""
        found = ((path, self.read(path)) for path in paths)
        return {path: read for path, read in found if read is not None}

    def paths(self) -> frozenset[RepoPath]:
        """Return all files that are tracked and there, or untracked and not ignored."""
        return self._paths

    @cached_property
    def _paths(self) -> frozenset[RepoPath]:
        if self._repo is None:
            return frozenset(self._walk(b""))
        listed = self._listed
        there = {p for p in listed.tracked.files if is_content(self._place(p))}
        # An environment that nobody ignores is still nobody's source, nor is compiled code.
        venvs = tuple(path[: -len("pyvenv.cfg")] for path in listed.others if _is_venv(path))
        for path in listed.others:
            if _CACHE in f"/{path}" or (venvs and path.startswith(venvs)):
                continue
            # A repository of its own that is no submodule is listed as a folder.
            there.update(self._walk(encoded(path)) if path.endswith("/") else (path,))
        return frozenset(there | listed.sparse.files.keys())

    def _walk(self, folder: bytes) -> Iterator[RepoPath]:
        """List files where git does not."""
        pending = [folder.rstrip(b"/")]
        while pending:
            here = pending.pop()
            try:
                with os.scandir(self._base + here) as scan:
                    entries = list(scan)
            except OSError:
                continue
            if here and any(entry.name in _NOT_SOURCES for entry in entries):
                continue
            for entry in entries:
                path = here + b"/" + entry.name if here else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _NEVER_LOOKED_INTO:
                        pending.append(path)
                elif entry.name != b".git":
                    yield decoded(path)

    def modified(self, path: RepoPath) -> float:
        """Return when a file was last changed in any way, as seconds; 0.0: not there."""
        try:
            return os.stat(self._place(path)).st_ctime  # noqa: PTH116 - bytes
        except (OSError, ValueError):
            return 0.0

    def below(self, folder: RepoPath) -> frozenset[RepoPath]:
        """Return the files below a folder on disk, ignored ones too; a file is below itself."""
        found = frozenset(self._walk(encoded(folder)))
        return found or frozenset({folder} if folder and self.oid(folder) is not None else ())

    def listing(self, folder: RepoPath) -> tuple[str, ...] | None:
        """Return every name in a folder on disk, ignored ones too; None: not there."""
        try:
            names = {decoded(name) for name in os.listdir(self._place(folder))}  # noqa: PTH208 - bytes
        except (FileNotFoundError, NotADirectoryError):
            names = set()
            if not self._sparse_names(folder):
                return None
        except (OSError, ValueError) as error:
            raise GitError(f"{folder!r} cannot be listed: {error}", fix="ls -ld") from error
        return tuple(sorted({*names, *self._sparse_names(folder)}, key=encoded))

    def _sparse_names(self, folder: RepoPath) -> set[str]:
        start = f"{folder}/" if folder else ""
        inside = (p[len(start) :] for p in self._listed.sparse.files if p.startswith(start))
        return {path.partition("/")[0] for path in inside}

    def link(self, path: RepoPath) -> str | None:
        """Return the target text of a symlink."""
        if path not in self._links:
            try:
                self._links[path] = decoded(link_target(self._place(path)))
            except (OSError, ValueError):
                self._links[path] = None
        return self._links[path]

    def executable(self, path: RepoPath) -> bool:
        """Tell whether its owner may execute what stands on disk."""
        return is_executable(self._place(path)) or path in self._listed.sparse.executable

    def gitlinks(self) -> Mapping[RepoPath, str]:
        """Return the commit each submodule has checked out, else the one that is staged."""
        return self._gitlinks

    @cached_property
    def _gitlinks(self) -> Mapping[RepoPath, str]:
        return {path: self._checked_out(path, c) for path, c in self._tracked_gitlinks()}

    def _tracked_gitlinks(self) -> Iterable[tuple[RepoPath, str]]:
        listed = self._listed
        return (*listed.tracked.gitlinks.items(), *listed.sparse.gitlinks.items())

    def _checked_out(self, path: RepoPath, staged: str) -> str:
        folder = Path(os.fsdecode(self._place(path)))
        if not (folder / ".git").exists():
            return staged
        repo = Repo.find(folder)
        return (repo and repo.head()) or UNKNOWN

    def unmerged(self) -> frozenset[RepoPath]:
        """Return the files in conflict."""
        return frozenset(self._listed.tracked.unmerged)


def _is_venv(path: RepoPath) -> bool:
    return path.endswith("/pyvenv.cfg")


def _parse(records: Iterable[str]) -> _Listed:
    """Read ``<tag> <mode> <oid> <stage>``, tab, path; and ``? <path>`` for what is untracked."""
    listed = _Listed()
    for record in records:
        if record.startswith("? "):
            listed.others.append(RepoPath(record[2:]))
            continue
        head, _, path = record.partition("\t")
        tag, mode, oid, stage = head.split(" ")
        if stage != "0":
            listed.tracked.unmerged.add(RepoPath(path))
        (listed.sparse if tag == "S" else listed.tracked).add(path, mode, oid)
    return listed
