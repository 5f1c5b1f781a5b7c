"""Sets of line numbers, hunks, and carrying lines across hunks. 1-based, inclusive."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class LineSet:
    """A set of line numbers as one integer, ``bits``: bit n is line n. Never changed.

    As bytes it is coverage.py's numbits: bit ``n % 8`` of byte ``n // 8``.
    """

    __slots__ = ("bits",)

    def __init__(self, bits: int = 0) -> None:
        self.bits = bits

    def __eq__(self, other: object) -> bool:
        return self.bits == other.bits if isinstance(other, LineSet) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.bits)

    def __repr__(self) -> str:
        return f"LineSet(bits={self.bits})"

    @classmethod
    def of(cls, lines: Iterable[int]) -> "LineSet":
        """Return the set of these lines."""
        bits = 0
        for line in lines:
            bits |= 1 << line
        return cls(bits)

    @classmethod
    def span(cls, first: int, last: int) -> "LineSet":
        """Return the lines from first to last, both included; empty if last < first."""
        if last < first:
            return cls()
        return cls(((1 << (last - first + 1)) - 1) << first)

    @classmethod
    def parse(cls, text: str) -> "LineSet":
        """Read ``"330-334,348"``. Raise ValueError on anything else."""
        bits = 0
        for part in filter(None, text.split(",")):
            first, _, last = part.partition("-")
            if last:
                bits |= (1 << int(last) + 1) - (1 << int(first)) if int(last) >= int(first) else 0
            else:
                bits |= 1 << int(first)
        return cls(bits)

    @classmethod
    def from_numbits(cls, numbits: bytes) -> "LineSet":
        """Read coverage.py's numbits."""
        return cls(int.from_bytes(numbits, "little"))

    def numbits(self) -> bytes:
        """Return coverage.py's numbits; the empty set is ``b""``."""
        return self.bits.to_bytes((self.bits.bit_length() + 7) // 8, "little")

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Yield (first, last) of each run of consecutive lines, in order."""
        bits, base = self.bits, 0
        while bits:
            skip = (bits & -bits).bit_length() - 1
            bits >>= skip
            length = (~bits & (bits + 1)).bit_length() - 1
            yield base + skip, base + skip + length - 1
            bits >>= length
            base += skip + length

    def __or__(self, other: "LineSet") -> "LineSet":
        return LineSet(self.bits | other.bits)

    def __and__(self, other: "LineSet") -> "LineSet":
        return LineSet(self.bits & other.bits)

    def __sub__(self, other: "LineSet") -> "LineSet":
        return LineSet(self.bits & ~other.bits)

    def __contains__(self, line: int) -> bool:
        return bool(self.bits >> line & 1)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.ranges():
            yield from range(first, last + 1)

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __bool__(self) -> bool:
        return bool(self.bits)

    def __str__(self) -> str:
        return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in self.ranges())


class Hunk(NamedTuple):
    """One ``@@ -old_start,old_count +new_start,new_count @@`` of a diff without context.

    A count of 0 keeps git's meaning: the hunk stands *after* line ``start``.
    """

    old_start: int
    old_count: int
    new_start: int
    new_count: int

    @property
    def old_lines(self) -> LineSet:
        """The old lines this hunk replaces; empty for a pure insertion."""
        return LineSet.span(self.old_start, self.old_start + self.old_count - 1)

    @property
    def new_lines(self) -> LineSet:
        """The new lines this hunk brings; empty for a pure deletion."""
        return LineSet.span(self.new_start, self.new_start + self.new_count - 1)


def carry(lines: LineSet, hunks: Iterable[Hunk]) -> tuple[LineSet, LineSet]:
    """Carry old lines to the new side.

    Args:
        lines: lines of the old version.
        hunks: the hunks between the two versions, in order.

    Returns:
        The surviving lines in the new version's numbers, and the old lines that a hunk
        replaced and that therefore have no place in the new version.
    """
    carried = lost = 0
    rest, shift = lines.bits, 0
    for hunk in hunks:
        start = hunk.old_start if hunk.old_count else hunk.old_start + 1
        below = rest & ((1 << start) - 1)
        carried |= _shifted(below, shift)
        replaced = rest & hunk.old_lines.bits
        lost |= replaced
        rest &= ~(below | replaced)
        shift += hunk.new_count - hunk.old_count
    return LineSet(carried | _shifted(rest, shift)), LineSet(lost)


def _shifted(bits: int, by: int) -> int:
    return bits << by if by >= 0 else bits >> -by
