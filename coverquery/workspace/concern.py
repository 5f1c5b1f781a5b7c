"""Contexts that a difference concerns, and why."""

from typing import NamedTuple

from coverquery.lines import LineSet
from coverquery.model import Reason, RepoPath
from coverquery.selection.canaries import Key


class Concern(NamedTuple):
    """Contexts with touched evidence, and the reason they share.

    Attributes:
        contexts: ids of the contexts that hold the evidence.
        reason: why, before anybody asks through which context.
        also: executions are concerned only if they depend on one of each of these as well.
        importing: the import that may now fail: who is concerned holds as long as it does not.
        proof: an execution that depends on one of each of these shows that it does not,
        disproof: unless it depends on one of these as well.
        telling: test files that cannot be collected when the import fails; tests of others may pass
            all the same.
    """

    contexts: dict[int, LineSet]
    reason: Reason
    also: tuple[frozenset[int], ...] = ()
    importing: Key | None = None
    proof: tuple[frozenset[int], ...] = ()
    disproof: frozenset[int] = frozenset()
    telling: frozenset[RepoPath] = frozenset()
