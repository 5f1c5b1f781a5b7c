"""What contents executions depended on, to tell whether two of them saw the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from coverquery.index.db import Index, unbound
from coverquery.index.intern import want
from coverquery.model import RepoPath

_REACHED = """
WITH RECURSIVE reached (execution, context) AS (
    SELECT execution.id, context FROM temp.wanted JOIN execution ON execution.id = value
    UNION
    SELECT execution, link.target FROM reached JOIN link ON link.source = reached.context
)
"""
_BLOBS = (
    _REACHED
    + """
SELECT DISTINCT execution, path, oid FROM reached
JOIN line_fact ON line_fact.context = reached.context
JOIN blob ON blob.id = line_fact.blob JOIN file ON file.id = blob.file
"""
)
_DATA = (
    _REACHED
    + """
SELECT DISTINCT execution, view, path, digest FROM reached
JOIN data_use ON data_use.context = reached.context
JOIN data ON data.id = data_use.data JOIN file ON file.id = data.file
"""
)

Key = tuple[str, RepoPath]
"""How a file was looked at (``code`` or a view of data), and its path."""


@dataclass(slots=True)
class ContentsSeen:
    """What one execution saw: content ids and digests, more than one where it changed."""

    seen: dict[Key, set[str]] = field(default_factory=dict)

    @property
    def paths(self) -> frozenset[RepoPath]:
        """Every file it ran code of or looked at."""
        return frozenset(path for _, path in self.seen)

    @property
    def absent(self) -> frozenset[RepoPath]:
        """Every file it looked for and did not find."""
        return frozenset(path for (_, path), digests in self.seen.items() if "" in digests)

    def agrees(
        self, other: "ContentsSeen", mine: frozenset[RepoPath], theirs: frozenset[RepoPath]
    ) -> bool:
        """Tell whether nothing that both looked at can make a difference between them.

        Two runs of a deterministic test part ways only where both look at something that
        differs: a file of another content, or one that only one of them found.

        Args:
            other: what another execution saw.
            mine: the files there were when this one was recorded.
            theirs: the files there were when the other one was.
        """
        if any(self.seen[key] != other.seen[key] for key in self.seen.keys() & other.seen.keys()):
            return False
        if (self.absent ^ other.absent) & self.paths & other.paths:
            return False
        alone = self.paths ^ other.paths
        return not any((path in mine) != (path in theirs) for path in alone)


def contents_seen(index: Index, executions: Iterable[int]) -> Mapping[int, ContentsSeen]:
    """Return what these executions saw, themselves and through what they depend on."""
    ids = list(executions)
    want(index, ids)
    found = {ident: ContentsSeen() for ident in ids}
    for execution, path, oid in index.rows(_BLOBS):
        found[execution].seen.setdefault(("code", RepoPath(unbound(path))), set()).add(oid)
    for execution, view, path, digest in index.rows(_DATA):
        found[execution].seen.setdefault((view, RepoPath(unbound(path))), set()).add(digest)
    return found
