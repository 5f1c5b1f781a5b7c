"""Where the cursor stands after a program has written to a terminal. Pure.

Enough of a terminal to know the column of an unfinished line, and when it cannot be known.
"""

import codecs
import re
import unicodedata

_ESCAPE = re.compile(
    r"\x1b(?:\[[0-9:;<=>?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z^-~])"
)
_PIECES = re.compile(r"\x1b|[\n\r\b\t]|[^\x1b\n\r\b\t]+")
_STILL = re.compile(r"\x1b(?:\[[0-9:;]*[mKJ]|\[\?(?:25|2004)[hl]|\].*|[=>])", re.DOTALL)
_SIDEWAYS = re.compile(r"\x1b\[[0-9;]*[@CDGPX`a]")


class Column:
    """Follows a stream of bytes.

    Attributes:
        width: of the terminal.
        at: column of the cursor, 0-based; equal to width when the line is just full.
        known: False after something that moves the cursor along its line.
        free: True once the program moves up and down: then the screen is its own.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.at = 0
        self.known = True
        self.free = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._rest = ""

    @property
    def certain(self) -> bool:
        """Whether a line may be drawn below and the cursor brought back."""
        return self.known and not self.free and not self._rest and self.at < self.width

    def feed(self, chunk: bytes) -> str:
        """Take what is written; return the text of it without escapes."""
        text = self._rest + self._decoder.decode(chunk)
        self._rest = ""
        plain: list[str] = []
        at = 0
        while match := _PIECES.match(text, at):
            if match[0] != "\x1b":
                plain.append(match[0])
                self._advance(match[0])
            elif escape := _ESCAPE.match(text, at):
                self._escape(escape[0])
                match = escape
            elif len(text) - at < 4096:
                self._rest = text[at:]
                break
            at = match.end()
        return "".join(plain)

    def _escape(self, sequence: str) -> None:
        if _STILL.fullmatch(sequence):
            return
        self.known = False
        self.free = self.free or not _SIDEWAYS.fullmatch(sequence)

    def _advance(self, piece: str) -> None:
        match piece:
            case "\n":
                self.at, self.known = 0, True
            case "\r":
                self.at, self.known = 0, True
            case "\b":
                self.at = max(0, min(self.at, self.width - 1) - 1)
            case "\t":
                self.at = min(self.width - 1, self.at + 8 - self.at % 8)
            case _:
                self._print(piece)

    def _print(self, text: str) -> None:
        if text.isascii() and text.isprintable() and self.at + len(text) <= self.width:
            self.at += len(text)
            return
        for character in text:
            cells = _cells(character)
            self.at = cells if self.at + cells > self.width else self.at + cells


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cc", "Cf", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
