"""Which lines of the target are new, for naming the changed lines a failing test executed."""

from coverquery.git.diff import file_hunks
from coverquery.git.trees import CommitTree
from coverquery.index.store import Store
from coverquery.lines import LineSet
from coverquery.model import Oid, RepoPath
from coverquery.workspace.contents import Contents, SeenTree
from coverquery.workspace.place import Place
from coverquery.workspace.trees import Trees


def changed_lines(place: Place, store: Store, trees: Trees) -> dict[RepoPath, LineSet]:
    """Return the changed lines of the target by file.

    The baseline is what was asked for, else HEAD and the newest run together: after an edit
    was run and failed, or was committed, the failure is still about that edit.
    """
    contents = Contents(place.repo, store)
    olds: dict[RepoPath, bytes] = {}
    for path in trees.changed():
        oid = trees.latest.get(path)
        olds[path] = (trees.base.read(path) or b"") if trees.base else _held(contents, oid)
    if trees.base is None and place.repo and (head := place.repo.head()):
        committed = SeenTree(CommitTree(place.repo, head), trees.worktree)
        for path in trees.target.tree.paths():
            if committed.oid(path) != trees.target.oid(path):
                olds[path] = committed.read(path) or b""
    lines: dict[RepoPath, LineSet] = {}
    for path, old in olds.items():
        new = trees.target.read(path)
        if new is not None:
            lines[path] = _new_lines(old, new)
    return lines


def _held(contents: Contents, oid: Oid | None) -> bytes:
    return (contents.get(oid) if oid else None) or b""


def _new_lines(old: bytes, new: bytes) -> LineSet:
    found = LineSet()
    for hunk in file_hunks(old, new):
        found |= hunk.new_lines
    return found
