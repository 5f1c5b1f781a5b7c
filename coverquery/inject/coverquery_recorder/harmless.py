"""Programs that are known to read nothing but standard input and the files they are told to.

For these few, of the system's own folders, every file of the project that their words name is
data of whoever started them. All others may read what they like.
"""

import os
from collections.abc import Iterator, Mapping

from .contexts import Context
from .data import Data
from .names import Names
from .programs import Program

_FOLDERS = ("/bin/", "/usr/bin/")
_MANY_IN_ONE = frozenset({"busybox", "coreutils"})
_READERS = frozenset(
    {"cat", "head", "tail", "wc", "tr", "true", "false", "echo", "printf", "sleep", "uname", "id",
     "whoami", "hostname", "tty", "seq", "basename", "dirname", "kill", "less", "more", "sed"}
)  # fmt: skip
_SWITCHES = {
    "less": frozenset("REFSXKMNiIqQ"),
    "more": frozenset("dflpcsu"),
    "sed": frozenset("nErsu"),
}
# they make programs load or read something else
_LOADED = ("LD_", "GCONV_PATH", "LOCPATH", "NLSPATH", "TERMINFO", "TZDIR", "HOSTALIASES")
_FOLDERS_OF_LIBRARIES = "LD_LIBRARY_PATH"
_OF_LESS = frozenset({"LESSCLOSE", "LESSKEY", "LESSKEYIN", "LESSKEY_CONTENT", "LESSKEYIN_SYSTEM"})
_FILTER = "LESSOPEN"
_HEEDED = ("HOME", "XDG_", "LESS", "MORE", "TERM", "LANG", "LC_", "TZ", "MALLOC", "GLIBC")
_FLAGS = frozenset("gpiI0123456789")


class Harmless:
    """Judges programs that are no Python."""

    def __init__(self, names: Names, data: Data, root: str) -> None:
        self._names = names
        self._data = data
        self._root = root
        self._system = (os.path.realpath, os.path.isdir)

    def accounts_for(
        self, context: Context, program: Program, folder: str, env: Mapping[str, str]
    ) -> bool:
        """Tell whether all that a program reads of the project is known, and note it."""
        name = self._reader(program)
        words = list(program.words[1:])
        if not name or program.scripts or self._steered(env):
            return False
        if name in {"less", "more"} and _filtered(words, env):
            return False
        if name == "sed" and not _edits_lines(words):
            return False
        if not _plain(name, words):
            return False
        paths = [path for word in words for path in self._meant(word, folder)]
        if any(self._system[1](f"{self._root}/{path}") for path in paths):
            return False
        for path in paths:
            self._data.fact_of(context, "raw", path, self._data.digest(path))
        return True

    def _reader(self, program: Program) -> str:
        real = self._system[0](program.name)
        head, _, base = real.rpartition("/")
        if base in _MANY_IN_ONE:
            base = program.name.rpartition("/")[2]
        ours = self._names.way(real).path is not None
        return base if f"{head}/" in _FOLDERS and base in _READERS and not ours else ""

    def _steered(self, env: Mapping[str, str]) -> bool:
        """Tell whether a variable may make it read something of the project."""
        for name, value in env.items():
            if name.startswith(_LOADED) and not (
                name == _FOLDERS_OF_LIBRARIES and all(f[:1] == "/" for f in value.split(":"))
            ):
                return True
            if name.startswith(_HEEDED) and self._root in value:
                return True
        return False

    def _meant(self, word: str, folder: str) -> Iterator[str]:
        """Yield every path of the project that a word may name."""
        for text in {word, word.partition("=")[2], word[2:] if word[:1] == "-" else ""} - {""}:
            if len(text) < os.pathconf("/", "PC_PATH_MAX") and "\0" not in text:
                path = self._names.way(os.path.join(folder, text)).path  # noqa: PTH118
                if path is not None:
                    yield path


def _filtered(words: list[str], env: Mapping[str, str]) -> bool:
    """Tell whether less may start another program, or read what we do not know."""
    opened = any(word[:1] != "-" or word == "-" for word in words)
    used = opened or env.get(_FILTER, "").lstrip("|").startswith("-")
    return (used and _FILTER in env) or not _OF_LESS.isdisjoint(env)


def _plain(name: str, words: list[str]) -> bool:
    """Tell whether all switches are such as read nothing."""
    known = _SWITCHES.get(name)
    if known is None:
        return not any(word.startswith("--files0-from") for word in words)
    switches = [word for word in words if word[:1] in {"-", "+"} and word != "-"]
    if name == "sed":
        switches = [word for word in switches if word != "-e" and not word.startswith("-i")]
    return all(word[0] == "-" and known.issuperset(word[1:]) for word in switches)


def _edits_lines(words: list[str]) -> bool:
    """Tell whether sed is given nothing but ``s/…/…/``: no file to read, no command to run."""
    if "-e" in words:
        scripts = [words[at + 1 : at + 2] for at, word in enumerate(words) if word == "-e"]
    else:
        scripts = [[word for word in words if not word.startswith("-")][:1]]
    return all(script and _substitutes(script[0]) for script in scripts)


def _substitutes(script: str) -> bool:
    if not script.startswith("s") or "\\" in script or "\n" in script or len(script) < 4:
        return False
    parts = script[2:].split(script[1])
    return len(parts) == 3 and _FLAGS.issuperset(parts[2])
