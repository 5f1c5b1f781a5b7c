"""Old and new contents of files, wherever they are: git, the index's own copies, a tree."""

from collections.abc import Iterable

from coverquery.git.repo import Repo
from coverquery.git.trees import Tree, WorkTree, follow
from coverquery.index.store import Store
from coverquery.model import Oid, RepoPath
from coverquery.selection import globs


class Contents:
    """Reads contents by id, all that one question needs in one git process."""

    def __init__(self, repo: Repo | None, store: Store) -> None:
        self._repo = repo
        self._store = store
        self._held: dict[Oid, bytes | None] = {}

    def fetch(self, oids: Iterable[Oid]) -> None:
        """Read these together, so that ``get`` need not ask git one by one."""
        wanted = sorted(set(oids) - self._held.keys())
        if not wanted:
            return
        found = self._repo.blobs(wanted) if self._repo else {}
        for oid in wanted:
            self._held[oid] = found[oid] if oid in found else self._store.source(oid)

    def get(self, oid: Oid) -> bytes | None:
        """Return a content, None when nobody holds it any more."""
        self.fetch([oid])
        return self._held[oid]


class SeenTree:
    """A tree as a test run sees it: what git does not record is taken from the working tree.

    A generated or ignored file is in no commit, yet it was there when the tests ran and it is
    there now. Reading it as deleted would select everything, always.
    """

    def __init__(self, tree: Tree, worktree: WorkTree) -> None:
        self.tree = tree
        self.label = tree.label
        self._worktree = worktree
        self._is_worktree = tree is worktree
        self._oids: dict[RepoPath, Oid | None] = {}  # asked for three times each
        self._plain: dict[str, bool] = {}

    def oid(self, path: RepoPath) -> Oid | None:
        """Return the content's id at this path, links followed; None when nothing is there."""
        if path not in self._oids:
            self._oids[path] = self.own_oid(self._real(path))
        return self._oids[path]

    def _real(self, path: RepoPath) -> RepoPath:
        """Follow the links of a path; a folder without any is looked at once."""
        folder = path.rpartition("/")[0]
        if folder not in self._plain:
            self._plain[folder] = follow(self.tree, RepoPath(folder)) == folder
        if self._plain[folder] and self.tree.link(path) is None:
            return path
        return follow(self.tree, path) or path

    def read(self, path: RepoPath) -> bytes | None:
        """Return the content at this path, links followed; None when nothing is there."""
        path = self._real(path)
        found = self.tree.read(path)
        if found is not None or self._is_worktree or not self._outside_git(path):
            return found
        return self._worktree.read(path)

    def own_oid(self, path: RepoPath) -> Oid | None:
        """Return the content id of what stands at this path itself, a link's its target text's."""
        found = self.tree.oid(path)
        if found is not None or self._is_worktree or not self._outside_git(path):
            return found
        return self._worktree.oid(path)

    def link_oid(self, path: RepoPath) -> Oid | None:
        """Return the content id of a symlink's target text, None when it is no symlink."""
        tree = self.tree if self._is_worktree or not self._outside_git(path) else self._worktree
        return None if tree.link(path) is None else tree.oid(path)

    def kind(self, path: RepoPath) -> str | None:
        """Return ``file``, ``dir`` or None, links followed, as ``os.path.exists`` sees it."""
        if self.oid(path) is not None:
            return "file"
        real = self._real(path)
        return None if self.listing(real) is None else "dir"

    def mode(self, path: RepoPath) -> str | None:
        """Return ``x`` where a file may be executed, ``-`` where not, links followed."""
        if self.oid(path) is None:
            return None
        path = self._real(path)
        known = self._is_worktree or self.tree.oid(path) is not None
        return "x" if (self.tree if known else self._worktree).executable(path) else "-"

    def listing(self, folder: RepoPath) -> frozenset[str] | None:
        """Return the names in a folder; those git does not record are the working tree's."""
        on_disk = self._worktree.listing(folder)
        if self._is_worktree:
            return None if on_disk is None else frozenset(on_disk)
        prefix = f"{folder}/" if folder else ""
        recorded = {
            path[len(prefix) :].split("/", maxsplit=1)[0]
            for path in self._worktree.paths()
            if path.startswith(prefix)
        }
        unrecorded = frozenset(on_disk or ()) - recorded
        names = self.tree.listing(folder)
        return None if names is None and not unrecorded else unrecorded | frozenset(names or ())

    def found_by(self, pattern: str) -> list[RepoPath]:
        """Return the files a glob finds; those git does not record are the working tree's."""
        recorded = self._worktree.paths()
        ignored = self._worktree.below(globs.folder(pattern)) - recorded
        return globs.matching(self.tree.paths() | ignored, pattern)

    def _outside_git(self, path: RepoPath) -> bool:
        return path not in self._worktree.paths()
