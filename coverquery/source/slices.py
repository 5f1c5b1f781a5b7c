"""The part of two versions of a file that differs, when that part can be judged by itself.

Parsing is nearly all the cost of understanding a change, and nearly all of a file is the same
on both sides. Where its top-level statements begin was noted when the old version was recorded;
text before and after the difference, up to such a beginning, is the same on both sides, so
it reads the same on both sides. Whatever is odd is left to the whole comparison.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from coverquery.source.spans import first_line
from coverquery.source.syntax import Syntax, UnreadableError, parse

_ODD = re.compile(rb"[\r\f\0]|\A(?:\xef\xbb\xbf|[^\n]*\n?[^\n]*coding)")
_FUTURE = re.compile(rb"^from __future__ import [\w, ]+$", re.MULTILINE)


class NeedsWholeError(Exception):
    """The part cannot be judged without the rest of the file."""


class Part(NamedTuple):
    """The differing part of one version.

    Attributes:
        content: the part, with an empty line for each line left out above it, so that
            lines have the numbers of the whole file.
        whole: all of the version's content.
        futures: its ``from __future__`` imports.
    """

    content: bytes
    whole: bytes
    futures: tuple[bytes, ...]


def outline(content: bytes) -> tuple[int, ...]:
    """Return the first line of each top-level statement; empty if it cannot be parsed."""
    try:
        return outline_of(parse(content))
    except UnreadableError:
        return ()


def outline_of(syntax: Syntax) -> tuple[int, ...]:
    """Return the first line of each top-level statement of a parsed file."""
    return tuple(first_line(node) for node in syntax.tree.body)


def parts(old: bytes, new: bytes, starts: Sequence[int]) -> tuple[Part, Part] | None:
    """Return the differing parts of two versions; None where they cannot be told.

    Args:
        old: the recorded content.
        new: the content now.
        starts: ``outline(old)``.
    """
    if not starts or _ODD.search(old) or _ODD.search(new):
        return None
    mine, other = old.split(b"\n"), new.split(b"\n")
    same = _common(mine, other)
    # what ends right above the difference may be extended by it: it belongs to the part
    first = max((start for start in starts if start <= same), default=0)
    if first <= starts[0]:
        return None  # what is first decides whether a string is the module's docstring
    tail = _common(mine[same:][::-1], other[same:][::-1])
    after = len(mine) - tail
    last = min((start for start in starts if start > after), default=len(mine) + 1)
    cut = len(mine) + 1 - last
    lines = mine[first - 1 : last - 1], other[first - 1 : len(other) - cut]
    if any(b"__future__" in line for part in lines for line in part):
        return None
    end = b"\n" if cut else b""  # the end of the file stays as it is
    found = [
        Part(b"\n" * (first - 1) + b"\n".join(part) + end, whole, tuple(_FUTURE.findall(whole)))
        for part, whole in zip(lines, (old, new), strict=True)
    ]
    return found[0], found[1]


def _common(mine: Sequence[bytes], other: Sequence[bytes]) -> int:
    """Return how many items both begin with."""
    for at, (one, two) in enumerate(zip(mine, other, strict=False)):
        if one != two:
            return at
    return min(len(mine), len(other))
