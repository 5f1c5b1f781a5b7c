"""``why`` as text and as JSON: every reason, or the execution that still holds."""

import shlex
from typing import Any, Final

from coverquery.model import Reason
from coverquery.report.compact import dumps, names, outcome_document, sentences
from coverquery.report.escape import LONGEST_SENTENCE, capped, short
from coverquery.report.facts import Outcome, Rendering, WhyFacts
from coverquery.report.limits import fit, room
from coverquery.report.page import Line, next_line, page, plural

TEXT_TOKENS: Final = 300
JSON_TOKENS: Final = 300
_CUT_ROW: Final = 60


def text(facts: WhyFacts, rendering: Rendering) -> str:
    """Render for people and models."""
    head = [Line(_verdict(facts), "head")]
    if rendering.verbose < 0:
        return page(head, color=rendering.color)
    tail = [*_history(facts), next_line(_next(facts))]
    used = len(page([*head, *tail], color=False).encode()) + _CUT_ROW
    rows = [Line(f"  {_reason(reason)}") for reason in facts.reasons]
    within = room(rendering.limit, TEXT_TOKENS, used)
    shown = list(fit(rows, within, lambda row: len(page([row], color=False).encode())))
    if len(shown) < len(rows):
        shown.append(Line(f"  ... {len(shown)} of {len(rows)} reasons"))
    return page([*head, *shown, *tail], color=rendering.color)


def _verdict(facts: WhyFacts) -> str:
    if facts.selected:
        return f"selected: {capped(facts.nodeid)}  {plural(len(facts.reasons), 'reason')}"
    held = f": the execution {_outcome(facts.holds)} still holds" if facts.holds else ""
    return f"not selected: {capped(facts.nodeid)}{held}"


def _outcome(outcome: Outcome) -> str:
    place = f" at {short(outcome.commit)}" if outcome.commit else ""
    return f"recorded{place} ({outcome.outcome}, {outcome.seconds:.3f}s)"


def _reason(reason: Reason) -> str:
    words: list[str] = [reason.why]
    if reason.file:
        lines = f":{reason.lines}" if reason.lines else ""
        words.append(f"{capped(reason.file)}{capped(lines)}")
    if reason.symbol:
        words.append(f"({capped(reason.symbol)})")
    if reason.via:
        words.append(f"through {capped(reason.via)}")
    if reason.recorded_at:
        words.append(f"recorded at {short(reason.recorded_at)}")
    told = " ".join(words)
    return f"{told}: {capped(reason.text, LONGEST_SENTENCE)}" if reason.text else told


def _history(facts: WhyFacts) -> list[Line]:
    lines = [Line(f"note: {note}") for note in sentences(facts.notes, 3)]
    if facts.last is None:
        return [*lines, Line("never recorded")]
    executed = f"{plural(facts.covers_lines, 'line')} in {plural(facts.covers_files, 'file')}"
    return [*lines, Line(f"last: {_outcome(facts.last)}, executed {executed}")]


def _next(facts: WhyFacts) -> tuple[str, ...]:
    if facts.next:
        return facts.next
    return (shlex.join(["coverquery", "run", facts.nodeid]),)


def document(facts: WhyFacts, rendering: Rendering) -> dict[str, Any]:
    """Return the document ``coverquery.why/1``."""
    made: dict[str, Any] = {
        "schema": "coverquery.why/1",
        "ok": True,
        "test": capped(facts.nodeid),
        "selected": facts.selected,
        "reasons": [],
        "holds": outcome_document(facts.holds),
        "covers": {"files": facts.covers_files, "lines": facts.covers_lines},
        "last": outcome_document(facts.last),
        "notes": sentences(facts.notes, 3),
        "truncated": None,
        "next": names(_next(facts), 3),
    }
    within = room(rendering.limit, JSON_TOKENS, len(dumps(made)) + _CUT_ROW)
    reasons = [_reason_document(reason) for reason in facts.reasons]
    made["reasons"] = shown = fit(reasons, within, lambda reason: len(dumps(reason)) + 1)
    if len(shown) < len(reasons):
        made["truncated"] = {"shown": len(shown), "of": len(reasons)}
    return made


def _reason_document(reason: Reason) -> dict[str, Any]:
    told = {
        "why": reason.why,
        "file": capped(reason.file or ""),
        "lines": capped(str(reason.lines)),
        "symbol": capped(reason.symbol),
        "via": capped(reason.via),
        "recorded_at": short(reason.recorded_at or ""),
        "text": capped(reason.text, LONGEST_SENTENCE),
    }
    return {key: value for key, value in told.items() if value}
