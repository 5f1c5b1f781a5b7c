"""The states of a project that can be compared by content."""

from coverquery.git.content import UNKNOWN, blob_oid
from coverquery.git.gittrees import CommitTree, StagedTree
from coverquery.git.tree import Tree, follow
from coverquery.git.worktree import WorkTree

__all__ = ["UNKNOWN", "CommitTree", "StagedTree", "Tree", "WorkTree", "blob_oid", "follow"]
