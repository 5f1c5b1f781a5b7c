"""Which of pytest's options can change what a test does, and which cannot.

Unknown options count as meaningful: a needless new environment costs a run, a missed one
would let a record from a different set-up hold.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHORT_VALUED = frozenset("kmnrpcoW")
_SHORT_NEUTRAL = frozenset("vqxkmnrldf")
_SHORT_LONG = {"s": "--capture=no"}

_NEUTRAL_FLAGS = _words(
    """
    --verbose --quiet --exitfirst --lf --last-failed --ff --failed-first --nf --new-first
    --sw --stepwise --sw-skip --stepwise-skip --sw-reset --stepwise-reset --cache-clear
    --collect-only --co --setup-show --pdb --trace --full-trace --showlocals --no-showlocals
    --no-header --no-summary --no-fold-skipped --force-short-summary --disable-warnings
    --disable-pytest-warnings --xfail-tb --continue-on-collection-errors --looponfail
    --self-contained-html --keep-duplicates --cov-branch --cov-append --cov-reset --no-cov
    --no-cov-on-fail --fixtures --markers --json-report
    """
)
_NEUTRAL_VALUED = _words(
    """
    --maxfail --tb --durations --durations-min --verbosity --color --code-highlight
    --show-capture --junit-xml --junitxml --junit-prefix --junitprefix --lfnf
    --last-failed-no-failures --numprocesses --maxprocesses --dist --max-worker-restart
    --ignore --ignore-glob --deselect --pdbcls --pastebin --report-log --html --css
    --json-report-file --log-file --log-file-format --log-file-date-format --log-format
    --log-date-format --log-cli-format --log-cli-date-format --cov-report --cov-config
    --cov-fail-under --cov-context --cov-precision
    """
)
_NEUTRAL_OPTIONAL = frozenset({"--cov"})
_MEANT_VALUED = _words(
    """
    --capture --import-mode --rootdir --confcutdir --basetemp --assert --override-ini
    --pythonwarnings --config-file --log-level --log-cli-level --log-file-level --timeout
    --reruns --reruns-delay --asyncio-mode --randomly-seed --doctest-glob --tx --px --rsyncdir
    """
)
_NEUTRAL_PLUGINS = frozenset({"no:cacheprovider", "no:junitxml", "no:stepwise"})
_NARROWING = _words(
    "--ignore --ignore-glob --deselect --lf --last-failed --sw --stepwise -k -m"
    " --confcutdir -c --config-file --rootdir"
)
_NARROWING_SETTINGS = ("testpaths", "python_", "norecursedirs", "collect")
_DEBUGGING = frozenset({"--pdb", "--trace"})


class _Option(NamedTuple):
    """One option with its value, or a positional argument (``name`` is empty)."""

    name: str
    value: str | None
    sure: bool = True

    @property
    def text(self) -> str:
        """The one spelling that stands for all of its spellings."""
        if not self.name or self.value is None:
            return self.name or self.value or ""
        return f"{self.name}={self.value}" if self.name.startswith("--") else self.name + self.value


def neutral(args: Iterable[str]) -> tuple[str, ...]:
    """Return the options that can change what a test does, in order, in one spelling."""
    return tuple(option.text for option in _parse(tuple(args)) if _is_meant(option))


def with_standing(args: Iterable[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what pytest really gets: ``PYTEST_ADDOPTS`` before the words of the command."""
    text = environ.get("PYTEST_ADDOPTS", "")
    try:
        return (*shlex.split(text), *args)
    except ValueError:  # pytest itself will complain; until then it is one unknown option
        return (text, *args)


def may_narrow(args: Iterable[str]) -> bool:
    """Say whether these arguments may keep pytest from wanting to run everything there is."""
    return any(_narrows(option) for option in _parse(tuple(args)))


def _narrows(option: _Option) -> bool:
    if option.name in {"-o", "--override-ini"}:
        return (option.value or "").startswith(_NARROWING_SETTINGS)
    return not option.name or not option.sure or option.name in _NARROWING


def is_interactive(args: Iterable[str]) -> bool:
    """Say whether pytest is asked to talk with the user."""
    return any(option.name in _DEBUGGING for option in _parse(tuple(args)))


def value_of(args: Iterable[str], *names: str) -> str | None:
    """Return the last value given to an option under any of its long names."""
    found = [option.value for option in _parse(tuple(args)) if option.name in names]
    return found[-1] if found else None


def blocked_plugins(args: Iterable[str]) -> frozenset[str]:
    """Return the plugins that ``-p no:NAME`` switches off."""
    values = [option.value or "" for option in _parse(tuple(args)) if option.name == "-p"]
    return frozenset(value[3:] for value in values if value.startswith("no:"))


def _is_meant(option: _Option) -> bool:
    name = option.name
    if not name:  # a path or node id; @file may hold options
        return bool(option.value and (option.value.startswith("@") or not option.sure))
    if name == "-p":
        return option.value not in _NEUTRAL_PLUGINS
    if not name.startswith("--"):
        return name[1] not in _SHORT_NEUTRAL
    return name not in _NEUTRAL_FLAGS | _NEUTRAL_VALUED | _NEUTRAL_OPTIONAL


def _parse(args: tuple[str, ...]) -> Iterator[_Option]:
    at = 0
    while at < len(args):
        word, at = args[at], at + 1
        if word == "--":
            yield from (_Option("", rest) for rest in args[at:])
            return
        if not word.startswith("-") or word == "-":
            yield _Option("", word)
        elif word.startswith("--"):
            following = args[at] if at < len(args) else None
            option, used = _long(word, following)
            at += used
            yield option
        else:
            *flags, last = _cluster(word)
            yield from flags
            if last.value is None and last.name[1:] in _SHORT_VALUED and at < len(args):
                last, at = _Option(last.name, args[at]), at + 1
            yield last


def _long(word: str, following: str | None) -> tuple[_Option, int]:
    name, equals, value = word.partition("=")
    if equals:
        return _Option(name, value), 0
    if following is None:
        return _Option(name, None), 0
    if name in _NEUTRAL_VALUED | _MEANT_VALUED:
        return _Option(name, following), 1
    if name in _NEUTRAL_FLAGS or following.startswith("-"):
        return _Option(name, None), 0
    # An option of some plugin: what follows may be its value, or a path of its own.
    return _Option(name, following, sure=False), 1


def _cluster(word: str) -> Iterator[_Option]:
    """Take ``-xvs`` and ``-kname`` apart."""
    for at, letter in enumerate(word[1:], start=1):
        if letter in _SHORT_LONG:
            name, _, value = _SHORT_LONG[letter].partition("=")
            yield _Option(name, value)
        elif letter in _SHORT_VALUED:
            yield _Option("-" + letter, word[at + 1 :].removeprefix("=") or None)
            return
        else:
            yield _Option("-" + letter, None)
