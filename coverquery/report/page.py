"""Lines of a text answer: the one place where they are escaped, coloured and joined.

No renderer can forget to escape: a Line is never more than one line of the screen.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from coverquery.report.escape import visible

Tone = Literal["plain", "good", "bad", "warn", "head", "dim"]

_SGR: Final = {"good": "32", "bad": "31;1", "warn": "33", "head": "1", "dim": "2"}


class Line(NamedTuple):
    """One line and what it means to the eye."""

    text: str
    tone: Tone = "plain"


def page(lines: Iterable[Line], *, color: bool) -> str:
    """Join lines to what is written; every control character in them is shown, not obeyed."""
    return "".join(f"{_painted(line, color)}\n" for line in lines)


def _painted(line: Line, color: bool) -> str:
    text = visible(line.text)
    code = _SGR.get(line.tone)
    return f"\x1b[{code}m{text}\x1b[0m" if color and code else text


def next_line(commands: Iterable[str]) -> Line:
    """Return the last line: how to go on."""
    return Line(f"next: {'   |   '.join(commands)}", "dim")


def gap_lines(gaps: Iterable[str]) -> list[Line]:
    """Return what cannot be vouched for, first after the verdict."""
    return [Line(f"INCOMPLETE: {gap}", "warn") for gap in gaps]


def plural(count: int, noun: str) -> str:
    """Return ``1 file``, ``2 files``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
