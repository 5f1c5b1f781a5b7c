"""``audit`` as text and as JSON: what was compared, and each miss with what was lacking."""

from typing import Any, Final

from coverquery.audited import Audit, AuditCounts, AuditedChange
from coverquery.report.compact import dumps, names, revision, sentences
from coverquery.report.escape import capped, short
from coverquery.report.facts import Rendering
from coverquery.report.limits import fit, room
from coverquery.report.page import Line, next_line, page, plural
from coverquery.report.safety import METHOD, counts_document, record_document, sentence
from coverquery.report.safety_facts import AuditFacts

TOKENS: Final = 1_500
_CUT_ROW: Final = 60
_FILES: Final = 5


def text(facts: AuditFacts, rendering: Rendering) -> str:
    """Render for people and models."""
    counts = facts.counts
    head = [Line(_verdict(facts, counts), "bad" if facts.exit_status else "good")]
    if rendering.verbose < 0:
        return page(head, color=rendering.color)
    head += [Line(f"note: {note}") for note in sentences(facts.notes, 5)]
    if len(facts.audits) > 1:
        head += [Line(f"  {_commit(audit)}") for audit in facts.audits[:20]]
    told = f"safety record: {sentence(facts.record)}; 95 % bounds are {METHOD}"
    tail = [Line(told), next_line(_next(facts))]
    if facts.log and facts.exit_status:
        tail.insert(0, Line(f"log: {facts.log}"))
    used = len(page([*head, *tail], color=False).encode()) + _CUT_ROW
    blocks = [_block(audit, change) for audit, change in facts.changes]
    within = room(rendering.limit, TOKENS, used)
    shown = fit(blocks, within, lambda block: len(page(block, color=False).encode()))
    rows = [line for block in shown for line in block]
    if len(shown) < len(blocks):
        rows.append(Line(f"... {len(shown)} of {plural(len(blocks), 'test')}"))
    return page([*head, *rows, *tail], color=rendering.color)


def _verdict(facts: AuditFacts, counts: AuditCounts) -> str:
    over = f" over {plural(len(facts.audits), 'commit')}" if len(facts.audits) > 1 else ""
    unstable = f", {counts.unstable} unstable" if counts.unstable else ""
    missed = f"{counts.missed} MISSED" if counts.missed else "none missed"
    if not facts.audits:
        return f"audit: nothing compared in {facts.seconds:.1f}s"
    ran = f"audit{over}: {plural(counts.tests, 'test')} compared, {counts.skipped} not selected"
    outcomes = f"{plural(counts.changed, 'outcome')} changed"
    return f"{ran}, {outcomes}, {missed}{unstable} in {facts.seconds:.1f}s"


def _commit(audit: Audit) -> str:
    counts = audit.counts
    left = f"{counts.tests - counts.skipped}/{counts.tests} selected"
    unstable = f", {counts.unstable} unstable" if counts.unstable else ""
    return (
        f"{short(audit.commit or '-'):8} {left}, {counts.changed} changed,"
        f" {counts.missed} missed{unstable}"
    )


def _block(audit: Audit, change: AuditedChange) -> list[Line]:
    tone: Final = "bad" if change.verdict == "missed" else "warn"
    at = f" at {short(audit.commit)}" if audit.commit and audit.kind == "replay" else ""
    recorded = f" (recorded at {short(change.held_at)})" if change.held_at else ""
    first = f"{change.verdict.upper()} {capped(change.nodeid)}: {change.was}{recorded}"
    lines = [Line(f"{first}, now {change.now}{at}", tone)]
    if change.verdict == "unstable":
        return [*lines, Line(f"    run once more it {_past(change.was)} again")]
    if change.seen:
        told = ", ".join(names(change.seen, _FILES))
        lines.append(Line(f"    it depends on {told}, whose change was said to mean nothing"))
    if change.fresh:
        told = ", ".join(names(change.fresh, _FILES))
        lines.append(Line(f"    it depends now and did not then on {told}"))
    if change.unseen:
        told = ", ".join(names(change.unseen, _FILES))
        lines.append(Line(f"    changed, and not known to matter to it: {told}"))
    elif not change.seen:
        lines.append(Line("    no file changed: it depends on something outside the project"))
    return lines


def _past(outcome: str) -> str:
    return {"passed": "passed", "failed": "failed", "error": "failed"}.get(
        outcome, f"came out {outcome}"
    )


def _next(facts: AuditFacts) -> tuple[str, ...]:
    if facts.next:
        return facts.next
    return ("coverquery flaky",) if facts.counts.unstable else ("coverquery status",)


def document(facts: AuditFacts, rendering: Rendering) -> dict[str, Any]:
    """Return the document ``coverquery.audit/1``."""
    made: dict[str, Any] = {
        "schema": "coverquery.audit/1",
        "ok": facts.exit_status == 0,
        "exit": facts.exit_status,
        "counts": counts_document(facts.counts),
        "audits": [_audit_document(audit) for audit in facts.audits[:20]],
        "changes": [],
        "record": record_document(facts.record),
        "seconds": round(facts.seconds, 1),
        "notes": sentences(facts.notes, 5),
        "truncated": None,
        "log": facts.log,
        "next": list(_next(facts)),
    }
    within = room(rendering.limit, TOKENS, len(dumps(made)) + _CUT_ROW)
    rows = [_change_document(audit, change) for audit, change in facts.changes]
    made["changes"] = shown = fit(rows, within, lambda row: len(dumps(row)) + 1)
    if len(shown) < len(rows):
        made["truncated"] = {"shown": len(shown), "of": len(rows)}
    return made


def _audit_document(audit: Audit) -> dict[str, Any]:
    return {
        "kind": audit.kind,
        "commit": revision(audit.commit),
        **counts_document(audit.counts),
    }


def _change_document(audit: Audit, change: AuditedChange) -> dict[str, Any]:
    return {
        "test": capped(change.nodeid),
        "verdict": change.verdict,
        "commit": revision(audit.commit),
        "was": change.was,
        "now": change.now,
        "held_at": revision(change.held_at),
        "seen": names(change.seen, _FILES),
        "fresh": names(change.fresh, _FILES),
        "unseen": names(change.unseen, _FILES),
    }
