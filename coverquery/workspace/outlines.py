"""Where the top-level statements of recorded contents begin, kept in the index."""

from coverquery.index.store import Store
from coverquery.model import Oid

OUTLINE = "outline/1"
"""Raised when ``source.slices`` means something else by it."""


def outline_of(oid: Oid, store: Store) -> tuple[int, ...]:
    """Return the outline of a recorded content, empty if it was not kept."""
    kept = store.analysis(OUTLINE, oid)
    return tuple(map(int, kept.split(","))) if kept else ()
