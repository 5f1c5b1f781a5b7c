"""``covers`` as text and as JSON: how many tests execute each line, and which, focused first."""

import shlex
from typing import Any, Final

from coverquery.report.compact import dumps, index_document, sentences
from coverquery.report.escape import capped
from coverquery.report.facts import CoveringTest, CoversFacts, Rendering
from coverquery.report.limits import CEILING, Room, fit, room
from coverquery.report.page import Line, next_line, page, plural

TEXT_TOKENS: Final = 800
JSON_TOKENS: Final = 800
ROWS: Final = 20
_LINES: Final = 12
_CUT_ROW: Final = 80


def text(facts: CoversFacts, rendering: Rendering) -> str:
    """Render for people and models."""
    head = [Line(_verdict(facts), "head")]
    if rendering.verbose < 0:
        return page(head, color=rendering.color)
    head += [Line(f"note: {note}") for note in sentences(facts.notes, 3)]
    head += _line_rows(facts)
    tail = [next_line(_next(facts))]
    used = len(page([*head, *tail], color=False).encode()) + _CUT_ROW
    rows = [_row(test) for test in facts.tests]
    shown = list(
        fit(rows, _room(rendering, TEXT_TOKENS, used), lambda row: len(_page(row).encode()))
    )
    if len(shown) < len(rows):
        shown.append(Line(f"... {len(shown)} of {len(rows)} tests"))
    return page([*head, *shown, *tail], color=rendering.color)


def _page(row: Line) -> str:
    return page([row], color=False)


def _room(rendering: Rendering, tokens: int, used: int) -> Room:
    if rendering.limit is None and rendering.verbose > 0:
        return room(CEILING, tokens, used)
    found = room(rendering.limit, tokens, used)
    return found if rendering.limit is not None else Room(ROWS, found.size)


def _verdict(facts: CoversFacts) -> str:
    symbol = f" ({capped(facts.symbol)})" if facts.symbol else ""
    place = f"{capped(facts.at)}{symbol}"
    if not facts.tests:
        return f"no known test executes {place}  index {facts.known.state}"
    verb = "executes" if len(facts.tests) == 1 else "execute"
    count = f"{plural(len(facts.tests), 'test')} in {plural(_files(facts), 'file')}"
    return f"{count} {verb} {place}  index {facts.known.state}"


def _files(facts: CoversFacts) -> int:
    return len({test.file for test in facts.tests})


def _line_rows(facts: CoversFacts) -> list[Line]:
    shown = [f"{capped(str(part.lines))}: {part.tests}" for part in facts.lines[:_LINES]]
    if len(facts.lines) > _LINES:
        shown.append(f"... {len(facts.lines) - _LINES} more")
    return [Line(f"tests by line: {'; '.join(shown)}")] if shown else []


def _row(test: CoveringTest) -> Line:
    return Line(f"  {test.focus:4.0%}  {capped(test.nodeid)}  {capped(str(test.lines))}")


def _next(facts: CoversFacts) -> tuple[str, ...]:
    if facts.next:
        return facts.next
    if facts.tests and facts.args_file:
        return (f"pytest {shlex.quote('@' + facts.args_file)}",)
    return ("coverquery status",)


def document(facts: CoversFacts, rendering: Rendering) -> dict[str, Any]:
    """Return the document ``coverquery.covers/1``."""
    made: dict[str, Any] = {
        "schema": "coverquery.covers/1",
        "ok": True,
        "at": capped(facts.at),
        "symbol": capped(facts.symbol),
        "index": index_document(facts.known),
        "lines": [
            {"lines": capped(str(part.lines)), "tests": part.tests} for part in facts.lines[:_LINES]
        ],
        "counts": {"tests": len(facts.tests), "files": _files(facts)},
        "tests": [],
        "notes": sentences(facts.notes, 3),
        "truncated": None,
        "args_file": facts.args_file,
        "next": list(_next(facts)),
    }
    used = len(dumps(made)) + _CUT_ROW
    tests = [_test_document(test) for test in facts.tests]
    shown = fit(tests, _room(rendering, JSON_TOKENS, used), lambda test: len(dumps(test)) + 1)
    made["tests"] = shown
    cut = {"shown": len(shown), "of": len(tests)}
    if len(facts.lines) > _LINES:
        cut["lines"] = len(facts.lines)
    made["truncated"] = cut if "lines" in cut or len(shown) < len(tests) else None
    return made


def _test_document(test: CoveringTest) -> dict[str, Any]:
    return {
        "test": capped(test.nodeid),
        "lines": capped(str(test.lines)),
        "focus": round(test.focus, 2),
    }
