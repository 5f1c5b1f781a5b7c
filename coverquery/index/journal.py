"""Reading what the recorder wrote, whatever became of it. docs/design.md has the format.

A journal is written by the project's own process, so nothing in it is believed: a path that
leaves the project is refused, and whatever refers to something that was not defined is
marked as damaged, so that no test is vouched for by half a record.
"""

import json
import re
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any, get_args

from coverquery.index.run_json import environment_from
from coverquery.index.seen import (
    Collected,
    Facts,
    FinishedTest,
    Journal,
    SeenContext,
    SeenData,
    SeenFile,
)
from coverquery.lines import LineSet
from coverquery.model import NodeId, Oid, RepoPath, View

FORMAT = 1
_BATCH = 1 << 16
OUTCOMES = frozenset({"passed", "failed", "error", "skipped", "xfailed", "xpassed"})
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
# Seven digits a number: a line set is as large as its largest line.
_LINES = re.compile(r"(\d{1,7}(-\d{1,7})?(,\d{1,7}(-\d{1,7})?)*)?", re.ASCII)
_KINDS = frozenset({"session", "import", "collect", "node", "fixture", "test", "memo"})
_VIEWS = frozenset(get_args(View))
_ANSWERS = {"exists": ("file", "dir"), "mode": ("x", "-")}


class Unreadable(Exception):  # noqa: N818 - never leaves this module
    """A line whose loss cannot be confined to one context."""


def records(path: Path) -> Iterator[list[Any]]:
    """Yield the lines of a journal; a last one without newline was cut off and is none.

    Raises:
        Unreadable: a line in the middle is no record.
    """
    with path.open("rb") as handle:
        while lines := handle.readlines(_BATCH):
            cut_off = not lines[-1].endswith(b"\n")
            for record in _parsed(lines[:-1] if cut_off else lines):
                if not isinstance(record, list) or not record or not isinstance(record[0], str):
                    raise Unreadable("not a record")
                yield record
            if cut_off:
                return


def _parsed(lines: list[bytes]) -> Iterator[Any]:
    """Parse lines together, which takes half the time; one by one where something is wrong."""
    together = _together(lines)
    if together is not None:
        yield from together
        return
    for line in lines:
        try:
            yield json.loads(line.decode())
        except (ValueError, RecursionError) as error:
            raise Unreadable(str(error)) from error


def _together(lines: list[bytes]) -> list[Any] | None:
    try:
        found: list[Any] = json.loads(f"[{b','.join(lines).decode()}]")
    except (ValueError, RecursionError):
        return None  # in the lines before the broken one there may be finished tests
    return found if len(found) == len(lines) else None


def read(path: Path) -> Journal:
    """Read a journal as far as it can be understood."""
    journal = Journal(path.stem.removeprefix("journal-"))
    number, unknown = 0, set()
    try:
        for record in records(path):
            number += 1
            reader = _READERS.get(record[0])
            if reader is None:
                unknown.add(record[0][:20])
            else:
                reader(journal, record)
    except (Unreadable, OSError, TypeError, ValueError, OverflowError) as error:
        # What follows may refer to what was lost; what was finished before stands.
        journal.notes.append(f"{path.name} is unreadable after line {number}: {error}")
        journal.exit_status = None
    journal.notes += [f"{path.name}: unknown record {tag!r} ignored" for tag in sorted(unknown)]
    return journal


def apply(journal: Journal, record: list[Any]) -> None:
    """Add what one line of another journal says, its ids renumbered."""
    _READERS[record[0]](journal, record)


def safe_path(value: object) -> RepoPath | None:
    """Return a path that stays in the project, or None."""
    if not isinstance(value, str) or not value or "\0" in value:
        return None
    if value.startswith("/") or {"", ".", ".."} & set(value.split("/")):
        return None
    return RepoPath(value)


def _ident(value: object) -> int:
    if type(value) is not int:
        raise Unreadable(f"not an id: {value!r:.40}")
    return value


def _header(journal: Journal, record: list[Any]) -> None:
    if len(record) < 3 or record[1] != FORMAT:
        raise Unreadable("written by another version of coverquery")
    try:
        journal.environment = environment_from(record[2])
    except (KeyError, TypeError):
        journal.notes.append(f"journal {journal.worker} does not say its environment")


def _file(journal: Journal, record: list[Any]) -> None:
    _, fid, path, oid, names = _sized(record, 5)
    checked = safe_path(path)
    if checked is None or not isinstance(oid, str) or not _OID.fullmatch(oid):
        journal.notes.append(f"refused file {path!r:.200}")
        return
    known = journal.files.get(_ident(fid))
    kept = dict.fromkeys((*(known.names if known else ()), *_texts(names)))
    journal.files[fid] = SeenFile(checked, Oid(oid), tuple(kept))


def _set(journal: Journal, record: list[Any]) -> None:
    _, sid, fid, lines = _sized(record, 4)
    if _ident(fid) in journal.files and isinstance(lines, str) and _LINES.fullmatch(lines):
        journal.sets[_ident(sid)] = (fid, LineSet.parse(lines))


def _context(journal: Journal, record: list[Any]) -> None:
    _, cid, kind, label, path = _sized(record, 5)
    checked = safe_path(path)
    if kind in _KINDS and isinstance(label, str) and (path is None or checked is not None):
        journal.contexts[_ident(cid)] = SeenContext(kind, label, checked)
    else:
        journal.notes.append(f"refused context {label!r:.200}")


def _import(journal: Journal, record: list[Any]) -> None:
    _, importer, imported = _sized(record, 3)
    if importer is None or _ident(importer) not in journal.files:
        return
    if _ident(imported) in journal.files:
        journal.imports.add((importer, imported))
    else:
        journal.damaged_files.add(importer)


def _is_digest(view: str, digest: Any) -> bool:
    if digest is None:
        return True
    if view in _ANSWERS:
        return digest in _ANSWERS[view]
    return isinstance(digest, str) and _OID.fullmatch(digest) is not None


def _data(journal: Journal, record: list[Any]) -> None:
    _, did, view, path, digest = _sized(record, 5)
    checked = RepoPath(path) if path in ("", ".") else safe_path(path)
    if view in _VIEWS and checked is not None and _is_digest(view, digest):
        journal.data[_ident(did)] = SeenData(view, checked, digest)
    else:
        journal.notes.append(f"refused data file {path!r:.200}")


def _facts(journal: Journal, record: list[Any]) -> None:
    _, cid, phase, sids, cids, dids, fids = _sized(record, 7)
    if not isinstance(phase, str):
        raise Unreadable("not a phase")
    phases = journal.facts.setdefault(_ident(cid), {})
    facts = phases.get(phase)
    if facts is None:
        facts = phases[phase] = Facts()
    for ids, known, into in (
        (sids, journal.sets, facts.sets),
        (cids, journal.contexts, facts.uses),
        (dids, journal.data, facts.data),
        (fids, journal.files, facts.imports),
    ):
        if ids == []:
            continue
        given = set(ids)
        if not given <= known.keys():
            journal.damaged.add(cid)
            given &= known.keys()
        into.update(given)


def _test(journal: Journal, record: list[Any]) -> None:
    _, cid, nodeid, path, outcome, seconds, untrusted = _sized(record, 7)
    checked = safe_path(path)
    known = journal.contexts.get(_ident(cid))
    if (
        checked is None
        or known is None
        or known.kind != "test"
        or outcome not in OUTCOMES
        or not isinstance(nodeid, str)
        or not isinstance(seconds, int | float)
        or not isfinite(seconds)
    ):
        journal.notes.append(f"refused the record of test {nodeid!r:.200}")
        return
    why = None if untrusted is None else str(untrusted) or "no reason given"
    test = FinishedTest(cid, NodeId(nodeid), checked, outcome, float(seconds), why)
    journal.tests.append(test)


def _collected(journal: Journal, record: list[Any]) -> None:
    _, listed, complete = _sized(record, 3)
    pairs = [_pair(entry) for entry in listed] if isinstance(listed, list) else [None]
    tests = tuple(pair for pair in pairs if pair is not None)
    journal.collected.append(Collected(tests, complete is True and None not in pairs))


def _pair(entry: object) -> tuple[NodeId, RepoPath] | None:
    if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str):
        return None
    path = safe_path(entry[1])
    return None if path is None else (NodeId(entry[0]), path)


def _error(journal: Journal, record: list[Any]) -> None:
    _, path, text = _sized(record, 3)
    checked = safe_path(path)
    if checked is None:
        journal.warnings.append(f"collection error: {text!s:.500}")
    else:
        journal.errors[checked] = str(text)


def _warning(journal: Journal, record: list[Any]) -> None:
    journal.warnings.append(str(_sized(record, 2)[1]))


def _child(journal: Journal, record: list[Any]) -> None:
    _, cid, token = _sized(record, 3)
    journal.children.append((_ident(cid), str(token)))


def _end(journal: Journal, record: list[Any]) -> None:
    journal.exit_status = _ident(_sized(record, 2)[1])


def _sized(record: list[Any], size: int) -> list[Any]:
    if len(record) != size:
        raise Unreadable(f"a record {record[0]!r} of {len(record)} fields")
    return record


def _texts(values: object) -> list[str]:
    return [v for v in values if isinstance(v, str)] if isinstance(values, list) else []


_READERS = {
    "v": _header, "f": _file, "s": _set, "c": _context, "i": _import, "d": _data,
    "x": _facts, "t": _test, "n": _collected, "e": _error, "w": _warning, "z": _end,
    "p": _child,
}  # fmt: skip
