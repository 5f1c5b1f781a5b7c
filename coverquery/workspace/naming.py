"""What recorded files mention, worked out once for each content and kept in the index.

Integration only looks the texts over. What takes a parser is worked out when a question asks.
"""

from collections.abc import Iterator, Mapping

from coverquery.git.trees import WorkTree
from coverquery.index.store import Store
from coverquery.model import KnownBlob, Oid, RepoPath
from coverquery.source.glance import Glance, glance
from coverquery.source.names import ImportNames, imports
from coverquery.workspace.contents import Contents

KIND = "imports/4"
"""Raised when ``source.names`` finds other things: old analyses are then made anew."""

GLANCE = "glance/1"
"""Raised when ``source.glance`` does."""


def every_name(store: Store, contents: Contents) -> Iterator[tuple[KnownBlob, ImportNames | None]]:
    """Yield every recorded version with its names; None when it cannot be parsed or is gone."""
    blobs = store.known_blobs()
    kept = store.analyses(KIND)
    contents.fetch(blob.oid for blob in blobs if blob.oid not in kept)
    for blob in blobs:
        yield blob, _names(blob.oid, kept.get(blob.oid), contents, store)


def _names(oid: Oid, kept: str | None, contents: Contents, store: Store) -> ImportNames | None:
    if kept is not None:
        return ImportNames.from_json(kept)
    content = contents.get(oid)
    found = None if content is None else imports(content)
    if found is not None:
        store.worked_out[KIND, oid] = found.to_json()
    return found


class TextReader:
    """Texts of modules, from the working tree or git, and what is known of them.

    Args:
        store: the index.
        contents: what git and the index hold.
        worktree: the files as they are now.
        ahead: what was seen of these contents already.
    """

    def __init__(
        self,
        store: Store,
        contents: Contents,
        worktree: WorkTree,
        ahead: Mapping[Oid, Glance] | None = None,
    ) -> None:
        self._store = store
        self._contents = contents
        self._worktree = worktree
        self._kept = store.analyses(GLANCE)
        self._fresh = dict(ahead or {})

    def look(self, path: RepoPath, oid: Oid) -> Glance | None:
        """Return what the content of a file may mention at most, None when nobody has it."""
        if oid in self._kept:
            return Glance.from_text(self._kept[oid])
        if oid not in self._fresh:
            content = self._read(path, oid)
            if content is None:
                return None
            self._fresh[oid] = glance(content)
        return self._fresh[oid]

    def names(self, path: RepoPath, oid: Oid) -> ImportNames | None:
        """Return what the content of a file mentions, None when that cannot be told."""
        kept = self._store.analysis(KIND, oid)
        if kept is not None:
            return ImportNames.from_json(kept)
        content = self._read(path, oid)
        found = None if content is None else imports(content)
        if found is not None:
            self._store.worked_out[KIND, oid] = found.to_json()
        return found

    def save(self) -> None:
        """Keep what was worked out."""
        fresh, self._fresh = self._fresh, {}
        new = {oid: seen.to_text() for oid, seen in fresh.items() if oid not in self._kept}
        self._store.worked_out.update({(GLANCE, oid): text for oid, text in new.items()})
        self._store.save_worked_out()

    def _read(self, path: RepoPath, oid: Oid) -> bytes | None:
        content = self._worktree.read(path) if self._worktree.oid(path) == oid else None
        return self._contents.get(oid) if content is None else content
