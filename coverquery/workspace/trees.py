"""The trees a question is about, and the paths that differ between them."""

from typing import NamedTuple

from coverquery.errors import GitError, UsageError
from coverquery.git.trees import CommitTree, StagedTree, WorkTree
from coverquery.index.manifests import latest_tree
from coverquery.index.store import Store
from coverquery.model import Oid, RepoPath
from coverquery.workspace.contents import Contents, SeenTree
from coverquery.workspace.place import Place


class Trees(NamedTuple):
    """What is compared.

    Attributes:
        base: the tree of ``--since``; None: the records are the baseline.
        target: working tree, staged files, or a commit.
        base_name: for display.
        target_name: for display.
        latest: path → content when the last run was recorded, for showing what changed since.
        worktree: the working tree, whatever is asked.
    """

    base: SeenTree | None
    target: SeenTree
    base_name: str
    target_name: str
    latest: dict[RepoPath, Oid]
    worktree: WorkTree

    @property
    def asked(self) -> tuple[SeenTree, ...]:
        """The trees an execution must hold for, the target last."""
        return (self.target,) if self.base is None else (self.base, self.target)

    def old_content(self, path: RepoPath, contents: Contents) -> bytes | None:
        """Return what stood in a file at the baseline, None when it was not there."""
        if self.base is not None:
            return self.base.read(path)
        oid = self.latest.get(path)
        return None if oid is None else contents.get(oid)

    def changed(self) -> tuple[RepoPath, ...]:
        """Return every path that differs between baseline and target, meaning or not."""
        old: dict[RepoPath, Oid | None] = dict(self.latest)
        if self.base is not None:
            old = {path: self.base.own_oid(path) for path in self.base.tree.paths()}
        paths = old.keys() | self.target.tree.paths()
        return tuple(sorted(p for p in paths if self.target.own_oid(p) != old.get(p)))


def trees_asked(
    place: Place, store: Store | None, since: str | None, to: str | None, *, staged: bool
) -> Trees:
    """Resolve what the user asked for to trees.

    Raises:
        UsageError: the options do not fit together.
        GitError: a revision is asked for outside git, or git fails.
        BadRevisionError: a revision does not name a commit.
    """
    if staged and to is not None:
        raise UsageError("--staged and --to exclude each other: give one target")
    stats = store.load_stats() if store else {}
    worktree = WorkTree(place.root, place.repo, stats)
    latest = latest_tree(store.index) if store else {}
    repo = place.repo
    if repo is None:
        if since is not None or to is not None or staged:
            option = "--since" if since is not None else "--to" if to is not None else "--staged"
            raise GitError(
                f"{option} needs git, and {place.root} is not in a git repository",
                fix="coverquery affected",
            )
        seen = SeenTree(worktree, worktree)
        return Trees(None, seen, "records", "worktree", latest, worktree)
    commit = None if since is None else repo.resolve(since)
    base = SeenTree(CommitTree(repo, commit, worktree=worktree), worktree) if commit else None
    if to is not None:
        target_commit = repo.resolve(to)
        target = SeenTree(CommitTree(repo, target_commit, worktree=worktree), worktree)
        name = target_commit[:7]
    elif staged:
        target, name = (
            SeenTree(StagedTree(repo, repo.hook_index_file(), worktree=worktree), worktree),
            "staged",
        )
    else:
        target, name = SeenTree(worktree, worktree), "worktree"
    return Trees(base, target, commit[:7] if commit else "records", name, latest, worktree)
