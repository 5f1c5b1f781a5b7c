"""Which lines differ between two contents, whether git holds them or not."""

import difflib
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from coverquery.lines import Hunk

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# Above this many pairs of lines comparing each with each takes too long (difflib: 0.1 s).
_PAIRS = 250_000

Span = tuple[int, int, int, int]  # old start and end, new start and end; 0-based, end excluded


def file_hunks(old: bytes, new: bytes) -> tuple[Hunk, ...]:
    r"""Return the hunks between two contents, in order.

    Lines end with ``\n``, ``\r\n`` or a lone ``\r``, as Python's tokenizer, hence coverage,
    counts them. A part too large to compare line by line is one hunk: what cannot be
    carried counts as replaced.
    """
    old_lines, new_lines = _LINE.findall(old), _LINE.findall(new)
    whole = (0, len(old_lines), 0, len(new_lines))
    return tuple(_hunk(span) for span in _differences(old_lines, new_lines, whole))


def _hunk(span: Span) -> Hunk:
    old_start, old_end, new_start, new_end = span
    old_count, new_count = old_end - old_start, new_end - new_start
    return Hunk(old_start + bool(old_count), old_count, new_start + bool(new_count), new_count)


def _differences(old: Sequence[bytes], new: Sequence[bytes], whole: Span) -> Iterator[Span]:
    pending = [whole]
    while pending:
        span = _trimmed(old, new, pending.pop())
        old_count, new_count = span[1] - span[0], span[3] - span[2]
        if old_count and new_count and old_count * new_count <= _PAIRS:
            yield from _compared(old[span[0] : span[1]], new[span[2] : span[3]], span)
        elif old_count and new_count and (anchors := _anchors(old, new, span)):
            pending += reversed(_between(anchors, span))
        elif old_count or new_count:
            yield span


def _trimmed(old: Sequence[bytes], new: Sequence[bytes], span: Span) -> Span:
    """Leave out what is equal at both ends."""
    old_start, old_end, new_start, new_end = span
    while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
        old_start, new_start = old_start + 1, new_start + 1
    while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
    return old_start, old_end, new_start, new_end


def _compared(old: Sequence[bytes], new: Sequence[bytes], span: Span) -> Iterator[Span]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            yield span[0] + old_start, span[0] + old_end, span[2] + new_start, span[2] + new_end


def _between(anchors: list[tuple[int, int]], span: Span) -> list[Span]:
    """Divide a span at its anchors."""
    found = []
    old_at, _, new_at, _ = span
    for old_anchor, new_anchor in anchors:
        found.append((old_at, old_anchor, new_at, new_anchor))
        old_at, new_at = old_anchor + 1, new_anchor + 1
    return [*found, (old_at, span[1], new_at, span[3])]


def _anchors(old: Sequence[bytes], new: Sequence[bytes], span: Span) -> list[tuple[int, int]]:
    """Return places of lines that stand once in each, as many as are in the same order."""
    old_places = _unique_places(old, span[0], span[1])
    new_places = _unique_places(new, span[2], span[3])
    common = [(at, new_places[line]) for line, at in old_places.items() if line in new_places]
    return _longest_increasing(common)


def _unique_places(lines: Sequence[bytes], start: int, end: int) -> dict[bytes, int]:
    counts = Counter(lines[start:end])
    return {lines[at]: at for at in range(start, end) if counts[lines[at]] == 1}


def _longest_increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs, given by their first, whose seconds increase."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, (_, second) in enumerate(pairs):
        length = bisect_left(ends, second)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [second]
        last[length : length + 1] = [index]
    chain = []
    at = last[-1] if last else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]
