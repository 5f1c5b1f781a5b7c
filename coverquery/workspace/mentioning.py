"""What the recorded files mention, analysed once for each content and kept in the index."""

from coverquery.index.store import Store
from coverquery.model import KnownBlob, RepoPath
from coverquery.source.mentions import mentions
from coverquery.source.project import Project
from coverquery.source.syntax import UnreadableError, parse
from coverquery.source.usage import Mentions
from coverquery.workspace.contents import Contents

KIND = "mentions/13"
"""Raised when ``source.mentions`` finds other things."""


class Mentioning:
    """The project as the recorded versions of its files mention each other.

    Attributes:
        project: all files that can be read.
        blobs: by file, the recorded versions in the order of ``project.files``.
        unread: versions that cannot be read: they may mention anything.
    """

    def __init__(self, store: Store, contents: Contents) -> None:
        self.blobs: dict[RepoPath, list[KnownBlob]] = {}
        self.unread: list[KnownBlob] = []
        self._store = store
        known = store.known_blobs()
        kept = store.analyses(KIND)
        contents.fetch(blob.oid for blob in known if blob.oid not in kept)
        files: dict[RepoPath, list[Mentions]] = {}
        for blob in known:
            found = self._read(blob, kept.get(blob.oid), contents)
            if found is None:
                self.unread.append(blob)
            else:
                files.setdefault(blob.path, []).append(found)
                self.blobs.setdefault(blob.path, []).append(blob)
        self.project = Project(files)

    def _read(self, blob: KnownBlob, kept: str | None, contents: Contents) -> Mentions | None:
        if kept is not None:
            return Mentions.from_json(kept)
        content = contents.get(blob.oid)
        if content is None:
            return None
        try:
            found = mentions(parse(content))
        except (UnreadableError, RecursionError):
            return None
        self._store.worked_out[KIND, blob.oid] = found.to_json()
        return found
