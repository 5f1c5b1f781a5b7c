"""What a change of pytest's own section can alter."""

import pytest

from coverquery.selection.configuration import (
    Background,
    pytest_version,
    same_collection,
    same_outcomes,
)
from coverquery.selection.layout import pytest_section

HERE = Background(pytest=(8, 3, 4), nested=False)


Section = dict[str, object] | None


def sections(old: str, new: str) -> tuple[Section, Section]:
    return section(old), section(new)


def section(text: str) -> Section:
    return pytest_section("pytest.ini", f"[pytest]\n{text}\n".encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "# said\n"),
        ("xfail_strict = true\ncache_dir = a", "cache_dir = b\nxfail_strict = true"),
        ("addopts = -q", "addopts = -v -ra --tb=short --durations 5 --color=yes"),
        ("addopts = -x -q", "addopts = -qx"),
        ("", "junit_family = xunit1"),
        ("", "log_cli_format = x\nlog_file_format = y"),
        ("", "minversion = 8.1"),
        ("minversion = 7", "minversion = 8.3.4"),
        ("", "markers =\n    slow: takes long"),
        ("testpaths = a", "testpaths = b"),
        ("", "python_files = check_*.py"),
        ("", "norecursedirs = data"),
    ],
)
def test_what_cannot_alter_an_outcome(old: str, new: str) -> None:
    assert same_outcomes(*sections(old, new), HERE)
    assert same_outcomes(*sections(new, old), HERE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "filterwarnings = error"),
        ("", "xfail_strict = true"),
        ("", "pythonpath = src"),
        ("", "usefixtures = clean"),
        ("asyncio_mode = auto", "asyncio_mode = strict"),
        ("", "addopts = -p no:warnings"),
        ("", "addopts = -p no:cacheprovider"),  # the fixture `cache`
        ("addopts = -m fast", "addopts = -m slow"),
        ("addopts = -k a", "addopts = -k b"),
        ("", "addopts = --strict-markers"),
        ("", "addopts = -n 2"),
        ("", "addopts = -s"),
        ("", "addopts = --import-mode=importlib"),
        ("", "addopts = --some-plugins-option"),
        ("", "addopts = --log-format=%(message)s"),  # `caplog.text`
        ("", "log_format = %%(message)s"),
        ("", "log_cli_level = DEBUG"),  # the root logger's level
        ("", "log_level = DEBUG"),
        ("", "minversion = 8.4"),
        ("minversion = 8.4rc1", ""),
        ("", "required_plugins = pytest-nothing"),
        ("", "python_functions = check_*"),
        ("", "a_plugins_key = 1"),
        ("addopts = --strict-markers", "addopts = --strict-markers\nmarkers = slow"),
        ("filterwarnings = error", "filterwarnings = error\nmarkers = slow"),
        ("strict = true", "strict = true\nmarkers = slow"),
        ("filterwarnings =\n    error\n    ignore:a", "filterwarnings =\n    ignore:a\n    error"),
    ],
)
def test_what_may_alter_an_outcome(old: str, new: str) -> None:
    assert not same_outcomes(*sections(old, new), HERE)
    assert not same_outcomes(*sections(new, old), HERE)


def test_strictness_may_come_from_the_command_line() -> None:
    old, new = sections("", "markers = slow")
    assert not same_outcomes(old, new, HERE._replace(options=("--strict-markers",)))
    assert not same_outcomes(old, new, HERE._replace(options=("-Werror",)))


def test_testpaths_decide_which_conftests_come_first() -> None:
    old, new = sections("", "testpaths = tests")
    assert not same_outcomes(old, new, HERE._replace(nested=True))


def test_a_section_that_appears_or_goes_counts() -> None:
    assert not same_outcomes(None, {}, HERE)
    assert not same_outcomes({}, None, HERE)


def test_a_version_nobody_knows_meets_nothing() -> None:
    assert not same_outcomes(*sections("", "minversion = 6.0"), HERE._replace(pytest=None))


def test_what_decides_about_files_is_told_apart() -> None:
    assert not same_collection(*sections("", "testpaths = b"), HERE)
    assert not same_collection(*sections("", "norecursedirs = b"), HERE)
    assert not same_collection(*sections("", "addopts = --ignore=a"), HERE)
    assert same_collection(*sections("addopts = -q", "addopts = -v"), HERE)


def test_pytests_version_is_read_from_its_metadata_folder() -> None:
    assert pytest_version(["pytest_cov-5.0.dist-info", "pytest-8.3.4.dist-info"]) == (8, 3, 4)
    assert pytest_version(["pytest-9.0.0rc1.dist-info"]) == (9, 0, 0)
    assert pytest_version([]) is None
