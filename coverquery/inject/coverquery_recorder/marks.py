"""``@pytest.mark.coverquery(always=True, depends=["data/*.json"])``: what a test says of itself."""

import glob
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .contexts import Context
from .data import Data

NAME = "coverquery"
LINE = (
    "coverquery(always=True, depends=[...]): "
    "always run this test; globs of files, from the repository's root, that it depends on"
)


class Marks:
    """The marks of all tests; what a glob finds is looked up once."""

    def __init__(self, root: str, run_folder: Path, data: Data) -> None:
        self._root = root
        self._manifest = run_folder / "tree.json"
        self._data = data
        self._listed: frozenset[str] | None = None
        self._found: dict[str, tuple[str, ...]] = {}

    def note(self, item: Any, test: Context) -> str | None:
        """Add what its marks say to the facts of a test; return why they cannot be understood."""
        always: bool | None = None
        globs: set[str] = set()
        for mark in item.iter_markers(NAME):
            said = dict(mark.kwargs)
            closest = said.pop("always", None)
            depends = said.pop("depends", ())
            given = (depends,) if isinstance(depends, str) else depends
            if mark.args or said or not _are_globs(given) or closest not in (None, True, False):
                return f"its coverquery mark is not understood: {_shown(mark)}"
            always = closest if always is None else always
            globs.update(os.path.normpath(one) for one in given)
        if always:
            self._data.fact_of(test, "always", ".", None)
        for pattern in sorted(globs):
            self._data.fact_of(test, "glob", pattern, None)
            for path in self._unlisted(pattern):
                self._data.fact_of(test, "raw", path, self._data.digest(path))
        return None

    def _unlisted(self, pattern: str) -> tuple[str, ...]:
        """Return matching files that git ignores: the list of the project's files lacks them."""
        if pattern not in self._found:
            listed = self._project_files()
            matching = glob.iglob(  # noqa: PTH207
                pattern, root_dir=self._root, recursive=True, include_hidden=True
            )
            paths = {path for one in matching for path in self._files(one)}
            self._found[pattern] = tuple(sorted(paths - listed))
        return self._found[pattern]

    def _files(self, path: str) -> Iterator[str]:
        full = os.path.join(self._root, path)  # noqa: PTH118  (plain strings, pathlib may be patched)
        if not os.path.isdir(full):  # noqa: PTH112
            yield path
            return
        for folder, _, names in os.walk(full):
            for name in names:
                yield os.path.relpath(os.path.join(folder, name), self._root)  # noqa: PTH118

    def _project_files(self) -> frozenset[str]:
        if self._listed is None:
            try:
                with open(self._manifest, encoding="utf-8") as file:  # noqa: PTH123
                    self._listed = frozenset(json.load(file)["files"])
            except (OSError, ValueError, KeyError, TypeError):
                self._listed = frozenset()
        return self._listed


def register(config: pytest.Config) -> None:
    """Register the mark where the project's environment does not have CoverQuery."""
    if not any(str(line).startswith(f"{NAME}(") for line in config.getini("markers")):
        config.addinivalue_line("markers", LINE)


def _are_globs(given: object) -> bool:
    return isinstance(given, list | tuple | set | frozenset) and all(map(_is_inside, given))


def _is_inside(pattern: object) -> bool:
    if not isinstance(pattern, str) or not pattern or pattern.startswith("/"):
        return False
    return os.path.normpath(pattern).partition("/")[0] not in {"..", "."}


def _shown(mark: Any) -> str:
    words = [*map(repr, mark.args), *(f"{name}={value!r}" for name, value in mark.kwargs.items())]
    return ", ".join(words)[:80]
