"""``run`` as text and as JSON: what passed, and each failure with the change it executed."""

import shlex
from collections.abc import Sequence
from typing import Any, Final

from coverquery.report.compact import dumps, index_document, names, sentences
from coverquery.report.escape import LONGEST_SENTENCE, capped, short
from coverquery.report.facts import Failure, Rendering, RunCounts, RunFacts
from coverquery.report.limits import fit, room
from coverquery.report.page import Line, gap_lines, next_line, page

TEXT_TOKENS: Final = 1_500
JSON_TOKENS: Final = 1_500
_CUT_ROW: Final = 80


def text(facts: RunFacts, rendering: Rendering) -> str:
    """Render for people and models."""
    tone: Final = "good" if facts.exit_status == 0 else "bad"
    head = [Line(_verdict(facts), tone), *gap_lines(sentences(facts.gaps, 5))]
    if rendering.verbose < 0:
        return page(head, color=rendering.color)
    head += [Line(f"note: {note}") for note in sentences(facts.notes, 5)]
    tail = [next_line(_next(facts))]
    if facts.log and facts.exit_status:
        tail.insert(0, Line(f"log: {facts.log}"))
    used = len(page([*head, *tail], color=False).encode()) + _CUT_ROW
    blocks = [
        _block(place, failure, rendering) for place, failure in enumerate(facts.failures, start=1)
    ]
    within = room(rendering.limit, TEXT_TOKENS, used)
    shown = fit(blocks, within, lambda block: len(page(block, color=False).encode()))
    rows = [line for block in shown for line in block]
    if len(shown) < len(blocks):
        rows.append(Line(f"... {len(shown)} of {len(blocks)} failures"))
    return page([*head, *rows, *tail], color=rendering.color)


def _verdict(facts: RunFacts) -> str:
    counts = facts.counts
    ran = f"run {counts.selected}/{counts.total}: {_outcomes(counts)}"
    return f"{ran} in {facts.seconds:.1f}s  exit {facts.exit_status}"


def _outcomes(counts: RunCounts) -> str:
    told = [
        f"{count} {word}"
        for count, word in (
            (counts.passed, "passed"),
            (counts.failed, "FAILED"),
            (counts.errors, "ERRORS"),
            (counts.skipped, "skipped"),
            (counts.not_run, "NOT RUN"),
        )
        if count
    ]
    return ", ".join(told) or "nothing to run"


def _block(place: int, failure: Failure, rendering: Rendering) -> list[Line]:
    at = f"   at {capped(failure.at)}" if failure.at else ""
    lines = [
        Line(f"[{place}] {capped(failure.nodeid)}", "bad"),
        Line(f"    {capped(failure.error, LONGEST_SENTENCE)}{at}"),
    ]
    if failure.same_cause > 1:
        lines.append(Line(f"    {failure.same_cause} failures have this cause"))
    if failure.hits_changed:
        lines.append(
            Line(f"    executed changed lines: {', '.join(names(failure.hits_changed, 5))}")
        )
    if failure.own_file_changed:
        lines.append(Line("    its own file is part of this change"))
    most = len(failure.trace) if rendering.verbose > 0 else 0
    return [*lines, *(Line(f"      {capped(step)}") for step in failure.trace[:most])]


def _next(facts: RunFacts) -> tuple[str, ...]:
    if facts.next:
        return facts.next
    if facts.failures:
        return (shlex.join(["coverquery", "why", facts.failures[0].nodeid]),)
    return ("coverquery run",) if facts.exit_status else ("coverquery status",)


def document(facts: RunFacts, rendering: Rendering) -> dict[str, Any]:
    """Return the document ``coverquery.run/1``."""
    made = _document(facts)
    within = room(rendering.limit, JSON_TOKENS, len(dumps(made)) + _CUT_ROW)
    failures = [_failure_document(failure) for failure in facts.failures]
    shown = fit(failures, within, lambda failure: len(dumps(failure)) + 1)
    made["failures"] = shown
    if len(shown) < len(failures):
        made["truncated"] = {"shown": len(shown), "of": len(failures)}
    return made


def _document(facts: RunFacts) -> dict[str, Any]:
    return {
        "schema": "coverquery.run/1",
        "ok": facts.exit_status == 0,
        "exit": facts.exit_status,
        "base": short(facts.base),
        "complete": not facts.gaps,
        "counts": _counts_document(facts.counts),
        "seconds": round(facts.seconds, 1),
        "failures": [],
        "gaps": sentences(facts.gaps, 5),
        "notes": sentences(facts.notes, 5),
        "truncated": None,
        "log": facts.log,
        "junit": facts.junit,
        "index": index_document(facts.known) | {"updated_tests": facts.updated_tests},
        "next": list(_next(facts)),
    }


def _counts_document(counts: RunCounts) -> dict[str, int]:
    return {
        "selected": counts.selected,
        "total": counts.total,
        "passed": counts.passed,
        "failed": counts.failed,
        "errors": counts.errors,
        "skipped": counts.skipped,
        "not_run": counts.not_run,
    }


def _failure_document(failure: Failure) -> dict[str, Any]:
    trace: Sequence[str] = failure.trace[-5:]  # the end of a trace is where it happened
    return {
        "test": capped(failure.nodeid),
        "at": failure.at and capped(failure.at),
        "error": capped(failure.error, LONGEST_SENTENCE),
        "same_cause": failure.same_cause,
        "own_file_changed": failure.own_file_changed,
        "hits_changed": names(failure.hits_changed, 5),
        "trace": [capped(step) for step in trace],
    }
