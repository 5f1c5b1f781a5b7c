"""Names a recorded file mentions, analysed once for each content and kept in the index."""

from collections.abc import Mapping

from coverquery.git.trees import WorkTree
from coverquery.index.store import Store
from coverquery.model import Oid, RepoPath
from coverquery.source import names as source_names
from coverquery.source.names import ImportNames
from coverquery.source.reading import read
from coverquery.workspace.contents import Contents
from coverquery.workspace.outlines import OUTLINE

KIND = "imports/4"
"""Raised when ``source.names`` finds other things: old analyses are then made anew."""


def names_of(oid: Oid, contents: Contents, store: Store) -> ImportNames | None:
    """Return what a content mentions, None when it cannot be parsed or is no longer held."""
    kept = store.analysis(KIND, oid)
    if kept is not None:
        return ImportNames.from_json(kept)
    content = contents.get(oid)
    return None if content is None else source_names.imports(content)


Found = tuple[ImportNames, tuple[int, ...]]
"""What one content mentions, and where its top-level statements begin."""


class NameReader:
    """Names a module mentions: from the index, the working tree, or git, in this order.

    Args:
        store: the index.
        contents: what git and the index hold.
        worktree: the files as they are now.
        ahead: what was read from these contents already.
    """

    def __init__(
        self,
        store: Store,
        contents: Contents,
        worktree: WorkTree,
        ahead: Mapping[Oid, Found] | None = None,
    ) -> None:
        self._store = store
        self._contents = contents
        self._worktree = worktree
        self._fresh: dict[Oid, Found] = dict(ahead or {})

    def __call__(self, path: RepoPath, oid: Oid) -> ImportNames | None:
        """Return what the content of a file mentions, None when that cannot be told."""
        if oid in self._fresh:
            return self._fresh[oid][0]
        kept = self._store.analysis(KIND, oid)
        if kept is not None:
            return ImportNames.from_json(kept)
        content = self._worktree.read(path) if self._worktree.oid(path) == oid else None
        if content is None:
            content = self._contents.get(oid)
        found = None if content is None else read(content)
        if found is None:
            return None
        self._fresh[oid] = found
        return found[0]

    def save(self) -> None:
        """Keep what was worked out."""
        fresh, self._fresh = self._fresh, {}
        self._store.save_analyses(KIND, {oid: names.to_json() for oid, (names, _) in fresh.items()})
        self._store.save_analyses(
            OUTLINE, {oid: ",".join(map(str, outline)) for oid, (_, outline) in fresh.items()}
        )
