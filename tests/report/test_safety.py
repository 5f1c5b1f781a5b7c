"""The bound a safety record supports, and how it is told."""

import math

import pytest

from coverquery.audited import Audit, AuditCounts
from coverquery.report.safety import record_document, safety_record, sentence, upper_bound


@pytest.mark.parametrize(
    ("hits", "trials", "bound"),
    [
        # tables of exact one-sided limits (Clopper and Pearson 1934)
        (0, 1, 0.95),
        (0, 10, 0.2589),
        (1, 10, 0.3942),
        (2, 20, 0.2826),
        (10, 10, 1.0),
        (5, 1000, 0.01048),
        (0, 1_000_000, 2.9957e-06),
    ],
)
def test_the_bound_is_the_exact_one(hits: int, trials: int, bound: float) -> None:
    found = upper_bound(hits, trials)
    assert found is not None
    assert math.isclose(found, bound, rel_tol=2e-3)


def test_without_trials_there_is_no_bound() -> None:
    assert upper_bound(0, 0) is None


def test_no_hit_is_the_closed_form() -> None:
    found = upper_bound(0, 37)
    assert found is not None
    assert math.isclose(found, 1 - 0.05 ** (1 / 37), rel_tol=1e-9)


def test_audits_are_summed_and_told() -> None:
    one = Audit("a", "tree", None, 0.0, AuditCounts(10, 8, 6, 3, 0, 1))
    two = Audit("b", "replay", "c" * 40, 1.0, AuditCounts(10, 9, 9, 4, 1, 0))
    record = safety_record((one, two))
    assert record.counts == AuditCounts(20, 17, 15, 7, 1, 1)
    assert sentence(record) == (
        "2 audits: 1 of 7 changed outcomes missed (at most 52.1 %),"
        " 1 of 15 skipped tests (at most 27.9 %)"
    )
    document = record_document(record)
    assert document is not None
    assert document["bound"]["per_change"] == pytest.approx(0.521)


def test_no_audit_is_no_record() -> None:
    assert record_document(safety_record(())) is None
