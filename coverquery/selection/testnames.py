"""Which names of a test file mean something to pytest, and what a change of one comes to."""

from collections.abc import Container
from enum import Enum
from typing import NamedTuple

from coverquery.model import NodeId, RepoPath

CALLED_BY_PYTEST = frozenset({
    "setup_module", "teardown_module", "setup_function", "teardown_function", "setup_class",
    "teardown_class", "setup_method", "teardown_method", "setup", "teardown", "setUpModule",
    "tearDownModule", "setUpClass", "tearDownClass", "setUp", "tearDown", "asyncSetUp",
    "asyncTearDown", "load_tests", "pytestmark", "collect_ignore", "collect_ignore_glob",
    "__test__", "runTest", "doctest_namespace",
})  # fmt: skip
"""Names pytest and unittest look for by themselves."""


class Role(Enum):
    """What a name of a test file is to pytest."""

    CODE = "code"
    TEST = "test"
    ALL = "all"


class Parts(NamedTuple):
    """A node id in pieces: ``tests/a.py::C::test_x[1]`` has the names ``C`` and ``test_x``."""

    file: str
    names: tuple[str, ...]


def parts(nodeid: NodeId) -> Parts:
    """Take a node id apart, parameters left out."""
    file, *names = nodeid.split("[", maxsplit=1)[0].split("::")
    return Parts(file, tuple(names))


def role(symbol: str, known: frozenset[tuple[str, ...]], *, usual: bool) -> Role:
    """Say what a changed name of a test file is to pytest.

    Args:
        symbol: ``test_x``, ``C``, ``C.test_x``.
        known: the names of the tests found in this file so far.
        usual: pytest looks for tests by its usual names.
    """
    names = tuple(symbol.split("."))
    last = names[-1]
    if last in CALLED_BY_PYTEST or last.startswith("pytest_"):
        return Role.ALL
    if any(one[: len(names)] == names for one in known):
        return Role.TEST
    looks = last.startswith("test") or last.endswith(("Test", "Tests"))
    if looks or last.startswith("Test"):
        return Role.TEST if usual else Role.ALL
    return Role.CODE if usual else Role.ALL


def concerned(nodeid: NodeId, file: RepoPath, names: frozenset[str]) -> bool:
    """Is a test, or the class around it, one of these names of its file?"""
    found = parts(nodeid).names
    return bool(file) and any(".".join(found[:end]) in names for end in range(1, len(found) + 1))


def is_gone(nodeid: NodeId, file: RepoPath, gone: Container[tuple[RepoPath, str]]) -> bool:
    """Is a test, or the class around it, not in its file any more?"""
    found = parts(nodeid).names
    return any((file, ".".join(found[:end])) in gone for end in range(1, len(found) + 1))
