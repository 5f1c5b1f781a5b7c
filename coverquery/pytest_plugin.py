"""The pytest plugin: options and marker, inert unless one of its options is given.

Loaded into every pytest of an environment that has CoverQuery, so it imports nothing but
pytest itself.
"""

import pytest

_OPTIONS = (
    ("--cq", "run the tests the changes affect, and record what they execute"),
    ("--cq-record", "run the tests that were asked for, and record what they execute"),
    ("--cq-select", "run the tests the changes affect, and record nothing"),
    ("--cq-order-only", "run everything, the affected tests first"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option group."""
    group = parser.getgroup("coverquery", "tests affected by changes")
    for name, text in _OPTIONS:
        group.addoption(name, action="store_true", default=False, help=text)
    group.addoption(
        "--cq-since", metavar="REV", default=None, help="run the tests the changes since REV affect"
    )
    group.addoption(
        "--no-cq", action="store_true", default=False, help="ignore the other --cq options"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; send whoever wants a selection to the command that makes it."""
    config.addinivalue_line(
        "markers",
        "coverquery(always=True, depends=[...]): "
        "always run this test; globs of files, from the repository's root, that it depends on",
    )
    if config.getoption("--no-cq"):
        return
    given = [name for name, _ in _OPTIONS if config.getoption(name)]
    if config.getoption("--cq-since") is not None:
        given.append("--cq-since")
    if given:
        raise pytest.UsageError(f"{given[0]} cannot work inside pytest yet: use `coverquery run`")
