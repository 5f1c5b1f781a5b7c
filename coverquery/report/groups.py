"""The selected tests by file: what makes 3,543 tests readable.

A file all of whose tests are selected is one row. Of the others as many tests are named as
there is room for, files before names.
"""

import bisect
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple, get_args

from coverquery.model import NodeId, RepoPath, SelectedTest, Why
from coverquery.report.facts import AffectedFacts
from coverquery.report.limits import Room, fit

_WHYS: Final[tuple[Why, ...]] = get_args(Why)


class FileGroup(NamedTuple):
    """The selected tests of one test file.

    Attributes:
        file: the file; ``""`` stands for every file.
        selected: known tests of it to run.
        known: known tests of it.
        why: reason codes of its tests.
        names: node ids below the file; empty when the whole file is selected.
        open: whatever else is found there runs as well.
    """

    file: RepoPath
    selected: int
    known: int
    why: tuple[Why, ...]
    names: tuple[str, ...] = ()
    open: bool = False


class Counts(NamedTuple):
    """The figures of the verdict."""

    selected: int
    total: int
    files: int
    all_files: int
    new: int
    always: int


def counts(facts: AffectedFacts, groups: Sequence[FileGroup]) -> Counts:
    """Count what is selected, each test once."""
    selection = facts.selection
    whys = [{reason.why for reason in test.reasons} for test in selection.tests]
    total = max(sum(facts.files.values()), len(selection.tests))
    everything = any(not prefix.nodeid for prefix in selection.prefixes)
    selected = sum(group.selected for group in groups)
    return Counts(
        selected=total - len(selection.skipped) if everything else selected,
        total=max(total, selected),
        files=len(facts.files) if _is_everything(groups) else sum(bool(g.file) for g in groups),
        all_files=len(facts.files.keys() | {group.file for group in groups if group.file}),
        new=sum("new" in why for why in whys) + sum(_is_new(test) for test in selection.prefixes),
        always=sum("always" in why for why in whys),
    )


def _is_new(test: SelectedTest) -> bool:
    return any(reason.why == "new" for reason in test.reasons)


def _is_everything(groups: Sequence[FileGroup]) -> bool:
    return len(groups) == 1 and not groups[0].file


def file_groups(facts: AffectedFacts, order: Literal["focus", "path"]) -> tuple[FileGroup, ...]:
    """Group the selection by file: new files first, then most telling first or by path."""
    selection = facts.selection
    whole = [test for test in selection.prefixes if not test.nodeid]
    if whole and not selection.skipped:
        known = max(sum(facts.files.values()), len(selection.tests))
        return (FileGroup(RepoPath(""), known, known, _whys([*whole, *selection.tests]), (), True),)
    rank = _ranks(facts, order)
    by_file: dict[RepoPath, list[SelectedTest]] = {}
    for test in sorted(selection.tests, key=lambda test: (rank(test.nodeid), test.nodeid)):
        by_file.setdefault(test.file, []).append(test)
    if order == "path":
        by_file = dict(sorted(by_file.items()))
    opened = {test.file: test for test in selection.prefixes}
    skipped = Counter(nodeid.partition("::")[0] for nodeid in selection.skipped)
    files = [*sorted(opened), *(file for file in by_file if file not in opened)]
    return tuple(
        _group(file, by_file.get(file, []), opened.get(file), facts.files.get(file, 0), skipped)
        for file in files
    )


def _ranks(facts: AffectedFacts, order: Literal["focus", "path"]) -> Callable[[NodeId], int]:
    ranked = facts.ranked if order == "focus" else ()
    places = {nodeid: place for place, nodeid in enumerate(ranked)}
    return lambda nodeid: places.get(nodeid, len(places))


def _group(
    file: RepoPath,
    tests: Sequence[SelectedTest],
    opened: SelectedTest | None,
    total: int,
    skipped: Counter[str],
) -> FileGroup:
    known = max(total, len(tests))
    selected = len(tests)
    if opened is not None and file:  # what is not left out by name runs
        selected = max(selected, known - skipped[opened.nodeid])
    names = () if selected == known else tuple(_below(test) for test in tests)
    whys = _whys(tests if opened is None else [opened, *tests])
    return FileGroup(file, selected, known, whys, names, opened is not None)


def _below(test: SelectedTest) -> str:
    file, colons, name = test.nodeid.partition("::")
    ours = file == test.file or test.file.endswith(f"/{file}")  # node ids start at the project
    return name if colons and ours else test.nodeid


def _whys(tests: Sequence[SelectedTest]) -> tuple[Why, ...]:
    found = {reason.why for test in tests for reason in test.reasons}
    return tuple(why for why in _WHYS if why in found)


def fit_groups(
    groups: Sequence[FileGroup], within: Room, size: Callable[[FileGroup], int]
) -> Sequence[FileGroup]:
    """Return the first groups that fit, with as many names in each as then still fit."""
    shown = groups[: within.rows]
    partial = sum(bool(group.names) for group in shown)
    most = (within.rows - len(shown)) // partial if partial else 0

    def too_big(names: int) -> bool:
        return sum(size(named(group, names)) for group in shown) > within.size

    longest = min(most, max((len(group.names) for group in shown), default=0))
    names = max(0, bisect.bisect_left(range(longest + 1), True, key=too_big) - 1)
    return fit([named(group, names) for group in shown], within, size)


def named(group: FileGroup, names: int) -> FileGroup:
    """Return the group with only its first names."""
    return group._replace(names=group.names[:names])


def identified(groups: Sequence[FileGroup]) -> int:
    """Return how many tests can be told from these rows: whole files and named tests."""
    return sum(
        group.selected if group.selected == group.known else len(group.names) for group in groups
    )
