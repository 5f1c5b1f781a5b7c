"""What a change of pytest's own section can alter: outcomes, what is collected, or nothing."""

import re
import shlex
from collections.abc import Iterable
from typing import Any, NamedTuple

from coverquery.selection.options import Option, parsed

_PRINTED = frozenset(
    {"cache_dir", "console_output_style", "junit_duration_report", "junit_family",
     "junit_log_passing_tests", "junit_logging", "junit_suite_name", "log_cli_date_format",
     "log_cli_format", "log_file_date_format", "log_file_format", "verbosity_test_cases"}
)  # fmt: skip
"""Keys that change what a run prints and writes. Not ``log_format``: ``caplog.text`` has it."""

COLLECTING = ("testpaths", "python_files", "norecursedirs")
"""Keys that say which files are collected: tests that still are do the same."""

_STRICT = ("strict", "strict_markers", "filterwarnings")


class Background(NamedTuple):
    """What else decides whether a key matters.

    Attributes:
        pytest: the oldest pytest of the records, None when that is not known.
        options: given to pytest besides ``addopts``.
        nested: there are conftests below the folder pytest runs in; which of them are loaded
            before the others, ``testpaths`` decides.
    """

    pytest: tuple[int, ...] | None = None
    options: tuple[str, ...] = ()
    nested: bool = True


def same_outcomes(old: dict[str, Any] | None, new: dict[str, Any] | None, at: Background) -> bool:
    """Tell whether every test that both sections collect does the same under both."""
    if old is None or new is None:
        return old == new
    return _meant(old, at) == _meant(new, at)


def same_collection(old: dict[str, Any] | None, new: dict[str, Any] | None, at: Background) -> bool:
    """Tell whether both sections also find the same files."""
    found = [[(section or {}).get(key) for key in COLLECTING] for section in (old, new)]
    return found[0] == found[1] and same_outcomes(old, new, at)


def pytest_version(distributions: Iterable[str]) -> tuple[int, ...] | None:
    """Read pytest's version from the names of metadata folders."""
    for name in distributions:
        if name.startswith("pytest-") and name.endswith(".dist-info"):
            return _version(name.removeprefix("pytest-").removesuffix(".dist-info"))
    return None


def _meant(section: dict[str, Any], at: Background) -> dict[str, Any]:
    meant = {key: value for key, value in section.items() if key not in _PRINTED}
    options = [option.text for option in _options(section) if not option.only_prints]
    meant.pop("addopts", None)
    if options:
        meant["addopts"] = options
    if _is_met(str(meant.get("minversion", "")), at.pytest):
        meant.pop("minversion", None)
    if not _is_strict(section, [*options, *at.options]):
        meant.pop("markers", None)
    for key in COLLECTING:
        if key != "testpaths" or not at.nested:
            meant.pop(key, None)
    return meant


def _is_met(wanted: str, pytest: tuple[int, ...] | None) -> bool:
    """Tell whether ``minversion`` is no obstacle."""
    if not wanted:
        return True
    plain = re.fullmatch(r"\d+(\.\d+)*", wanted)
    return plain is not None and pytest is not None and _version(wanted) <= pytest


def _is_strict(section: dict[str, Any], options: Iterable[str]) -> bool:
    """Tell whether a mark nobody registered may be an error."""
    return any(key in section for key in _STRICT) or any(
        option.startswith(("--strict", "-W", "--pythonwarnings", "-o", "--override-ini"))
        for option in options
    )


def _options(section: dict[str, Any]) -> list[Option]:
    return list(parsed(words(section.get("addopts"))))


def words(value: Any) -> list[str]:
    """Read what pytest's configuration calls a list of words."""
    if isinstance(value, str):
        try:
            return shlex.split(value, comments=True)
        except ValueError:
            return value.split()
    return [str(word) for word in value] if isinstance(value, list) else []


def _version(text: str) -> tuple[int, ...]:
    plain = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, plain[0].split("."))) if plain else ()
