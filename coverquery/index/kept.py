"""What memos ran, made whole: state kept between tests is used in circles, contexts must not be.

A memo uses other memos, whole tests whose beginning nobody saw, and itself in the end. Each is
given the facts of everything it can reach and no link, so that a link to it says it all. What
runs while a module is imported is given the facts instead of a link, for imports are flat.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from coverquery.index.seen import Facts, Journal

_NOT_FOLLOWED = frozenset({"session", "import"})


def settle(journal: Journal) -> None:
    """Replace the facts of memos, and of imports that use them, by all that they reach."""
    memos = {cid for cid, context in journal.contexts.items() if context.kind == "memo"}
    if not memos:
        return
    whole = {cid: _whole(journal, {cid}) for cid in memos}
    for cid, context in journal.contexts.items():
        if context.kind == "import":
            used = {u for facts in journal.facts.get(cid, {}).values() for u in facts.uses} & memos
            if used:
                _give(journal, cid, _whole(journal, used))
    for cid, (facts, damaged) in whole.items():
        journal.facts[cid] = {"": facts}
        if damaged:
            journal.damaged.add(cid)


def _give(journal: Journal, cid: int, found: tuple[Facts, bool]) -> None:
    more, damaged = found
    for facts in journal.facts[cid].values():
        facts.uses.difference_update(
            [use for use in facts.uses if journal.contexts[use].kind == "memo"]
        )
    into = journal.facts[cid].setdefault("", Facts.none())
    into.sets.update(more.sets)
    into.data.update(more.data)
    into.imports.update(more.imports)
    if damaged:
        journal.damaged.add(cid)


def _whole(journal: Journal, start: set[int]) -> tuple[Facts, bool]:
    """Return the facts of all that is reached from here, and whether some are missing."""
    found, damaged = Facts.none(), False
    seen: set[int] = set()
    waiting = list(start)
    while waiting:
        cid = waiting.pop()
        if cid in seen:
            continue
        seen.add(cid)
        damaged |= cid in journal.damaged
        kind = journal.contexts[cid].kind
        if kind in {"import", "collect"}:
            found.imports.update(_own_files(journal, cid))
        if kind in _NOT_FOLLOWED:
            continue
        for facts in journal.facts.get(cid, {}).values():
            found.sets.update(facts.sets)
            found.data.update(facts.data)
            found.imports.update(facts.imports)
            waiting += facts.uses - seen
    return found, damaged


def _own_files(journal: Journal, cid: int) -> Iterator[int]:
    """Yield the file of a context, and the conftests above the file of a collection."""
    context = journal.contexts[cid]
    folders = {f"{parent}" for parent in PurePosixPath(context.path or "").parents}
    for fid, file in journal.files.items():
        if file.path == context.path:
            yield fid
        elif context.kind == "collect" and file.path.endswith("conftest.py"):
            path = PurePosixPath(file.path)
            if path.name == "conftest.py" and f"{path.parent}" in folders:
                yield fid
