"""Who reads docstrings: by name anywhere in the project, or at all among the tests."""

from coverquery.index.store import Store
from coverquery.model import KnownBlob
from coverquery.source.names import ImportNames
from coverquery.workspace.contents import Contents
from coverquery.workspace.naming import names_of


class DocReaders:
    """Answers, from every recorded file's text, whether a docstring may be read."""

    def __init__(self, store: Store, contents: Contents) -> None:
        self._store = store
        self._contents = contents
        self._names: list[tuple[KnownBlob, ImportNames | None]] | None = None

    def named(self, symbol: str) -> bool:
        """Does any project file read the docstring of something of this name?"""
        last = symbol.rsplit(".", maxsplit=1)[-1]
        return any(names is None or (last and last in names.doc_reads) for _, names in self._all())

    def test_side_readers(self) -> frozenset[int]:
        """Return the contexts of test files and conftests that read docstrings of any kind.

        There the object is often a loop variable, so names say nothing.
        """
        tests = self._store.collected_files().keys()
        contexts: set[int] = set()
        for blob, names in self._all():
            is_test = blob.path in tests or blob.path.endswith("conftest.py")
            if is_test and (names is None or names.doc_reads):
                contexts.update(hit.context for hit in self._store.hits(blob.id, None))
        return frozenset(contexts)

    def _all(self) -> list[tuple[KnownBlob, ImportNames | None]]:
        if self._names is None:
            blobs = self._store.known_blobs()
            self._names = [
                (blob, names_of(blob.oid, self._contents, self._store)) for blob in blobs
            ]
        return self._names
