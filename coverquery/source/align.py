"""Align two sequences of statements, old with new, by ever weaker likeness."""

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Step(NamedTuple, Generic[T]):
    """One step through both sequences.

    Attributes:
        at: index in the old sequence before which a new item stands, or of the old item.
        old: None for an insertion.
        new: None for a deletion.
        level: which likeness paired the two; 0 means equal.
    """

    at: int
    old: T | None
    new: T | None
    level: int = -1


class Likeness(NamedTuple, Generic[T]):
    """What makes an old item like a new one.

    Attributes:
        same: a quick, certain sign of equality, False when in doubt.
        old_keys: key functions for old items, the strictest first; equal keys pair.
        new_keys: the same for new items.
    """

    same: Callable[[T, T], bool]
    old_keys: tuple[Callable[[T], str], ...]
    new_keys: tuple[Callable[[T], str], ...]


def align(old: Sequence[T], new: Sequence[T], likeness: Likeness[T]) -> list[Step[T]]:
    """Pair items in order; what finds no partner is inserted before it is deleted."""
    start, end = 0, 0
    shorter = min(len(old), len(new))
    while start < shorter and likeness.same(old[start], new[start]):
        start += 1
    while end < shorter - start and likeness.same(old[-1 - end], new[-1 - end]):
        end += 1
    steps = [Step(i, old[i], new[i], 0) for i in range(start)]
    old_end, new_end = len(old) - end, len(new) - end
    steps += _Middle(old, new, likeness).steps(0, (start, old_end), (start, new_end))
    shift = new_end - old_end
    steps += [Step(i, old[i], new[i + shift], 0) for i in range(old_end, len(old))]
    return steps


class _Middle(Generic[T]):
    def __init__(self, old: Sequence[T], new: Sequence[T], likeness: Likeness[T]) -> None:
        self._old, self._new, self._likeness = old, new, likeness

    def steps(self, level: int, old: tuple[int, int], new: tuple[int, int]) -> list[Step[T]]:
        """Align two ranges at a level, what remains at the next."""
        if old[0] == old[1] or new[0] == new[1] or level == len(self._likeness.old_keys):
            return self._unpaired(old, new)
        old_key, new_key = self._likeness.old_keys[level], self._likeness.new_keys[level]
        matcher = SequenceMatcher(
            None,
            [old_key(item) for item in self._old[slice(*old)]],
            [new_key(item) for item in self._new[slice(*new)]],
            autojunk=False,
        )
        found: list[Step[T]] = []
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            mine, other = (old[0] + i1, old[0] + i2), (new[0] + j1, new[0] + j2)
            if tag == "equal":
                pairs = zip(range(*mine), range(*other), strict=True)
                found += [Step(i, self._old[i], self._new[j], level) for i, j in pairs]
            else:
                found += self.steps(level + 1, mine, other)
        return found

    def _unpaired(self, old: tuple[int, int], new: tuple[int, int]) -> list[Step[T]]:
        inserted = [Step(old[0], None, self._new[j]) for j in range(*new)]
        return inserted + [Step(i, self._old[i], None) for i in range(*old)]
