"""What pytest's arguments mean for a run: for the environment, for how much of the suite it is."""

import shlex
from collections.abc import Iterable, Mapping

from coverquery.selection.options import Option, parsed

_NARROWING = frozenset(
    {"--ignore", "--ignore-glob", "--deselect", "--lf", "--last-failed", "--sw", "--stepwise",
     "-k", "-m", "--confcutdir", "-c", "--config-file", "--rootdir"}
)  # fmt: skip
_NARROWING_SETTINGS = ("testpaths", "python_", "norecursedirs", "collect")
_DEBUGGING = frozenset({"--pdb", "--trace"})


def neutral(args: Iterable[str]) -> tuple[str, ...]:
    """Return the options that can change what a test does, in order, in one spelling."""
    return tuple(option.text for option in parsed(tuple(args)) if option.may_matter)


def with_standing(args: Iterable[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what pytest really gets: ``PYTEST_ADDOPTS`` before the words of the command."""
    text = environ.get("PYTEST_ADDOPTS", "")
    try:
        return (*shlex.split(text), *args)
    except ValueError:  # pytest itself will complain; until then it is one unknown option
        return (text, *args)


def may_narrow(args: Iterable[str]) -> bool:
    """Say whether these arguments may keep pytest from wanting to run everything there is."""
    return any(_narrows(option) for option in parsed(tuple(args)))


def _narrows(option: Option) -> bool:
    if option.name in {"-o", "--override-ini"}:
        return (option.value or "").startswith(_NARROWING_SETTINGS)
    return not option.name or not option.sure or option.name in _NARROWING


def is_interactive(args: Iterable[str]) -> bool:
    """Say whether pytest is asked to talk with the user."""
    return any(option.name in _DEBUGGING for option in parsed(tuple(args)))


def value_of(args: Iterable[str], *names: str) -> str | None:
    """Return the last value given to an option under any of its long names."""
    found = [option.value for option in parsed(tuple(args)) if option.name in names]
    return found[-1] if found else None


def blocked_plugins(args: Iterable[str]) -> frozenset[str]:
    """Return the plugins that ``-p no:NAME`` switches off."""
    values = [option.value or "" for option in parsed(tuple(args)) if option.name == "-p"]
    return frozenset(value[3:] for value in values if value.startswith("no:"))
