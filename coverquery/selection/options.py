"""pytest's options: taken apart, and what each of them can change. One closed table.

Unknown options count as meaningful: a needless run costs time, a missed one would let a record
from a different set-up hold.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHORT_VALUED = frozenset("kmnrpcoW")
_SHORT_LONG = {"s": "--capture=no"}

_SHORT_PRINTED = frozenset("vqrl")
_SHORT_CHOICE = frozenset("xkmndf")
_PRINTED_FLAGS = _words(
    """
    --verbose --quiet --full-trace --showlocals --no-showlocals --no-header --no-summary
    --no-fold-skipped --force-short-summary --disable-warnings --disable-pytest-warnings
    --xfail-tb --self-contained-html
    """
)
_CHOICE_FLAGS = _words(
    """
    --exitfirst --lf --last-failed --ff --failed-first --nf --new-first --sw --stepwise --sw-skip
    --stepwise-skip --sw-reset --stepwise-reset --cache-clear --collect-only --co --setup-show
    --pdb --trace --continue-on-collection-errors --looponfail --keep-duplicates --cov-branch
    --cov-append --cov-reset --no-cov --no-cov-on-fail --fixtures --markers --json-report
    """
)
_PRINTED_VALUED = _words(
    """
    --tb --durations --durations-min --verbosity --color --code-highlight --show-capture
    --junit-xml --junitxml --junit-prefix --junitprefix --pastebin --report-log --html --css
    --json-report-file
    """
)
_CHOICE_VALUED = _words(
    """
    --maxfail --lfnf --last-failed-no-failures --numprocesses --maxprocesses --dist
    --max-worker-restart --ignore --ignore-glob --deselect --pdbcls --log-file --log-file-format
    --log-file-date-format --log-cli-format --log-cli-date-format --cov-report --cov-config
    --cov-fail-under --cov-context --cov-precision
    """
)
_CHOICE_OPTIONAL = frozenset({"--cov"})
_MEANT_VALUED = _words(
    """
    --capture --import-mode --rootdir --confcutdir --basetemp --assert --override-ini
    --pythonwarnings --config-file --log-level --log-cli-level --log-file-level --log-format
    --log-date-format --timeout --reruns --reruns-delay --asyncio-mode --randomly-seed
    --doctest-glob --tx --px --rsyncdir
    """
)
"""``--log-format`` is what ``caplog.text`` shows to a test."""

_CHOICE_PLUGINS = frozenset({"no:cacheprovider", "no:junitxml", "no:stepwise"})
_PRINTED = _PRINTED_FLAGS | _PRINTED_VALUED
_NEUTRAL = _PRINTED | _CHOICE_FLAGS | _CHOICE_VALUED | _CHOICE_OPTIONAL
_FLAGS = _PRINTED_FLAGS | _CHOICE_FLAGS
_VALUED = _PRINTED_VALUED | _CHOICE_VALUED | _MEANT_VALUED


class Option(NamedTuple):
    """One option with its value, or a positional argument (``name`` is empty).

    Attributes:
        sure: False where what follows the option may be its value or a path of its own.
    """

    name: str
    value: str | None
    sure: bool = True

    @property
    def text(self) -> str:
        """The one spelling that stands for all of its spellings."""
        if not self.name or self.value is None:
            return self.name or self.value or ""
        return f"{self.name}={self.value}" if self.name.startswith("--") else self.name + self.value

    @property
    def only_prints(self) -> bool:
        """It changes what is shown and written of a run, and nothing else."""
        if self.name.startswith("--"):
            return self.name in _PRINTED
        return bool(self.name) and self.name[1] in _SHORT_PRINTED

    @property
    def may_matter(self) -> bool:
        """It can change what a test does, not only what is shown or which tests run."""
        if not self.name:  # a path or node id; @file may hold options
            return bool(self.value and (self.value.startswith("@") or not self.sure))
        if self.name == "-p":
            return self.value not in _CHOICE_PLUGINS
        if not self.name.startswith("--"):
            return self.name[1] not in _SHORT_PRINTED | _SHORT_CHOICE
        return self.name not in _NEUTRAL


def parsed(args: Sequence[str]) -> Iterator[Option]:
    """Take the words of a command line apart as pytest would."""
    at = 0
    while at < len(args):
        word, at = args[at], at + 1
        if word == "--":
            yield from (Option("", rest) for rest in args[at:])
            return
        if not word.startswith("-") or word == "-":
            yield Option("", word)
        elif word.startswith("--"):
            following = args[at] if at < len(args) else None
            option, used = _long(word, following)
            at += used
            yield option
        else:
            *flags, last = _cluster(word)
            yield from flags
            if last.value is None and last.name[1:] in _SHORT_VALUED and at < len(args):
                last, at = Option(last.name, args[at]), at + 1
            yield last


def _long(word: str, following: str | None) -> tuple[Option, int]:
    name, equals, value = word.partition("=")
    if equals:
        return Option(name, value), 0
    if following is None:
        return Option(name, None), 0
    if name in _VALUED:
        return Option(name, following), 1
    if name in _FLAGS or following.startswith("-"):
        return Option(name, None), 0
    # An option of some plugin: what follows may be its value, or a path of its own.
    return Option(name, following, sure=False), 1


def _cluster(word: str) -> Iterator[Option]:
    """Take ``-xvs`` and ``-kname`` apart."""
    for at, letter in enumerate(word[1:], start=1):
        if letter in _SHORT_LONG:
            name, _, value = _SHORT_LONG[letter].partition("=")
            yield Option(name, value)
        elif letter in _SHORT_VALUED:
            yield Option("-" + letter, word[at + 1 :].removeprefix("=") or None)
            return
        else:
            yield Option("-" + letter, None)
