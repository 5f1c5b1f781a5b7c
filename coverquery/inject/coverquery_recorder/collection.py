"""What pytest collects: files' contexts, collection errors, and the tests that need not run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .contexts import Context, Contexts
from .data import Data
from .journal import Journal
from .places import Places


class Collection:
    """One session's collection."""

    def __init__(self, places: Places, contexts: Contexts, data: Data, journal: Journal) -> None:
        self._places = places
        self._contexts = contexts
        self._data = data
        self._journal = journal
        self._errors = 0
        self._inside: dict[str, str | None] = {}
        self._below: dict[Any, Context | None] = {}

    @contextmanager
    def collecting(self, collector: Any) -> Iterator[None]:
        """What runs while a collector collects belongs to its file."""
        context = self._of_file(collector)
        if context is None:
            yield
            return
        self._contexts.enter(context)
        try:
            self._looked_at(collector, context)
            yield
        finally:
            self._contexts.leave(context)

    def of_item(self, item: Any) -> Context | None:
        """Return the context in which an item was collected."""
        parent = item.parent
        if isinstance(item, pytest.File):
            return self._of_file(item)
        if parent not in self._below:
            self._below[parent] = self._of_file(item)
        return self._below[parent]

    def path(self, item: Any) -> str:
        """Return the project path of an item's file."""
        return self._relative(item) or item.nodeid.partition("::")[0]

    def reported(self, report: Any) -> None:
        """Note a failed collection."""
        if report.failed:
            self.error(report.nodeid.partition("::")[0], str(report.longrepr))

    def error(self, path: str, text: str) -> None:
        """Note an error that kept tests from being collected."""
        self._errors += 1
        self._journal.add("e", path, text)

    def collected(self, items: list[Any], *, complete: bool) -> None:
        """Note everything there is."""
        rows = [(item.nodeid, self.path(item)) for item in items]
        self._journal.add("n", rows, complete and not self._errors)
        self._contexts.write()
        self._journal.commit()

    def _of_file(self, node: Any) -> Context | None:
        file = node.getparent(pytest.File)
        if isinstance(file, pytest.Package):  # a folder, though a File before pytest 8
            return None
        path = self._relative(file) if file is not None else None
        return self._contexts.known("collect", path) if path is not None else None

    def _relative(self, node: Any) -> str | None:
        path = str(_path(node))
        if path not in self._inside:
            self._inside[path] = self._places.relative(path)
        return self._inside[path]

    def _looked_at(self, collector: Any, context: Context) -> None:
        path = context.path or ""
        if isinstance(collector, pytest.File):
            if not path.endswith(".py"):
                self._data.fact("raw", path, self._data.digest(path))
            elif type(collector).__name__ == "DoctestModule":
                self._data.fact("docstrings", path, self._data.digest(path))


def skip(items: list[Any], config: Any, nodeids: frozenset[str]) -> None:
    """Take the tests that need not run out of the list, in place."""
    dropped = [item for item in items if item.nodeid in nodeids]
    if dropped:
        items[:] = [item for item in items if item.nodeid not in nodeids]
        config.hook.pytest_deselected(items=dropped)


def _path(node: Any) -> Path:
    return getattr(node, "path", None) or Path(str(node.fspath))
