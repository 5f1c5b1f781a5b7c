"""Who looks at the members of a class when it is made: its metaclass, bases and decorators."""

import builtins
import io
import sys
from collections import abc
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from coverquery.model import RepoPath
from coverquery.source.effects import Effect
from coverquery.source.usage import Piece


class Making(IntEnum):
    """What happens with the members when a class is made; the larger, the worse."""

    PLAIN = 0
    LOOKS = 1
    ACTS = 2


TEST_CASES = frozenset({
    "unittest.TestCase", "unittest.case.TestCase",
    "unittest.IsolatedAsyncioTestCase", "unittest.async_case.IsolatedAsyncioTestCase",
})  # fmt: skip
"""unittest's classes: they look at nothing when a class is made (see ``families``)."""

_ABSTRACT = frozenset(f"collections.abc.{name}" for name in abc.__all__)
"""Their maker looks for what is abstract; what they call themselves is special (`is_special`)."""

HARMLESS_BASES = TEST_CASES | _ABSTRACT | {
    "abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol",
    "collections.namedtuple",
}  # fmt: skip

_KNOWN_TYPES = (
    object, type, str, bytes, bytearray, list, tuple, dict, set, frozenset, int, float, complex,
    BaseException, OSError, io.StringIO, io.BytesIO, io.TextIOWrapper, io.BufferedReader,
    io.RawIOBase, abc.Mapping, abc.MutableMapping, abc.MutableSequence, abc.MutableSet,
    abc.Generator, abc.Coroutine, abc.AsyncGenerator, abc.KeysView, abc.ItemsView,
    memoryview, property, slice, range,
)  # fmt: skip

_CALLED_ON_ANYTHING = frozenset({
    "filter", "emit", "find_spec", "create_module", "exec_module", "utcoffset", "tzname", "dst",
    "delimiter", "quotechar", "lineterminator", "quoting", "_fields", "_field_defaults", "_make",
    "_replace", "_asdict", "_mapping",
})  # fmt: skip
"""Names by which the standard library uses objects of whatever class."""


class ClassName(NamedTuple):
    """A class of the project: its file and its name there."""

    path: RepoPath
    name: str


class Classes:
    """Answers for the classes of a project.

    Args:
        pieces: the pieces of all versions of a file.
        targets: what a dotted name in a file may be: files and names in them; none: foreign.
    """

    def __init__(
        self,
        pieces: Callable[[RepoPath], Iterable[Piece]],
        targets: Callable[[RepoPath, str], Iterable[ClassName]],
    ) -> None:
        self._pieces = pieces
        self._targets = targets
        self._made: dict[ClassName, Making] = {}

    def making(self, one: ClassName) -> Making:
        """Say what making this class does with its members."""
        if one not in self._made:
            self._made[one] = Making.ACTS  # in a circle nobody knows
            self._made[one] = self._find(one)
        return self._made[one]

    def _find(self, one: ClassName) -> Making:
        owner, _, name = one.name.rpartition(".")
        found = [
            piece
            for piece in self._pieces(one.path)
            if piece.kind == "class" and piece.owner == owner and name in piece.binds
        ]
        return max((self._of(one, piece) for piece in found), default=Making.ACTS)

    def _of(self, one: ClassName, piece: Piece) -> Making:
        if piece.effect == Effect.ACTS:
            return Making.ACTS
        own = Making.PLAIN if piece.plain else Making.LOOKS
        return max([own, *(self.base(one, base) for base in piece.bases)])

    def base(self, one: ClassName, base: str) -> Making:
        """Say what deriving a class from this does with the members of the new class."""
        if base == "?":
            return Making.ACTS
        if base.startswith("="):
            return max(map(self._as_base, self.meant(one, base)), default=Making.ACTS)
        if base in HARMLESS_BASES:
            return Making.PLAIN
        if "." not in base:
            return Making.PLAIN if isinstance(getattr(builtins, base, None), type) else Making.ACTS
        if found := self.meant(one, base):
            return max(map(self._as_base, found))
        standard = base.partition(".")[0] in sys.stdlib_module_names
        return Making.LOOKS if standard else Making.ACTS

    def meant(self, one: ClassName, base: str) -> set[ClassName]:
        """Return the classes of the project that a base of a class may be."""
        if not base.startswith("="):
            return set(self._targets(one.path, base)) if "." in base else set()
        owner = one.name.rpartition(".")[0]
        inner = f"{owner}.{base[1:]}" if owner else base[1:]
        found = {ClassName(one.path, inner), ClassName(one.path, base[1:])}
        return {name for name in found if self._exists(name)}

    def _as_base(self, one: ClassName) -> Making:
        hooked = any(
            piece.owner == one.name and "__init_subclass__" in piece.binds
            for piece in self._pieces(one.path)
        )
        return Making.ACTS if hooked else self.making(one)

    def _exists(self, one: ClassName) -> bool:
        owner, _, name = one.name.rpartition(".")
        return any(
            piece.owner == owner and name in piece.binds and piece.kind == "class"
            for piece in self._pieces(one.path)
        )


def is_special(name: str) -> bool:
    """May somebody use a member of this name (``__len__``, ``write``) without naming it?"""
    return (name.startswith("__") and name.endswith("__")) or name in _protocols()


@cache
def _protocols() -> frozenset[str]:
    return _CALLED_ON_ANYTHING.union(*map(dir, _KNOWN_TYPES))
