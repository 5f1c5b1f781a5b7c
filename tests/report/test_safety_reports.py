"""What ``audit``, ``flaky`` and ``status`` say of the safety record, within their budgets."""

import json

import jsonschema
import pytest

from coverquery.audited import Audit, AuditCounts, AuditedChange, Unstable
from coverquery.model import NodeId, RepoPath
from coverquery.report.facts import Facts, IndexState, Rendering, StatusFacts
from coverquery.report.render import render_json, render_text
from coverquery.report.safety import safety_record
from coverquery.report.safety_facts import AuditFacts, FlakyFacts
from coverquery.report.schema import SCHEMAS

PLAIN = Rendering()
BASE = "57b1c47" + "0" * 33
TEST = NodeId("tests/test_rate.py::test_rate")
MISS = AuditedChange(
    TEST, "passed", "failed", "missed", BASE, (RepoPath("shop/a.py"),), (RepoPath("shop/b.txt"),),
    (RepoPath("shop/c.py"),),
)  # fmt: skip
SHAKY = AuditedChange(NodeId("tests/test_luck.py::test_luck"), "passed", "failed", "unstable", BASE)
AUDIT = Audit("u", "tree", BASE, 0.0, AuditCounts(300, 200, 150, 12, 1, 1), (SHAKY, MISS))
FACTS = AuditFacts(1, (AUDIT,), safety_record((AUDIT,)), 12.34, log="log.txt")


def document(facts: Facts, rendering: Rendering = PLAIN) -> dict[str, object]:
    made: dict[str, object] = json.loads(render_json(facts, rendering))
    name = str(made["schema"]).removeprefix("coverquery.").removesuffix("/1")
    jsonschema.validate(made, SCHEMAS[name])
    return made


def tokens(text: str) -> float:
    return len(text.encode()) / 3.2


def test_an_audit_tells_misses_first_with_what_was_lacking() -> None:
    assert render_text(FACTS, PLAIN) == (
        "audit: 300 tests compared, 200 not selected, 12 outcomes changed, 1 MISSED, 1 unstable"
        " in 12.3s\n"
        "MISSED tests/test_rate.py::test_rate: passed (recorded at 57b1c47), now failed\n"
        "    it depends on shop/a.py, whose change was said to mean nothing\n"
        "    it depends now and did not then on shop/c.py\n"
        "    changed, and not known to matter to it: shop/b.txt\n"
        "UNSTABLE tests/test_luck.py::test_luck: passed (recorded at 57b1c47), now failed\n"
        "    run once more it passed again\n"
        "log: log.txt\n"
        "safety record: 1 audit: 1 of 12 changed outcomes missed (at most 33.9 %),"
        " 1 of 150 skipped tests (at most 3.12 %); 95 % bounds are clopper-pearson\n"
        "next: coverquery flaky\n"
    )
    made = document(FACTS)
    assert [one["verdict"] for one in made["changes"]] == ["missed", "unstable"]  # type: ignore[attr-defined]
    assert made["record"] == {
        "audits": 1, "changed": 12, "exposed": 150, "missed": 1,
        "bound": {
            "method": "clopper-pearson", "confidence": 0.95, "per_change": 0.339,
            "per_skip": 0.0312,
        },
    }  # fmt: skip


def test_a_thousand_misses_stay_within_the_budget() -> None:
    changes = tuple(MISS._replace(nodeid=NodeId(f"{TEST}[{n}]")) for n in range(1000))
    audit = AUDIT._replace(changes=changes, counts=AUDIT.counts._replace(missed=1000, changed=1000))
    facts = FACTS._replace(audits=(audit,) * 30)
    assert tokens(render_text(facts, PLAIN)) <= 1_500
    assert tokens(render_json(facts, PLAIN)) <= 3_500
    assert document(facts)["truncated"] is not None
    assert render_text(facts, Rendering(verbose=-1)).count("\n") == 1


def test_many_flaky_tests_stay_within_the_budget() -> None:
    shaky = tuple(
        Unstable(NodeId(f"{TEST}[{n}]"), ("failed", "passed"), 3, BASE, n) for n in range(500)
    )
    facts = FlakyFacts(shaky, 5000, 40)
    assert tokens(render_text(facts, PLAIN)) <= 800
    assert tokens(render_json(facts, PLAIN)) <= 800
    assert document(facts)["counts"] == {"flaky": 500, "tests": 5000, "runs": 40}
    assert "  ... " in render_text(facts, PLAIN)


def test_when_a_flaky_test_was_seen_last() -> None:
    one = Unstable(TEST, ("failed", "passed"), 1, None, 0)
    other = one._replace(commit=BASE, runs_since=2, times=3, in_one_run=True)
    assert render_text(FlakyFacts((one, other), 10, 4), PLAIN) == (
        "2 flaky tests of 10 tests in 4 recorded runs\n"
        f"  {TEST}  failed/passed  once, in the newest run\n"
        f"  {TEST}  failed/passed  3 times, when pytest ran it again, last at 57b1c47, 2 runs ago\n"
        f"next: coverquery run {TEST}\n"
    )


def test_status_with_a_record_stays_within_its_budget() -> None:
    record = safety_record((AUDIT._replace(counts=AuditCounts(900_000, 800_000, 700_000, 400)),))
    facts = StatusFacts(
        IndexState("fresh", BASE), 0, 5000, 0, 640, 41.2, "3.12", "match", 2, safety=record
    )
    assert "safety record: 1 audit: 0 of 400 changed outcomes missed (at most 0.746 %)" in (
        render_text(facts, PLAIN)
    )
    assert tokens(render_text(facts, PLAIN)) <= 150
    assert tokens(render_json(facts, PLAIN)) <= 150
    document(facts)


@pytest.mark.parametrize("facts", [
    FlakyFacts((Unstable(NodeId("t\n\x1b[31m.py::x"), ("failed", "passed"), 1, None, 0),), 1, 1),
    FACTS._replace(audits=(AUDIT._replace(changes=(MISS._replace(nodeid=NodeId("t\n\x1b[31m")),)),)),
])  # fmt: skip
def test_hostile_names_are_shown_not_obeyed(facts: Facts) -> None:
    text = render_text(facts, PLAIN)
    assert "\x1b" not in text
    assert "t\\n\\x1b[31m" in text
    assert "\\u001b" in render_json(facts, PLAIN) or "\\\\x1b" in render_json(facts, PLAIN)
