"""Who may read a docstring: whoever names it, whoever is handed it, and those who read any."""

from coverquery.index.store import Store
from coverquery.model import KnownBlob
from coverquery.source.names import ImportNames
from coverquery.workspace.contents import Contents
from coverquery.workspace.naming import every_name


class DocReaders:
    """Answers, from every recorded file's text, whether a docstring may be read."""

    def __init__(self, store: Store, contents: Contents) -> None:
        self._store = store
        self._contents = contents
        self._names: list[tuple[KnownBlob, ImportNames | None]] | None = None

    def of_anything(self) -> frozenset[int]:
        """Return the contexts that ran code which may read any docstring there is.

        In test files and conftests that is any reading at all: the object is often a loop
        variable, so names say nothing. Elsewhere it takes a reader in a file that also looks
        attributes up by computed names, and somebody who ran it.
        """
        tests = self._store.collected_files().keys()
        contexts: set[int] = set()
        for blob, names in self._all():
            hits = [hit.context for hit in self._store.hits(blob.id, None)]
            if blob.path in tests or blob.path.endswith("conftest.py"):
                contexts.update(hits if names is None or names.doc_reads else ())
            elif names is None or (names.doc_reads and names.reflects):
                kinds = self._store.context_names(hits)
                contexts.update(
                    context
                    for context in hits
                    if (kinds[context].kind, kinds[context].label) != ("import", blob.path)
                )
        return frozenset(contexts)

    def _all(self) -> list[tuple[KnownBlob, ImportNames | None]]:
        if self._names is None:
            self._names = list(every_name(self._store, self._contents))
        return self._names
