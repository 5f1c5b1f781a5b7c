"""What a process that is about to be started will be: a Python that records itself, or not."""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})
_SPECIAL = frozenset("\n|&;<>()$`\\\"'*?[]#~={}!%")
_WITH_VALUE = "mcWXQ"
_DEEPEST = 4
_NO_RUN = frozenset({"-V", "--version", "-VV", "-h", "--help", "-?"})

BARE = "started Python with -{}, which keeps the recorder out"
OTHER = "started {}, which is no Python: what it reads is not seen"
SHELL = "ran a command line in a shell: what that reads is not seen"


class Program(NamedTuple):
    """What will run.

    Attributes:
        name: the file that is executed, "" when there is none and nothing will start.
        words: the command's words, those of a simple shell command instead of the shell's.
        looked: paths that were looked for in vain before.
        python: whether it is a Python that may record itself.
        doubt: why nobody can vouch for it; None when a Python may.
        scripts: files on the way that the system or an interpreter reads.
    """

    name: str
    words: tuple[str, ...]
    looked: tuple[str, ...] = ()
    python: bool = False
    doubt: str | None = None
    scripts: tuple[str, ...] = ()


class Programs:
    """Judges commands; nothing in here raises an error of its own."""

    def __init__(self) -> None:
        self._system = (os.access, os.path.realpath, os.path.isfile, os.open, os.read, os.close)

    def of(
        self, names: Iterable[str], words: Iterable[str], cwd: str, env: Mapping[str, str]
    ) -> Program:
        """Say what will run.

        Args:
            names: the files to be tried, in order.
            words: the command's words.
            cwd: the folder it will be started in.
            env: its environment.
        """
        looked: list[str] = []
        for name in names:
            full = os.path.join(cwd, name)  # noqa: PTH118
            if self._runs(full):
                found = self._judged(full, tuple(words), (cwd, env), _DEEPEST)
                return found._replace(looked=(*looked, *found.looked))
            looked.append(full)
        return Program("", (), tuple(looked))

    def named(self, word: str, words: Iterable[str], cwd: str, env: Mapping[str, str]) -> Program:
        """Say what will run when the system looks for a word along PATH."""
        return self.of(_candidates(word, env), words, cwd, env)

    def _judged(
        self, full: str, words: tuple[str, ...], where: tuple[str, Mapping[str, str]], depth: int
    ) -> Program:
        real = self._system[1](full)
        base = real.rpartition("/")[2]
        interpreter = self._interpreter(real)
        if interpreter and depth:  # even if it is called python: it may read a file to choose one
            return self._script(full, (*interpreter, full, *words[1:]), where, depth)
        if is_python(base):
            return _of_python(full, words)
        if base in _SHELLS and depth:
            return self._shell(full, words, where)
        return Program(full, words, doubt=OTHER.format(base))

    def _script(
        self, full: str, words: tuple[str, ...], where: tuple[str, Mapping[str, str]], depth: int
    ) -> Program:
        """A script is run by what its first line names, which reads it."""
        first, *rest = words
        if first.rpartition("/")[2] == "env":
            rest = [word for word in rest if word not in {"-S", "--"}]
            names = _candidates(rest[0], where[1])
            words = tuple(rest)
        else:
            names = [first]
        for name in names:
            if self._runs(name):
                found = self._judged(name, words, where, depth - 1)
                return found._replace(scripts=(full, *found.scripts))
        return Program(full, words, doubt=OTHER.format(full.rpartition("/")[2]))

    def _shell(
        self, full: str, words: tuple[str, ...], where: tuple[str, Mapping[str, str]]
    ) -> Program:
        """One plain command is all that a shell looks at."""
        cwd, env = where
        plain = (
            len(words) == 3
            and words[1] == "-c"
            and _SPECIAL.isdisjoint(words[2])
            and not {"ENV", "BASH_ENV"} & env.keys()
        )
        inner = tuple(words[2].split()) if plain else ()
        if not inner:
            return Program(full, words, doubt=SHELL)
        found = self.of(_candidates(inner[0], env), inner, cwd, env)
        # what is no file may be a command of the shell itself
        return found if found.name else Program(full, words, found.looked, doubt=SHELL)

    def _runs(self, full: str) -> bool:
        access, _, isfile, *_ = self._system
        try:
            return isfile(full) and access(full, os.X_OK)
        except (OSError, ValueError):
            return False

    def _interpreter(self, real: str) -> tuple[str, ...]:
        """Return the words of a script's first line."""
        *_, open_, read, close = self._system
        try:
            descriptor = open_(real, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return ()
        try:
            start = read(descriptor, 256)
        except OSError:
            return ()
        finally:
            close(descriptor)
        if not start.startswith(b"#!"):
            return ()
        line = start[2:].partition(b"\n")[0].decode("utf-8", "surrogateescape")
        return tuple(line.split())


def is_python(base: str) -> bool:
    """Tell whether a file's name is that of a Python interpreter."""
    for start in ("python", "pypy"):
        if base.startswith(start):
            return all(c.isdigit() or c == "." for c in base[len(start) :].rstrip("tdmw"))
    return False


def _of_python(full: str, words: tuple[str, ...]) -> Program:
    left = list(words[1:])
    while left and left[0].startswith("-") and left[0] != "-":
        word = left.pop(0)
        if word in _NO_RUN:
            return Program("", words)
        if word == "--check-hash-based-pycs":
            left = left[1:]
        elif not word.startswith("--"):
            doubt, left = _switches(word, left)
            if doubt:
                return Program(full, words, doubt=doubt)
    return Program(full, words, python=True)


def _switches(word: str, left: list[str]) -> tuple[str | None, list[str]]:
    """Return why these switches of Python keep us out, and the words left after them."""
    for position, letter in enumerate(word[1:], 2):
        if letter in "IESv":  # v, like X importtime, tells of our imports
            return BARE.format(letter), left
        if letter in _WITH_VALUE:
            value = word[position:] or "".join(left[:1])
            if letter == "X" and value == "importtime":
                return BARE.format("X importtime"), left
            return None, [] if letter in "mc" else left[position == len(word) :]
    return None, left


def _candidates(word: str, env: Mapping[str, str]) -> list[str]:
    if "/" in word:
        return [word]
    folders = env.get("PATH", os.defpath).split(":")
    return [f"{folder or '.'}/{word}" for folder in folders]
