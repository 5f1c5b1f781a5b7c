"""``status`` as text and as JSON: what the index knows, and what is wrong."""

from typing import Any

from coverquery.report.compact import index_document
from coverquery.report.escape import LONGEST_SENTENCE, capped, short
from coverquery.report.facts import Rendering, StatusFacts
from coverquery.report.page import Line, next_line, page, plural
from coverquery.report.safety import METHOD, record_document, sentence

_WARNINGS = 5


def text(facts: StatusFacts, rendering: Rendering) -> str:
    """Render for people and models."""
    head = [Line(_verdict(facts), "good" if facts.known.state == "fresh" else "warn")]
    if rendering.verbose < 0:
        return page(head, color=rendering.color)
    warnings = [
        Line(f"warning: {capped(notice.text, LONGEST_SENTENCE)}", "warn")
        for notice in facts.warnings[:_WARNINGS]
    ]
    if len(facts.warnings) > _WARNINGS:
        warnings.append(Line(f"... {plural(len(facts.warnings) - _WARNINGS, 'more warning')}"))
    told = f"safety record: {sentence(facts.safety)}" if facts.safety else ""
    safety = [Line(f"{told}; 95 % bounds are {METHOD}")] if told else []
    tail = [Line(_surroundings(facts)), *safety, *warnings, next_line(_next(facts))]
    return page([*head, *tail], color=rendering.color)


def _verdict(facts: StatusFacts) -> str:
    if facts.known.state == "missing":
        return "index missing: nothing is recorded yet"
    words = [f"index {facts.known.state}"]
    if facts.known.commit:
        words.append(f"at {short(facts.known.commit)}")
    if facts.behind:
        words.append(f"({plural(facts.behind, 'commit')} behind)")
    unknown = f", {facts.unknown_tests} unknown" if facts.unknown_tests else ""
    untrusted = f", {facts.untrusted_tests} untrusted" if facts.untrusted_tests else ""
    tests = f"{plural(facts.tests, 'test')}{unknown}{untrusted}"
    return f"{' '.join(words)}: {tests}, {plural(facts.files, 'file')}, {facts.megabytes:.1f} MB"


def _surroundings(facts: StatusFacts) -> str:
    python = f"python {capped(facts.python)}" if facts.python else "python unknown"
    pending = f" ({facts.pending} pending)" if facts.pending else ""
    dirty = f"{plural(facts.dirty, 'changed file')} in the worktree"
    return f"{python}, environment {facts.env}; {dirty}; watcher {facts.watcher}{pending}"


def _next(facts: StatusFacts) -> tuple[str, ...]:
    if facts.next:
        return facts.next
    if facts.known.state == "missing":
        return ("coverquery run --all",)
    return ("coverquery affected",) if facts.known.state == "fresh" else ("coverquery run",)


def document(facts: StatusFacts, _rendering: Rendering) -> dict[str, Any]:
    """Return the document ``coverquery.status/1``."""
    return {
        "schema": "coverquery.status/1",
        "ok": True,
        "index": {
            **index_document(facts.known),
            "behind": facts.behind,
            "tests": facts.tests,
            "unknown_tests": facts.unknown_tests,
            "untrusted_tests": facts.untrusted_tests,
            "files": facts.files,
            "mb": round(facts.megabytes, 1),
            "python": facts.python,
            "env": facts.env,
        },
        "watcher": {"state": facts.watcher, "pending": facts.pending},
        "dirty": facts.dirty,
        "warnings": [
            {"code": notice.code, "text": capped(notice.text, LONGEST_SENTENCE)}
            for notice in facts.warnings[:_WARNINGS]
        ],
        "safety": record_document(facts.safety),
        "next": list(_next(facts)),
    }
