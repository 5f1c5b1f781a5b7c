"""An expected error as text and as JSON: message, cause, and the one command that mends it."""

from typing import Any

from coverquery.report.escape import LONGEST_SENTENCE, capped
from coverquery.report.facts import ErrorFacts, Rendering
from coverquery.report.page import Line, page


def text(facts: ErrorFacts, rendering: Rendering) -> str:
    """Render for people and models."""
    lines = [Line(f"error: {capped(facts.text, LONGEST_SENTENCE)}", "bad")]
    if facts.fix:
        lines.append(Line(f"fix: {capped(facts.fix, LONGEST_SENTENCE)}"))
    return page(lines, color=rendering.color)


def document(facts: ErrorFacts, _rendering: Rendering) -> dict[str, Any]:
    """Return the document ``coverquery.error/1``."""
    return {
        "schema": "coverquery.error/1",
        "ok": False,
        "error": {
            "code": facts.code,
            "text": capped(facts.text, LONGEST_SENTENCE),
            "fix": None if facts.fix is None else capped(facts.fix, LONGEST_SENTENCE),
            "safe_fallback": facts.safe_fallback,
        },
    }
