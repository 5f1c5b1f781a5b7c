"""What the states of a project have in common, whether git, the disk or an index holds them."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from coverquery.git.pathnames import parents
from coverquery.model import Oid, RepoPath

_LONGEST_CHAIN = 40  # of symlinks, as the kernel has it


class Tree(Protocol):
    """One state of the project's files.

    ``oid`` follows no symlink (see ``follow``). A submodule is one gitlink, not files: its
    folder has no ``oid``, ``paths`` holds nothing below it. Asked for a path below a gitlink,
    the working tree answers from disk, and the other trees answer the same if the submodule's
    commit is the same there, else ``UNKNOWN``: not absent, and equal to nothing recorded.
    """

    @property
    def label(self) -> str:
        """``worktree``, ``staged`` or a commit id."""

    def oid(self, path: RepoPath) -> Oid | None:
        """Return the content id of a file, of a symlink's target text; None: not there."""

    def read(self, path: RepoPath) -> bytes | None:
        """Return the content of a file, of a symlink its target text; None: not there."""

    def read_all(self, paths: Iterable[RepoPath]) -> dict[RepoPath, bytes]:
        """Return the content of many files at once; those not there are left out."""

    def paths(self) -> frozenset[RepoPath]:
        """Return all files and symlinks."""

    def listing(self, folder: RepoPath) -> tuple[str, ...] | None:
        """Return the names in a folder (``""`` is the root), sorted; None: not there."""

    def link(self, path: RepoPath) -> str | None:
        """Return the target text of a symlink; None for anything else."""

    def executable(self, path: RepoPath) -> bool:
        """Tell whether a file may be executed by its owner."""

    def gitlinks(self) -> Mapping[RepoPath, str]:
        """Return the commit of each submodule."""

    def unmerged(self) -> frozenset[RepoPath]:
        """Return the files in conflict."""


def follow(tree: Tree, path: RepoPath) -> RepoPath | None:
    """Return where a path leads once symlinks are followed, as ``open`` does.

    None: out of the project, or round in a circle.
    """
    todo, done = path.split("/")[::-1], list[str]()
    links = 0
    while todo:
        name = todo.pop()
        if name == ".." and not done:
            return None
        if name == "..":
            done.pop()
        elif name not in {"", "."}:
            done.append(name)
            target = tree.link(RepoPath("/".join(done)))
            if target is not None:
                links += 1
                if links > _LONGEST_CHAIN or target.startswith("/"):
                    return None
                done.pop()
                todo += target.split("/")[::-1]
    return RepoPath("/".join(done))


def gitlink_above(path: RepoPath, gitlinks: Mapping[RepoPath, str]) -> RepoPath | None:
    """Return the submodule a path is in."""
    if not gitlinks:
        return None
    return next((folder for folder in parents(path) if folder in gitlinks), None)
