"""Facts → what is written: the one door for the command line, hooks and servers."""

from importlib import import_module
from typing import Any

from coverquery.report.compact import dumps
from coverquery.report.facts import Facts, Rendering

_FORMATS = {
    "AffectedFacts": "affected",
    "RunFacts": "run",
    "WhyFacts": "why",
    "CoversFacts": "covers",
    "StatusFacts": "status",
    "RunsFacts": "runs",
    "AuditFacts": "audit",
    "FlakyFacts": "flaky",
    "ErrorFacts": "failure",
}
"""Modules beside this one; only the one that is needed is imported."""


def render_text(facts: Facts, rendering: Rendering) -> str:
    """Return the answer as lines: verdict first, next command last."""
    written: str = _format(facts).text(facts, rendering)
    return written


def render_json(facts: Facts, rendering: Rendering) -> str:
    """Return the answer as one line of compact JSON."""
    return f"{dumps(_format(facts).document(facts, rendering))}\n"


def _format(facts: Facts) -> Any:
    return import_module(f"coverquery.report.{_FORMATS[type(facts).__name__]}")
