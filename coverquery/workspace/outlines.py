"""Where the top-level statements of recorded contents begin, kept in the index."""

from coverquery.index.store import Store
from coverquery.model import Oid
from coverquery.source.slices import outline

OUTLINE = "outline/1"
"""Raised when ``source.slices`` means something else by it."""


def outline_of(oid: Oid, content: bytes, store: Store) -> tuple[int, ...]:
    """Return the outline of a recorded content; first asked for, it is parsed (20 ms)."""
    kept = store.analysis(OUTLINE, oid)
    if kept is None:
        kept = ",".join(map(str, outline(content)))
        store.worked_out[OUTLINE, oid] = kept
    return tuple(map(int, kept.split(","))) if kept else ()
