"""``why`` and ``covers``: one test's reasons, one place's tests."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from coverquery.errors import IndexMissingError, UsageError
from coverquery.git.diff import file_hunks
from coverquery.index.covering import Covering, covering, lines_of_test
from coverquery.index.store import Store
from coverquery.lines import Hunk, LineSet, carry
from coverquery.model import Execution, NodeId, RepoPath
from coverquery.report.facts import (
    CoveringTest,
    CoversFacts,
    LinesCount,
    Outcome,
    WhyFacts,
)
from coverquery.source import symbols
from coverquery.workspace.affected import judge
from coverquery.workspace.asking import index_state, save_stats, write_args
from coverquery.workspace.contents import Contents
from coverquery.workspace.place import Place
from coverquery.workspace.recording import open_store
from coverquery.workspace.trees import trees_asked

_LINES = re.compile(r"(?P<path>.+?):(?P<first>\d+)(?:-(?P<last>\d+))?")


def why(place: Place, nodeid: str, since: str | None) -> WhyFacts:
    """Say why a test has to run, or which execution still holds.

    Raises:
        UsageError: no such test.
        IndexMissingError: there is nothing to ask.
    """
    notes: list[str] = []
    with open_store(place, notes) as opened:
        store = _needed(opened)
        test = _known_test(store, place.typed(nodeid))
        trees = trees_asked(place, store, since, None, staged=False)
        verdict = judge(place, store, trees)
        executions = verdict.executions.get(test, ())
        held = verdict.answer.held.get(test)
        chosen = next((one for one in verdict.selection.tests if one.nodeid == test), None)
        lines = lines_of_test(store, test)
    save_stats(place, trees, verdict)
    return WhyFacts(
        nodeid=test,
        selected=chosen is not None,
        reasons=chosen.reasons if chosen else (),
        holds=_outcome(held) if held and not chosen else None,
        last=_outcome(executions[0]) if executions else None,
        covers_files=len({path for path, _ in lines}),
        covers_lines=sum(map(len, lines.values())),
        notes=tuple(notes),
    )


def _needed(store: Store | None) -> Store:
    if store is None or not store.test_count():
        raise IndexMissingError("no index for this project yet", fix="coverquery run")
    return store


def _known_test(store: Store, nodeid: str) -> NodeId:
    known = [test for test, _ in store.tests()]
    if nodeid in known:
        return NodeId(nodeid)
    near = difflib.get_close_matches(nodeid, known, n=1)
    hint = f"coverquery why '{near[0]}'" if near else "coverquery affected lists node ids"
    raise UsageError(f"no test {nodeid!r} was ever recorded here", fix=hint)


def _outcome(execution: Execution) -> Outcome:
    return Outcome(execution.outcome, execution.commit, execution.seconds)


class _Target(NamedTuple):
    """What ``covers`` was asked about, in the working tree's line numbers."""

    path: RepoPath
    lines: LineSet
    symbol: str
    content: bytes


def covers(place: Place, text: str) -> CoversFacts:
    """Say which tests execute a place.

    Raises:
        UsageError: no such file, line or symbol.
        IndexMissingError: there is nothing to ask.
    """
    notes: list[str] = []
    with open_store(place, notes) as opened:
        store = _needed(opened)
        trees = trees_asked(place, store, None, None, staged=False)
        target = _target(place, text, trees.target.read)
        verdict = judge(place, store, trees)
        state = index_state(store, verdict, notes)
        found = _executing(store, Contents(place.repo, store), target)
        files = dict(store.tests())
    save_stats(place, trees, verdict)
    tests = sorted(
        (
            CoveringTest(node, files[node], one.lines, len(one.lines) / one.total)
            for node, one in found.items()
            if node in files and one.lines
        ),
        key=lambda one: (-one.focus, one.nodeid),
    )
    importing = sum(bool(one.imported) for node, one in found.items() if node in files)
    if importing and not tests:
        notes.append(f"it runs only while modules are imported, for {importing} tests")
    return CoversFacts(
        at=f"{target.path}:{target.lines}",
        symbol=target.symbol,
        known=state,
        lines=tuple(_counts(target, tests)),
        tests=tuple(tests),
        args_file=write_args(place, "covers", sorted(one.nodeid for one in tests)),
        notes=tuple(notes),
    )


def _target(place: Place, text: str, read: Callable[[RepoPath], bytes | None]) -> _Target:
    name, _, symbol = text.partition("::")
    match = None if symbol else _LINES.fullmatch(text)
    path = place.path_of(match["path"] if match else name)
    content = read(path)
    if content is None:
        raise UsageError(
            f"there is no file {path}", fix="coverquery covers PATH:LINE or PATH::Symbol"
        )
    count = content.count(b"\n") + (not content.endswith(b"\n"))
    if symbol:
        found = symbols.symbol_lines(content, symbol)
        if found is None:
            raise UsageError(f"there is no {symbol!r} in {path}", fix=f"coverquery covers {path}")
        return _Target(path, found, symbol, content)
    if match is None:
        return _Target(path, LineSet.span(1, count), "", content)
    first, last = int(match["first"]), int(match["last"] or match["first"])
    if not 1 <= first <= last <= count:
        raise UsageError(
            f"{path} has lines 1 to {count}, not {text.rpartition(':')[2]}",
            fix=f"coverquery covers {path}:1-{count}",
        )
    return _Target(path, LineSet.span(first, last), symbols.symbol_at(content, first), content)


def _executing(store: Store, contents: Contents, target: _Target) -> dict[NodeId, Covering]:
    """Find the tests by their newest execution, whichever version of the file that was of."""
    newest = {one.nodeid: one.id for one in store.executions()}
    found: dict[NodeId, Covering] = {}
    for blob in store.known_blobs():
        if blob.path != target.path:
            continue
        old = contents.get(blob.oid)
        if old is None:
            continue
        recorded, _ = carry(target.lines, file_hunks(target.content, old))
        back = file_hunks(old, target.content)
        for one in covering(store, blob.path, blob.oid, recorded):
            if newest[one.execution.nodeid] == one.execution.id:
                found[one.execution.nodeid] = _carried(one, back)
    return found


def _carried(one: Covering, hunks: Iterable[Hunk]) -> Covering:
    lines, _ = carry(one.lines, hunks)
    return one._replace(lines=lines)


def _counts(target: _Target, tests: list[CoveringTest]) -> Iterable[LinesCount]:
    """Group neighbouring lines that the same number of tests execute."""
    counts = Counter(line for one in tests for line in one.lines)
    listed = sorted((symbols.executable_lines(target.content) & target.lines) | LineSet.of(counts))
    group: list[int] = []
    for line in listed:
        if group and counts[group[-1]] != counts[line]:
            yield LinesCount(LineSet.of(group), counts[group[-1]])
            group = []
        group.append(line)
    if group:
        yield LinesCount(LineSet.of(group), counts[group[-1]])
