"""Compact JSON, the same bytes for the same facts, and pieces that several documents hold."""

import json
from typing import Any

from coverquery.report.escape import LONGEST_SENTENCE, capped, short
from coverquery.report.facts import IndexState, Outcome


def dumps(document: Any) -> str:
    """Return JSON in ASCII without spaces: bidi, surrogates and controls are all escaped."""
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("\x7f", "\\u007f")


def index_document(index: IndexState) -> dict[str, Any]:
    """Return the ``index`` object."""
    return {"state": index.state, "commit": revision(index.commit)}


def outcome_document(outcome: Outcome | None) -> dict[str, Any] | None:
    """Return one recorded execution, or null."""
    if outcome is None:
        return None
    return {
        "outcome": outcome.outcome,
        "commit": revision(outcome.commit),
        "seconds": round(outcome.seconds, 3),
    }


def revision(commit: str | None) -> str | None:
    """Return a commit abbreviated, or null."""
    return None if commit is None else short(commit)


def sentences(texts: tuple[str, ...], most: int) -> list[str]:
    """Return messages, each of bearable length, and in the last place how many are missing."""
    shown = [capped(text, LONGEST_SENTENCE) for text in texts[:most]]
    return shown if len(texts) <= most else [*shown, f"... {len(texts) - most} more"]


def names(texts: tuple[str, ...], most: int) -> list[str]:
    """Return paths or commands like ``sentences``."""
    shown = [capped(text) for text in texts[:most]]
    return shown if len(texts) <= most else [*shown, f"... {len(texts) - most} more"]
