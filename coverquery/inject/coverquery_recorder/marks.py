"""``@pytest.mark.coverquery(always=True, depends=["data/*.json"])``: what a test says of itself."""

import os
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
    """The marks of all tests; what a glob finds is looked up when the run is over."""

    def __init__(self, data: Data) -> None:
        self._data = data

    def note(self, item: Any, test: Context) -> str | None:
        """Add what its marks say to the facts of a test; return why they cannot be understood."""
        if NAME not in item.keywords:  # 2 us instead of 4 for each test
            return None
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
        return None


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
