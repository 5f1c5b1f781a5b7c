"""``runs`` as text and as JSON: the recorded runs, newest first."""

from datetime import UTC, datetime
from typing import Any, Final

from coverquery.model import RunInfo
from coverquery.report.compact import dumps, revision
from coverquery.report.escape import capped, short
from coverquery.report.facts import Rendering, RunsFacts
from coverquery.report.limits import fit, room
from coverquery.report.page import Line, next_line, page, plural

TOKENS: Final = 800
_CUT_ROW: Final = 60


def text(facts: RunsFacts, rendering: Rendering) -> str:
    """Render for people and models; the time of a run only where it is asked for (-v)."""
    head = [Line(_verdict(facts), "head")]
    if rendering.verbose < 0:
        return page(head, color=rendering.color)
    tail = [next_line(_next(facts))]
    rows = [Line(_row(run, timed=rendering.verbose > 0)) for run in facts.runs]
    used = len(page([*head, *tail], color=False).encode()) + _CUT_ROW
    within = room(rendering.limit, TOKENS, used)
    shown = list(fit(rows, within, lambda row: len(page([row], color=False).encode())))
    if len(shown) < facts.total:
        shown.append(Line(f"... {len(shown)} of {facts.total} runs"))
    return page([*head, *shown, *tail], color=rendering.color)


def _verdict(facts: RunsFacts) -> str:
    if not facts.total:
        return "no recorded runs"
    commits = len({run.commit for run in facts.runs if run.commit})
    listed = "" if len(facts.runs) == facts.total else f", the last {len(facts.runs)}"
    return f"{plural(facts.total, 'recorded run')}{listed} of {plural(commits, 'commit')}"


def _row(run: RunInfo, *, timed: bool) -> str:
    commit = f"{short(run.commit) if run.commit else '-'}{'+' if run.tree else ''}"
    words = [f"  {commit:8}", run.state, _outcomes(run)]
    if run.exit_status is not None:
        words.append(f"exit {run.exit_status}")
    if run.ended is not None:
        words.append(f"{max(0.0, run.ended - run.started):.1f}s")
    if timed:
        words.append(_time(run.started))
    return "  ".join([*words, capped(run.uid)])


def _outcomes(run: RunInfo) -> str:
    told = [f"{count} {word}" for word, count in sorted(run.outcomes.items()) if count]
    return ", ".join(told) or "no outcomes"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _next(facts: RunsFacts) -> tuple[str, ...]:
    if facts.next:
        return facts.next
    return ("coverquery affected",) if facts.total else ("coverquery run --all",)


def document(facts: RunsFacts, rendering: Rendering) -> dict[str, Any]:
    """Return the document ``coverquery.runs/1``."""
    made: dict[str, Any] = {
        "schema": "coverquery.runs/1",
        "ok": True,
        "counts": {"runs": facts.total},
        "runs": [],
        "truncated": None,
        "next": list(_next(facts)),
    }
    within = room(rendering.limit, TOKENS, len(dumps(made)) + _CUT_ROW)
    runs = [_run_document(run) for run in facts.runs]
    made["runs"] = shown = fit(runs, within, lambda run: len(dumps(run)) + 1)
    if len(shown) < facts.total:
        made["truncated"] = {"shown": len(shown), "of": facts.total}
    return made


def _run_document(run: RunInfo) -> dict[str, Any]:
    return {
        "run": capped(run.uid),
        "commit": revision(run.commit),
        "dirty": run.tree is not None,
        "state": run.state,
        "exit": run.exit_status,
        "started": _time(run.started),
        "seconds": None if run.ended is None else round(max(0.0, run.ended - run.started), 1),
        "outcomes": dict(sorted(run.outcomes.items())),
    }
