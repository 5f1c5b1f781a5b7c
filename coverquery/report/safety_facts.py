"""What audits and unstable tests come to, for the renderers; beside ``facts``."""

from typing import NamedTuple

from coverquery.audited import Audit, AuditCounts, AuditedChange, Unstable


class SafetyRecord(NamedTuple):
    """All audits together.

    Attributes:
        audits: how many there were.
        counts: their sums.
        per_change: with 95 % confidence at most this share of the tests that change their
            outcome is missed; None while no outcome changed.
        per_skip: the same of the skipped tests whose record was of another state.
    """

    audits: int
    counts: AuditCounts
    per_change: float | None
    per_skip: float | None


class AuditFacts(NamedTuple):
    """The answer of ``audit``.

    Attributes:
        exit_status: 1 when a test was missed, else 0, or pytest's own from 2 on.
        audits: those just made: one, or one for each replayed commit.
        record: all there ever were, these included.
        seconds: wall clock time of all test runs together.
        notes: sentences on what could not be compared.
        log: pytest's output.
    """

    exit_status: int
    audits: tuple[Audit, ...]
    record: SafetyRecord
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    log: str | None = None
    next: tuple[str, ...] = ()

    @property
    def counts(self) -> AuditCounts:
        """The sums of the audits just made."""
        return summed(self.audits)

    @property
    def changes(self) -> tuple[tuple[Audit, AuditedChange], ...]:
        """Missed tests first, then unstable ones."""
        found = [(audit, change) for audit in self.audits for change in audit.changes]
        return tuple(sorted(found, key=lambda pair: pair[1].verdict != "missed"))


class FlakyFacts(NamedTuple):
    """The answer of ``flaky``: unstable tests, out of how many tests and runs."""

    tests: tuple[Unstable, ...]
    known: int
    runs: int
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = ()


def summed(audits: tuple[Audit, ...]) -> AuditCounts:
    """Add up what audits compared."""
    columns = zip(*(audit.counts for audit in audits), strict=True)
    return AuditCounts(*map(sum, columns)) if audits else AuditCounts()
