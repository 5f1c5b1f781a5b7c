"""Who uses what in one file, as kept by content: see ``mentions``, which finds it out."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from coverquery.lines import LineSet
from coverquery.source.words import DOCS

_PARTS = re.compile(r"\w+")

Origin = tuple[int, str, str]
"""(level, module, name) of an import; an empty name stands for the module itself."""


class Piece(NamedTuple):
    """A statement that runs when the module is imported.

    Attributes:
        owner: the classes around it, ``A.B``; empty at module level.
        binds: the names it binds there.
        kind: ``def``, ``class``, ``import``, ``head`` (of an ``if`` or ``except``) or ``other``.
        effect: what it does besides, see ``effects.Effect``.
        words: what it mentions, the bodies of functions left out.
        notes: what its annotations mention, where nothing but evaluation looks at them.
        bodies: the lines of the functions in it.
        bases: of a class: full names of its bases, ``=Name`` for one of this file, ``?`` where
            nobody knows.
        plain: of a class: nothing but its bases looks at its members when it is made.
        guarded: if it fails, the module may still be imported: it stands in a ``try``.
        perhaps: it stands in an ``if``.
    """

    owner: str
    binds: tuple[str, ...]
    kind: str
    effect: int
    words: frozenset[str]
    notes: frozenset[str]
    bodies: LineSet = LineSet()
    bases: tuple[str, ...] = ()
    plain: bool = True
    guarded: bool = False
    perhaps: bool = False


class Mentions(NamedTuple):
    """All of one file.

    Attributes:
        origins: what each imported name may stand for, imports inside functions included.
        stars: modules everything is imported from.
        pieces: what runs at import, in order.
        uses: for each word the lines of the statements in functions that hold it, as text.
        fixtures: parameters of functions, which may be names of fixtures.
    """

    origins: Mapping[str, tuple[Origin, ...]]
    stars: tuple[Origin, ...]
    pieces: tuple[Piece, ...]
    uses: Mapping[str, str]
    fixtures: frozenset[str]

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(
            [
                self.origins,
                self.stars,
                [_piece_out(piece) for piece in self.pieces],
                self.uses,
                sorted(self.fixtures),
            ],
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> "Mentions":
        """Read what ``to_json`` wrote."""
        origins, stars, pieces, uses, fixtures = json.loads(text)
        return cls(
            {name: tuple(map(_origin, found)) for name, found in origins.items()},
            tuple(map(_origin, stars)),
            tuple(map(_piece_in, pieces)),
            uses,
            frozenset(fixtures),
        )


def identifiers(one: Mentions) -> frozenset[str]:
    """Return every identifier in a file's words, and the ``?`` words as they are."""
    words = {*one.uses}.union(*(piece.words | piece.notes for piece in one.pieces))
    found = {word for word in words if word.startswith("?") and word != DOCS}
    for word in words - found:
        found.update(_PARTS.findall(word))
    for name, origins in one.origins.items():
        found.add(name)
        for _, module, taken in origins:
            found.update((*module.split("."), taken))
    for _, module, _ in one.stars:
        found.update(module.split("."))
    return frozenset(found)


def _origin(parts: Any) -> Origin:
    level, module, name = parts
    return level, module, name


def _piece_out(piece: Piece) -> list[Any]:
    owner, binds, kind, effect, words, notes, bodies, bases, plain, guarded, perhaps = piece
    return [
        owner, binds, kind, effect, sorted(words), sorted(notes), str(bodies),
        bases, plain, guarded, perhaps,
    ]  # fmt: skip


def _piece_in(parts: list[Any]) -> Piece:
    owner, binds, kind, effect, words, notes, bodies, bases, plain, guarded, perhaps = parts
    return Piece(
        owner, tuple(binds), kind, effect, frozenset(words), frozenset(notes),
        LineSet.parse(bodies), tuple(bases), plain, guarded, perhaps,
    )  # fmt: skip
