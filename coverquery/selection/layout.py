"""Which files pytest would collect, read from its configuration without running it."""

import fnmatch
import tomllib
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from coverquery.model import RepoPath
from coverquery.selection.configuration import words

# The order of https://docs.pytest.org/en/stable/reference/customize.html
CONFIG_FILES = (
    "pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini",
    "pyproject.toml", "tox.ini", "setup.cfg",
)  # fmt: skip
_ALWAYS_COUNTS = frozenset(CONFIG_FILES[:4])
_INI_SECTION = {"setup.cfg": "tool:pytest"}
DEFAULT_PATTERNS = ("test_*.py", "*_test.py")


class Layout(NamedTuple):
    """What pytest's configuration says about where tests are.

    Attributes:
        patterns: ``python_files``.
        testpaths: folders from the root; empty means everywhere.
        suffixes: suffixes of collected files that are not Python (``.yaml``, ``.rst``).
        every_module: Python files of any name are collected (``--doctest-modules``).
    """

    patterns: tuple[str, ...] = DEFAULT_PATTERNS
    testpaths: tuple[str, ...] = ()
    suffixes: frozenset[str] = frozenset()
    every_module: bool = False

    def collects(self, path: RepoPath) -> bool:
        """May pytest find tests in a file of this name?"""
        if path.endswith(".py"):
            if not self.every_module and not any(_matches(path, one) for one in self.patterns):
                return False  # most files, and a path takes 5 µs to make
        elif not self.suffixes:
            return False
        pure = PurePosixPath(path)
        if self.testpaths and not any(_under(path, folder) for folder in self.testpaths):
            return False
        if any(part.startswith(".") for part in pure.parts[:-1]):
            return False
        return pure.suffix == ".py" or pure.suffix in self.suffixes


def layout(section: dict[str, Any] | None, project: str, collected: Iterable[RepoPath]) -> Layout:
    """Build the layout from pytest's section and from what was collected before.

    Args:
        section: pytest's own section, or None.
        project: the folder pytest runs in, from the root, ``""`` for the root itself.
        collected: files tests were found in so far.
    """
    section = section or {}
    patterns = tuple(words(section.get("python_files"))) or DEFAULT_PATTERNS
    found = [PurePosixPath(path) for path in collected]
    odd = any(
        path.suffix == ".py"
        and path.name not in ("conftest.py", "__init__.py")
        and not any(_matches(str(path), pattern) for pattern in patterns)
        for path in found
    )
    folders = (_join(project, word) for word in words(section.get("testpaths")))
    return Layout(
        patterns,
        tuple(folder for folder in folders if "*" not in folder),
        frozenset(path.suffix for path in found if path.suffix not in (".py", "")),
        odd or "--doctest-modules" in words(section.get("addopts")),
    )


def pytest_section(name: str, content: bytes) -> dict[str, Any] | None:
    """Return pytest's own section of a configuration file, ``{}`` if empty, None if there is none.

    A file that cannot be parsed is returned as its whole content: any change of it counts.
    """
    try:
        text = content.decode("utf-8")
        if name.endswith(".toml"):
            return _toml_section(name, text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {"": content.hex()}
    import configparser  # start-up time

    try:
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.read_string(text)
    except configparser.Error:
        return {"": content.hex()}
    wanted = _INI_SECTION.get(name, "pytest")
    if parser.has_section(wanted):
        return dict(parser.items(wanted))
    return {} if name in _ALWAYS_COUNTS else None


def _toml_section(name: str, text: str) -> dict[str, Any] | None:
    table = tomllib.loads(text)
    if name == "pyproject.toml":
        table = table.get("tool", {})
        if "pytest" not in table:
            return None
        section = dict(table["pytest"])
    else:
        section = dict(table.get("pytest", {}))
    options = section.pop("ini_options", None)
    return {**section, **options} if isinstance(options, dict) else section


def _matches(path: str, pattern: str) -> bool:
    if "/" in pattern:
        return fnmatch.fnmatch(path, f"*/{pattern.lstrip('/')}") or fnmatch.fnmatch(path, pattern)
    return fnmatch.fnmatch(path.rpartition("/")[2], pattern)


def _under(path: RepoPath, folder: str) -> bool:
    return folder in ("", ".") or path == folder or path.startswith(f"{folder}/")


def _join(project: str, word: str) -> str:
    parts = [part for part in (*project.split("/"), *word.split("/")) if part not in ("", ".")]
    return "/".join(parts)
