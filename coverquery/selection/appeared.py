"""What a file that was not there when a test was recorded can mean for the test."""

import sys
from pathlib import PurePosixPath
from typing import NamedTuple

from coverquery.model import RepoPath
from coverquery.selection import layout

NEVER_HIDDEN = frozenset({
    "sys", "builtins", "marshal", "posix", "gc", "time", "itertools", "errno", "signal", "atexit",
    "faulthandler", "_thread", "_imp", "_io", "_abc", "_codecs", "_collections", "_functools",
    "_operator", "_sre", "_stat", "_string", "_warnings", "_weakref",
})  # fmt: skip
"""Modules that are part of every CPython itself: no file is looked for."""


class Appearance(NamedTuple):
    """The consequences of one new file.

    Attributes:
        path: the file.
        everything: it can concern every test.
        folder: it concerns the tests in files below this folder; None for no folder.
        module: an import somewhere may now find it.
    """

    path: RepoPath
    everything: bool = False
    folder: RepoPath | None = None
    module: bool = False


def appearance(
    path: RepoPath, content: bytes, siblings: tuple[str, ...], installed: frozenset[str]
) -> Appearance:
    """Say what a new file can mean.

    Args:
        path: the new file.
        content: what is in it.
        siblings: the names in its folder.
        installed: top-level names of the installed distributions.
    """
    pure = PurePosixPath(path)
    folder = RepoPath("" if str(pure.parent) == "." else str(pure.parent))
    if pure.name in layout.CONFIG_FILES:
        has_section = layout.pytest_section(pure.name, content) is not None
        return Appearance(path, everything=has_section)
    if pure.name in ("conftest.py", "__init__.py"):
        return Appearance(path, folder=folder, module=pure.name == "__init__.py")
    if pure.suffix not in (".py", ".so", ".pyd"):
        return Appearance(path)
    name = pure.name.split(".", maxsplit=1)[0]
    # A folder without __init__.py may be on sys.path (pytest itself puts such there), where
    # a module hides the standard library's and the installed ones of the same name.
    on_path = "__init__.py" not in siblings
    standard = name in sys.stdlib_module_names and name not in NEVER_HIDDEN
    hides = standard or name in installed
    return Appearance(path, everything=on_path and hides, module=True)


def installed_names(distributions: tuple[str, ...]) -> frozenset[str]:
    """Guess top-level module names from ``name-version.dist-info`` folder names."""
    return frozenset(
        one.split("-", maxsplit=1)[0].replace(".", "_").lower() for one in distributions
    )
