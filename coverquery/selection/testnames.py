"""Which names of a test file mean something to pytest, and what a change of one comes to."""

from enum import Enum

from coverquery.model import NodeId

CALLED_BY_PYTEST = frozenset({
    "setup_module", "teardown_module", "setup_function", "teardown_function", "setup_class",
    "teardown_class", "setup_method", "teardown_method", "setup", "teardown", "setUpModule",
    "tearDownModule", "setUpClass", "tearDownClass", "setUp", "tearDown", "asyncSetUp",
    "asyncTearDown", "load_tests", "pytestmark", "collect_ignore", "collect_ignore_glob",
    "__test__", "runTest", "doctest_namespace",
})  # fmt: skip
"""Names pytest and unittest look for by themselves."""

AROUND_TESTS = frozenset({
    "setup_class", "teardown_class", "setup_method", "teardown_method", "setup", "teardown",
    "setUpClass", "tearDownClass", "setUp", "tearDown", "asyncSetUp", "asyncTearDown",
})  # fmt: skip
"""In a class these are called for its own tests, and those of classes that derive from it."""

FIXTURES = frozenset({
    "LineMatcher", "cache", "capfd", "capfdbinary", "caplog", "capsys", "capsysbinary",
    "capteesys", "class_mocker", "cov", "doctest_namespace", "event_loop", "event_loop_policy",
    "linecomp", "mocker", "module_mocker", "monkeypatch", "no_cover", "package_mocker",
    "pytestconfig", "pytester", "record_property", "record_testsuite_property",
    "record_xml_attribute", "recwarn", "request", "session_mocker", "subtests", "testdir",
    "testrun_uid", "tmp_path", "tmp_path_factory", "tmpdir", "tmpdir_factory",
    "unused_tcp_port", "unused_tcp_port_factory", "unused_udp_port", "unused_udp_port_factory",
    "worker_id",
})  # fmt: skip
"""Fixtures of pytest and of the plugins in ``source.copying.KNOWN_PLUGINS``."""

LIST_FIXTURES = frozenset({
    ".fixturenames", "._fixturemanager", "._arg2fixturedefs", ".getfixtureinfo", ".getfixturedefs",
    ".getfixturevalue", ".getfixtureclosure", ".funcargnames",
})  # fmt: skip
"""What code says that may look for fixtures under names nobody writes down."""


class Role(Enum):
    """What a name of a test file is to pytest."""

    CODE = "code"
    TEST = "test"
    ALL = "all"


def names_of(nodeid: NodeId) -> tuple[str, ...]:
    """Return ``C`` and ``test_x`` for ``tests/a.py::C::test_x[1]``."""
    _, *names = nodeid.split("[", maxsplit=1)[0].split("::")
    return tuple(names)


def symbols_of(nodeid: NodeId) -> frozenset[str]:
    """Return the symbols of its file that a test stands or falls with: ``C`` and ``C.test_x``."""
    names = names_of(nodeid)
    return frozenset(".".join(names[:end]) for end in range(1, len(names) + 1))


def role(symbol: str, known: frozenset[tuple[str, ...]], *, usual: bool) -> Role:
    """Say what a changed name of a test file is to pytest.

    Args:
        symbol: ``test_x``, ``C``, ``C.test_x``.
        known: the names of the tests found in this file so far.
        usual: pytest looks for tests by its usual names.
    """
    names = tuple(symbol.split("."))
    last = names[-1]
    if len(names) > 1 and last in AROUND_TESTS:
        return Role.CODE
    if last in CALLED_BY_PYTEST or last.startswith("pytest_"):
        return Role.ALL
    if any(one[: len(names)] == names for one in known):
        return Role.TEST
    looks = last.startswith("test") or last.endswith(("Test", "Tests"))
    if looks or last.startswith("Test"):
        return Role.TEST if usual else Role.ALL
    return Role.CODE if usual else Role.ALL
