"""Cutting with counts: budgets of the documents, and which rows fit into one.

A budget is in bytes, 3.2 a token. A limit that the user gave replaces the budget,
never the ceiling.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

BYTES_A_TOKEN: Final = 3.2
CEILING: Final = int(8_000 * BYTES_A_TOKEN)
DEFAULT_ROWS: Final = 40

Row = TypeVar("Row")


class Room(NamedTuple):
    """How much may still be shown.

    Attributes:
        rows: rows at most.
        size: bytes at most.
    """

    rows: int
    size: int


def room(limit: int | None, tokens: int, used: int) -> Room:
    """Return what is left of a document's budget.

    Args:
        limit: rows the user asked for; None: the budget decides.
        tokens: the document's budget.
        used: bytes everything but the rows takes.
    """
    if limit is None:
        return Room(DEFAULT_ROWS, max(0, int(tokens * BYTES_A_TOKEN) - used))
    return Room(limit, max(0, CEILING - used))


def fit(rows: Sequence[Row], within: Room, size: Callable[[Row], int]) -> Sequence[Row]:
    """Return the first rows that fit."""
    left = within.size
    for count, row in enumerate(rows[: within.rows]):
        left -= size(row)
        if left < 0:
            return rows[:count]
    return rows[: within.rows]
