"""Contexts that a difference concerns, and why."""

from typing import NamedTuple

from coverquery.lines import LineSet
from coverquery.model import Reason


class Concern(NamedTuple):
    """Contexts with touched evidence, and the reason they share.

    Attributes:
        contexts: ids of the contexts that hold the evidence.
        reason: why, before anybody asks through which context.
        also: executions are concerned only if they depend on one of each of these as well.
    """

    contexts: dict[int, LineSet]
    reason: Reason
    also: tuple[frozenset[int], ...] = ()
