"""The states git holds: a commit, and what is staged."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from coverquery.errors import GitError
from coverquery.git.command import Command
from coverquery.git.content import UNKNOWN, blob_oid
from coverquery.git.pathnames import encoded, parents, split_nul
from coverquery.git.repo import Repo
from coverquery.git.tree import Tree, gitlink_above
from coverquery.model import Oid, RepoPath

SYMLINK, GITLINK, EXECUTABLE = "120000", "160000", "100755"


class Entries(NamedTuple):
    """What git lists. ``files`` holds symlinks, too."""

    files: dict[RepoPath, Oid]
    links: set[RepoPath]
    gitlinks: dict[RepoPath, str]
    unmerged: set[RepoPath]
    executable: set[RepoPath]

    @classmethod
    def none(cls) -> "Entries":
        """Return what can be added to."""
        return cls({}, set(), {}, set(), set())

    def add(self, path: str, mode: str, oid: str) -> None:
        """Take up one entry."""
        if mode == GITLINK:
            self.gitlinks[RepoPath(path)] = oid
            return
        self.files[RepoPath(path)] = Oid(oid)
        if mode == SYMLINK:
            self.links.add(RepoPath(path))
        elif mode == EXECUTABLE:
            self.executable.add(RepoPath(path))

    def below(self, folder: str) -> "Entries":
        """Return what stands below a folder, by its path from there."""
        if not folder:
            return self
        skip, start = len(folder) + 1, folder + "/"
        inside = {path: RepoPath(path[skip:]) for path in self.files if path.startswith(start)}
        return Entries(
            {short: self.files[path] for path, short in inside.items()},
            {short for path, short in inside.items() if path in self.links},
            {RepoPath(p[skip:]): c for p, c in self.gitlinks.items() if p.startswith(start)},
            {RepoPath(p[skip:]) for p in self.unmerged if p.startswith(start)},
            {short for path, short in inside.items() if path in self.executable},
        )


class GitTree:
    """A tree git holds, loaded by one process when first asked.

    ``folder`` is where the project stands below the repository's root, ``worktree`` what
    answers for the files of submodules that did not move (see ``Tree``).
    """

    def __init__(self, repo: Repo, label: str, folder: str, worktree: Tree | None) -> None:
        self.label = label
        self._repo = repo
        self._folder = folder
        self._worktree = worktree

    def _load(self) -> Entries:
        raise NotImplementedError

    @cached_property
    def _entries(self) -> Entries:
        return self._load().below(self._folder)

    @cached_property
    def _oids(self) -> Mapping[RepoPath, Oid]:
        """Content ids; a SHA-256 repository's own ids are not those of the records."""
        files = self._entries.files
        if self._repo.object_format == "sha1":
            return files
        contents = self._repo.blobs(files.values())
        known = {oid: blob_oid(content) for oid, content in contents.items()}
        return {path: known.get(oid, UNKNOWN) for path, oid in files.items()}

    @cached_property
    def _folders(self) -> Mapping[RepoPath, set[str]]:
        folders: defaultdict[RepoPath, set[str]] = defaultdict(set)
        for path in (*self._entries.files, *self._entries.gitlinks):
            child: str = path
            for parent in (*parents(path), RepoPath("")):
                names = folders[parent]
                name = child[len(parent) + 1 :] if parent else child
                if name in names:
                    break
                names.add(name)
                child = parent
        return folders

    def oid(self, path: RepoPath) -> Oid | None:
        """Return the content id of a file; see ``Tree`` for paths in submodules."""
        found = self._oids.get(path)
        if found is not None or not self._entries.gitlinks:
            return found
        gitlink = gitlink_above(path, self._entries.gitlinks)
        if gitlink is None:
            return None
        still = self._unmoved(gitlink)
        return still.oid(path) if still is not None else UNKNOWN

    def _unmoved(self, gitlink: RepoPath) -> Tree | None:
        """Return the working tree if its submodule stands at the commit it has here."""
        tree = self._worktree
        if tree is None or tree.gitlinks().get(gitlink) != self._entries.gitlinks[gitlink]:
            return None
        return tree

    def read(self, path: RepoPath) -> bytes | None:
        """Return a file's content; see ``Tree`` for paths in submodules."""
        return self.read_all((path,)).get(path)

    def read_all(self, paths: Iterable[RepoPath]) -> dict[RepoPath, bytes]:
        """Return the content of many files with one process."""
        here, found = dict[RepoPath, Oid](), dict[RepoPath, bytes]()
        for path in paths:
            oid = self._entries.files.get(path)
            if oid is not None:
                here[path] = oid
            elif (content := self._read_submodule(path)) is not None:
                found[path] = content
        contents = self._repo.blobs(here.values())
        for path, oid in here.items():
            if oid not in contents:
                text = f"the content of {path!r} at {self.label[:12]} is not in this clone"
                raise GitError(text, fix="git fetch --refetch")
            found[path] = contents[oid]
        return found

    def _read_submodule(self, path: RepoPath) -> bytes | None:
        gitlink = gitlink_above(path, self._entries.gitlinks)
        tree = self._unmoved(gitlink) if gitlink is not None else None
        return tree.read(path) if tree is not None else None

    def paths(self) -> frozenset[RepoPath]:
        """Return all files and symlinks."""
        return frozenset(self._entries.files)

    def listing(self, folder: RepoPath) -> tuple[str, ...] | None:
        """Return the names git has in a folder, which has no ignored files; None: not there."""
        names = self._folders.get(folder, set[str]() if folder == "" else None)
        if names is not None:
            return tuple(sorted(names, key=encoded))
        gitlinks = self._entries.gitlinks
        gitlink = folder if folder in gitlinks else gitlink_above(folder, gitlinks)
        tree = self._unmoved(gitlink) if gitlink is not None else None
        return tree.listing(folder) if tree is not None else None

    def link(self, path: RepoPath) -> str | None:
        """Return the target text of a symlink."""
        if path not in self._entries.links:
            return None
        return self.read_all((path,))[path].decode("utf-8", "surrogateescape")

    def executable(self, path: RepoPath) -> bool:
        """Tell whether git holds it as a file to be executed."""
        gitlink = gitlink_above(path, self._entries.gitlinks)
        tree = self._unmoved(gitlink) if gitlink is not None else None
        return path in self._entries.executable if tree is None else tree.executable(path)

    def gitlinks(self) -> Mapping[RepoPath, str]:
        """Return the commit of each submodule."""
        return self._entries.gitlinks

    def unmerged(self) -> frozenset[RepoPath]:
        """Return the files in conflict."""
        return frozenset(self._entries.unmerged)


class CommitTree(GitTree):
    """The files of a commit."""

    def __init__(
        self, repo: Repo, commit: str, *, folder: str = "", worktree: Tree | None = None
    ) -> None:
        super().__init__(repo, repo.full_id(commit), folder, worktree)

    def _load(self) -> Entries:
        entries = Entries.none()
        listed = self._repo.run("ls-tree", "-r", "-z", "--full-tree", self.label)
        for record in split_nul(listed):
            head, _, path = record.partition("\t")
            mode, _, oid = head.split(" ")
            entries.add(path, mode, oid)
        return entries


class StagedTree(GitTree):
    """What is staged; of a file in conflict, our side where there is one.

    Inside a hook this is the staged state git made for the hook (``GIT_INDEX_FILE``), which
    ``git commit -a`` and ``git commit FILE`` keep in a file of its own.
    """

    def __init__(
        self,
        repo: Repo,
        index_file: Path | None = None,
        *,
        folder: str = "",
        worktree: Tree | None = None,
    ) -> None:
        super().__init__(repo, "staged", folder, worktree)
        self._index_file = index_file or repo.hook_index_file()

    def _load(self) -> Entries:
        command = Command(("ls-files", "-s", "-z"), index_file=self._index_file)
        entries, ours = Entries.none(), set[str]()
        for record in split_nul(self._repo.ask(command).stdout):
            head, _, path = record.partition("\t")
            mode, oid, stage = head.split(" ")
            if stage != "0":
                entries.unmerged.add(RepoPath(path))
            # Stages come in order: 1 the merge base, 2 ours, 3 theirs.
            if stage == "2":
                ours.add(path)
            if stage != "3" or path not in ours:
                entries.add(path, mode, oid)
        return entries
