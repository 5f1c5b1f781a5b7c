"""``affected`` as text and as JSON: the verdict, why, the tests by file, how to go on."""

import shlex
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from coverquery.model import Canary, ChangeSummary, Why
from coverquery.report.compact import dumps, index_document, names, sentences
from coverquery.report.escape import capped, short, visible
from coverquery.report.facts import AffectedFacts, Rendering
from coverquery.report.groups import Counts, FileGroup, counts, file_groups, fit_groups, identified
from coverquery.report.limits import BYTES_A_TOKEN, CEILING, Room, fit, room
from coverquery.report.page import Line, gap_lines, next_line, page, plural

TEXT_TOKENS: Final = 800
JSON_TOKENS: Final = 1_200
_STATIC: Final = "evidence static: no records yet, so every file that may import a change counts"
_CUT_ROW: Final = 120
"""Bytes kept free for the row that says what was cut."""


def text(facts: AffectedFacts, rendering: Rendering) -> str:
    """Render for people and models."""
    groups = file_groups(facts, rendering.order)
    figures = counts(facts, groups)
    head = [Line(_verdict(facts, figures), "head"), *gap_lines(sentences(facts.selection.gaps, 5))]
    if rendering.verbose < 0:
        return page(head, color=rendering.color)
    if _is_static(facts):
        head.append(Line(_STATIC))
    head += [*_why_lines(facts, rendering), *(Line(f"note: {note}") for note in facts.notes)]
    head += [Line(_canary(one)) for one in facts.selection.canaries[:3]]
    tail = [*_unexplained(facts), next_line(_next(facts, figures))]
    used = len(page([*head, *tail], color=False).encode()) + _CUT_ROW
    within = room(_limit(rendering), TEXT_TOKENS, used)
    listed = _files if _is_static(facts) else _rows
    shown = fit_groups(groups, within, lambda group: len(page(listed(group), color=False).encode()))
    rows = [row for group in shown for row in listed(group)]
    return page([*head, *rows, *_cut(groups, shown), *tail], color=rendering.color)


def _canary(one: Canary) -> str:
    tests = plural(one.if_import_fails, "more test")
    return f"canary: {capped(one.nodeid)}: {tests} if {capped(one.module)} cannot be imported"


def _is_static(facts: AffectedFacts) -> bool:
    return facts.evidence == "static"


def _limit(rendering: Rendering) -> int | None:
    if rendering.limit is None and rendering.verbose > 0:
        return CEILING
    return rendering.limit


def _verdict(facts: AffectedFacts, figures: Counts) -> str:
    words = [_claim(facts, figures)]
    if facts.est_seconds is not None and not _is_nothing(facts):
        words.append(f"est {facts.est_seconds:.1f}s")
    words.append(f"base {short(facts.base)}..{short(facts.head)}")
    words.append(f"index {facts.known.state}")
    return "  ".join(words)


def _claim(facts: AffectedFacts, figures: Counts) -> str:
    noun = "test files" if _is_static(facts) else "tests"
    if _is_nothing(facts):
        known = "known to be " if facts.selection.gaps else ""
        return f"nothing {known}affected: 0/{figures.total} {noun}"
    if _is_static(facts):
        return f"affected {figures.selected}/{figures.total} {noun}"
    if any(not prefix.nodeid for prefix in facts.selection.prefixes) and not figures.total:
        return "affected: every test, none is known yet"
    files = f"{figures.files}/{plural(figures.all_files, 'file')}"
    return f"affected {figures.selected}/{figures.total} tests in {files}"


def _is_nothing(facts: AffectedFacts) -> bool:
    return not facts.selection.tests and not facts.selection.prefixes


def _why_lines(facts: AffectedFacts, rendering: Rendering) -> list[Line]:
    changes = _changes(facts)
    other = _other_reasons(facts)
    if not changes:
        return [Line(f"why: {other}" if other else _looked_at(facts))]
    most = 40 if rendering.verbose > 0 else 5
    within = Room(most, int(TEXT_TOKENS * BYTES_A_TOKEN) // 3)
    tell = len(changes) > 1
    start = "why: " if facts.selection.tests or facts.selection.prefixes else "looked at: "
    noun = "test file" if _is_static(facts) else "test"
    texts = [_change(change, noun if tell else "") for change in changes]
    shown = fit(texts, within, lambda text: len(visible(text).encode()))
    lines = [
        Line(f"{start if place == 0 else ' ' * len(start)}{text}")
        for place, text in enumerate(shown)
    ]
    if len(shown) < len(changes):
        lines.append(Line(f"     ... {plural(len(changes) - len(shown), 'more change')}"))
    return [*lines, Line(f"also: {other}")] if other else lines


def _other_reasons(facts: AffectedFacts) -> str:
    """Count the tests that are selected for something no changed line explains."""
    selected = [*facts.selection.prefixes, *facts.selection.tests]
    found: Counter[Why] = Counter()
    texts: dict[Why, str] = {}
    for test in selected:
        found.update({reason.why for reason in test.reasons if not reason.file})
        for reason in test.reasons:
            if reason.text not in {"", reason.why} and not reason.file:
                texts.setdefault(reason.why, reason.text)
    told = [
        f"{why} {count}" + (f" ({capped(texts[why])})" if why in texts else "")
        for why, count in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    ]
    return ", ".join(told)


def _changes(facts: AffectedFacts) -> list[ChangeSummary]:
    return sorted(
        facts.selection.changes,
        key=lambda change: (-change.tests, change.path, change.lines.bits, change.symbol),
    )


def _change(change: ChangeSummary, noun: str) -> str:
    place = f"{capped(change.path)}:{change.lines}" if change.lines else capped(change.path)
    symbol = f" ({capped(change.symbol)})" if change.symbol else ""
    tests = f"  {plural(change.tests, noun)}" if noun else ""
    note = f"  {capped(change.note)}" if change.note else ""
    return f"{place}{symbol}{tests}{note}"


def _looked_at(facts: AffectedFacts) -> str:
    if not facts.changed:
        return f"looked at: every file; none differs between {short(facts.base)} and {facts.head}"
    listed = ", ".join(names(facts.changed, 5))
    return f"looked at: {plural(len(facts.changed), 'changed file')}: {listed}"


def _unexplained(facts: AffectedFacts) -> list[Line]:
    if not facts.selection.unexplained:
        return []
    listed = ", ".join(names(facts.selection.unexplained, 5))
    return [Line(f"not known to be read by any test: {listed}")]


def _rows(group: FileGroup) -> list[Line]:
    named = [Line(f"  {capped(name)}") for name in group.names]
    left = group.selected - len(named)
    if named and left:
        named.append(Line(f"  ... {left} more"))
    return [Line(f"{capped(group.file) or 'every test file'}  {_share(group)}"), *named]


def _files(group: FileGroup) -> list[Line]:
    return [Line(f"  {capped(group.file) or 'every test file'}")]


def _share(group: FileGroup) -> str:
    if not group.known:
        return "new"
    share = f"all {group.known}" if group.selected == group.known else None
    share = share or f"{group.selected}/{group.known}"
    return f"{share} and new ones" if group.open else share


def _cut(groups: Sequence[FileGroup], shown: Sequence[FileGroup]) -> list[Line]:
    rest = groups[len(shown) :]
    if not rest:
        return []
    tests = sum(group.selected for group in rest)
    files = f"{len(shown)} of {plural(len(groups), 'file')}"
    return [Line(f"... {files}; {plural(tests, 'test')} in the others")]


def _next(facts: AffectedFacts, figures: Counts) -> tuple[str, ...]:
    if facts.next:
        return facts.next
    if _is_nothing(facts):
        return ("coverquery status",)
    if facts.args_file is None or not figures.selected:
        return ("coverquery run",)
    return ("coverquery run", f"pytest {shlex.quote('@' + facts.args_file)}")


def document(facts: AffectedFacts, rendering: Rendering) -> dict[str, Any]:
    """Return the document ``coverquery.affected/1``."""
    groups = file_groups(facts, rendering.order)
    made = _document(facts, groups, rendering)
    within = room(_limit(rendering), JSON_TOKENS, len(dumps(made)) + _CUT_ROW)
    shown = fit_groups(groups, within, lambda group: len(dumps(_group_document(group))) + 1)
    changes = len(facts.selection.changes)
    made["tests"] = [_group_document(group) for group in shown]
    cut: dict[str, int] = {"shown": identified(shown), "of": counts(facts, groups).selected}
    if len(made["changes"]) < changes:
        cut["changes"] = changes
    made["truncated"] = cut if "changes" in cut or cut["shown"] < cut["of"] else None
    return made


def _document(
    facts: AffectedFacts, groups: Sequence[FileGroup], rendering: Rendering
) -> dict[str, Any]:
    figures = counts(facts, groups)
    selection = facts.selection
    return {
        "schema": "coverquery.affected/1",
        "ok": True,
        "base": short(facts.base),
        "head": short(facts.head),
        "index": index_document(facts.known),
        "evidence": facts.evidence,
        "complete": not selection.gaps,
        "counts": {
            "selected": figures.selected,
            "total": figures.total,
            "files": figures.files,
            "new": figures.new,
            "always": figures.always,
        },
        "est_s": None if facts.est_seconds is None else round(facts.est_seconds, 1),
        "changes": _change_documents(facts, rendering),
        "tests": [],
        "canaries": [_canary_document(one) for one in selection.canaries[:5]],
        "gaps": sentences(selection.gaps, 10),
        "unexplained": names(selection.unexplained, 10),
        "notes": sentences(facts.notes, 5),
        "truncated": None,
        "args_file": facts.args_file,
        "next": list(_next(facts, figures)[:1] if not facts.next else facts.next),
    }


def _change_documents(facts: AffectedFacts, rendering: Rendering) -> list[dict[str, Any]]:
    within = Room(
        40 if rendering.verbose > 0 else 12,
        int(JSON_TOKENS * BYTES_A_TOKEN) // 3,
    )
    made = [_change_document(change) for change in _changes(facts)]
    return list(fit(made, within, lambda change: len(dumps(change)) + 1))


def _change_document(change: ChangeSummary) -> dict[str, Any]:
    made: dict[str, Any] = {
        "file": capped(change.path),
        "lines": capped(str(change.lines)),
        "symbol": capped(change.symbol),
        "tests": change.tests,
    }
    return made | {"note": capped(change.note)} if change.note else made


def _canary_document(one: Canary) -> dict[str, Any]:
    return {
        "test": capped(one.nodeid),
        "module": capped(one.module),
        "if_import_fails": one.if_import_fails,
    }


def _group_document(group: FileGroup) -> dict[str, Any]:
    made: dict[str, Any] = {
        "file": capped(group.file),
        "n": group.selected,
        "of": group.known,
        "why": list(group.why),
    }
    if group.names:
        made["names"] = [capped(name) for name in group.names]
    return made | {"new": True} if group.open else made
