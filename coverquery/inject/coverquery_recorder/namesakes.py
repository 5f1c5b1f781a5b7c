"""Tests of one session that share a node id: one record stands for all of them."""

from collections import Counter
from typing import Any, NamedTuple

from .contexts import Context

_BAD = ("failed", "error")


class Verdict(NamedTuple):
    """What became of a test."""

    outcome: str
    seconds: float
    untrusted: str | None


class Namesakes:
    """Whose id others of the session bear, too, as tests that some plugin makes may.

    They run in one context. It is a record when the last of them is over; a failure at once,
    for nothing the others do mends it.
    """

    def __init__(self, session: Any) -> None:
        items = getattr(session, "items", None) or ()
        ids = [item.nodeid for item in items]
        several = Counter(ids) if len(set(ids)) < len(ids) else {}
        self._left = {nodeid: count for nodeid, count in several.items() if count > 1}
        self._contexts: dict[str, Context] = {}
        self._verdicts: dict[str, list[Verdict]] = {}

    def context(self, nodeid: str) -> Context | None:
        """Return the context of such a test, where another began it."""
        return self._contexts.get(nodeid)

    def ended(self, nodeid: str, test: Context, verdict: Verdict) -> Verdict | None:
        """Return what to say of a test that is over; None while others of its id decide."""
        left = self._left.get(nodeid)
        if left is None:
            return verdict
        self._contexts[nodeid] = test
        self._left[nodeid] = left - 1
        before = self._verdicts.setdefault(nodeid, [])
        before.append(verdict)
        said = any(one.outcome in _BAD for one in before[:-1])
        if said or not (left == 1 or verdict.outcome in _BAD):
            return None
        outcomes = {one.outcome for one in before}
        outcome = next((bad for bad in _BAD if bad in outcomes), before[0].outcome)
        untrusted = next((one.untrusted for one in before if one.untrusted), None)
        return Verdict(outcome, sum(one.seconds for one in before), untrusted)
