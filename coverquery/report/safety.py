"""The safety record in words and as JSON, and the bound it supports. Pure."""

import math
from typing import Any, Final

from coverquery.audited import Audit, AuditCounts
from coverquery.report.page import plural
from coverquery.report.safety_facts import SafetyRecord, summed

CONFIDENCE: Final = 0.95
METHOD: Final = "clopper-pearson"
_STEPS: Final = 60


def safety_record(audits: tuple[Audit, ...]) -> SafetyRecord:
    """Sum up audits and bound the rate of misses."""
    counts = summed(audits)
    return SafetyRecord(
        len(audits),
        counts,
        upper_bound(counts.missed, counts.changed),
        upper_bound(counts.missed, counts.exposed),
    )


def upper_bound(hits: int, trials: int) -> float | None:
    """Return the exact (Clopper-Pearson) one-sided upper 95 % bound of a rate; None without trials.

    The largest rate at which so few hits in so many independent trials still have a chance
    of 5 %; with no hit about three divided by the trials.
    """
    if trials <= 0:
        return None
    if hits >= trials:
        return 1.0
    low, high = hits / trials, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _at_most(hits, trials, middle) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def _at_most(hits: int, trials: int, rate: float) -> float:
    """Return the chance of at most so many hits; logarithms, for powers would vanish."""
    if rate >= 1.0:
        return 0.0
    if rate <= 0.0:
        return 1.0
    each = (
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        + k * math.log(rate) + (trials - k) * math.log1p(-rate)
        for k in range(hits + 1)
    )  # fmt: skip
    return math.fsum(map(math.exp, each))


def sentence(record: SafetyRecord) -> str:
    """Say what the audits have shown."""
    counts = record.counts
    changes = f"{counts.missed} of {plural(counts.changed, 'changed outcome')} missed"
    skips = f"{counts.missed} of {plural(counts.exposed, 'skipped test')}"
    told = f"{changes}{_at_most_share(record.per_change)}, {skips}"
    return f"{plural(record.audits, 'audit')}: {told}{_at_most_share(record.per_skip)}"


def _at_most_share(rate: float | None) -> str:
    return "" if rate is None else f" (at most {100 * rate:.3g} %)"


def counts_document(counts: AuditCounts) -> dict[str, int]:
    """Return the figures of audits."""
    return counts._asdict()


def record_document(record: SafetyRecord | None) -> dict[str, Any] | None:
    """Return the safety record; null while there was no audit."""
    if record is None or not record.audits:
        return None
    counts = record.counts
    return {
        "audits": record.audits,
        "changed": counts.changed,
        "exposed": counts.exposed,
        "missed": counts.missed,
        "bound": {
            "method": METHOD,
            "confidence": CONFIDENCE,
            "per_change": _rounded(record.per_change),
            "per_skip": _rounded(record.per_skip),
        },
    }


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else float(f"{rate:.3g}")
