"""``flaky`` as text and as JSON: tests with different outcomes on the same contents."""

import shlex
from typing import Any, Final

from coverquery.audited import Unstable
from coverquery.report.compact import dumps, revision, sentences
from coverquery.report.escape import capped, short
from coverquery.report.facts import Rendering
from coverquery.report.limits import fit, room
from coverquery.report.page import Line, next_line, page, plural
from coverquery.report.safety_facts import FlakyFacts

TOKENS: Final = 800
_CUT_ROW: Final = 60


def text(facts: FlakyFacts, rendering: Rendering) -> str:
    """Render for people and models."""
    head = [Line(_verdict(facts), "warn" if facts.tests else "good")]
    if rendering.verbose < 0:
        return page(head, color=rendering.color)
    head += [Line(f"note: {note}") for note in sentences(facts.notes, 3)]
    tail = [next_line(_next(facts))]
    used = len(page([*head, *tail], color=False).encode()) + _CUT_ROW
    rows = [Line(_row(one)) for one in facts.tests]
    within = room(rendering.limit, TOKENS, used)
    shown = list(fit(rows, within, lambda row: len(page([row], color=False).encode())))
    if len(shown) < len(rows):
        shown.append(Line(f"  ... {len(shown)} of {len(rows)} tests"))
    return page([*head, *shown, *tail], color=rendering.color)


def _verdict(facts: FlakyFacts) -> str:
    known = f"{plural(facts.known, 'test')} in {plural(facts.runs, 'recorded run')}"
    if not facts.tests:
        return f"no flaky test seen: {known}"
    return f"{plural(len(facts.tests), 'flaky test')} of {known}"


def _row(one: Unstable) -> str:
    commit = f", last at {short(one.commit)}" if one.commit else ""
    times = "once" if one.times == 1 else f"{one.times} times"
    ago = f"{plural(one.runs_since, 'run')} ago" if one.runs_since else "in the newest run"
    how = ", when pytest ran it again" if one.in_one_run else ""
    return f"  {capped(one.nodeid)}  {'/'.join(one.outcomes)}  {times}{how}{commit}, {ago}"


def _next(facts: FlakyFacts) -> tuple[str, ...]:
    if facts.next:
        return facts.next
    if facts.tests:
        return (shlex.join(["coverquery", "run", facts.tests[0].nodeid]),)
    return ("coverquery status",)


def document(facts: FlakyFacts, rendering: Rendering) -> dict[str, Any]:
    """Return the document ``coverquery.flaky/1``."""
    made: dict[str, Any] = {
        "schema": "coverquery.flaky/1",
        "ok": True,
        "counts": {"flaky": len(facts.tests), "tests": facts.known, "runs": facts.runs},
        "tests": [],
        "notes": sentences(facts.notes, 3),
        "truncated": None,
        "next": list(_next(facts)),
    }
    within = room(rendering.limit, TOKENS, len(dumps(made)) + _CUT_ROW)
    rows = [_document(one) for one in facts.tests]
    made["tests"] = shown = fit(rows, within, lambda row: len(dumps(row)) + 1)
    if len(shown) < len(rows):
        made["truncated"] = {"shown": len(shown), "of": len(rows)}
    return made


def _document(one: Unstable) -> dict[str, Any]:
    return {
        "test": capped(one.nodeid),
        "outcomes": list(one.outcomes),
        "times": one.times,
        "last": revision(one.commit),
        "runs_since": one.runs_since,
        "in_one_run": one.in_one_run,
    }
