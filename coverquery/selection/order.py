"""Most telling first: in which order selected tests are worth running. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from coverquery.lines import LineSet
from coverquery.model import NodeId, RepoPath, SelectedTest

_OWN = frozenset({"line", "shape", "symbol", "import", "collect", "new"})


class Ranking(NamedTuple):
    """Tests, the most telling first.

    Attributes:
        tests: of the selection, each once.
        first_unknown: where among them a test belongs that nobody knows yet: after those
            that failed, for its own code is new.
        tells: some tests tell more than others; else they differ in their length only.
    """

    tests: tuple[NodeId, ...]
    first_unknown: int
    tells: bool = True


def ranking(tests: Iterable[SelectedTest], executed: Mapping[NodeId, int]) -> Ranking:
    """Rank tests: failed before, own code changed, share of it that is hit, short ones.

    Args:
        tests: with all their reasons.
        executed: how many lines each executes itself; what is missing counts as unknown.
    """
    ranked = sorted((_key(test, executed.get(test.nodeid, 0)), test.nodeid) for test in tests)
    failed = sum(not key[0] for key, _ in ranked)
    tells = len({key[:3] for key, _ in ranked}) > 1
    return Ranking(tuple(nodeid for _, nodeid in ranked), failed, tells)


def _key(test: SelectedTest, executed: int) -> tuple[bool, bool, float, float, RepoPath]:
    failed = any(reason.why == "failed" for reason in test.reasons)
    own = any(
        reason.why == "new" or (reason.file == test.file and reason.why in _OWN)
        for reason in test.reasons
    )
    return not failed, not own, -_share(test, executed), test.seconds, test.file


def _share(test: SelectedTest, executed: int) -> float:
    """Return how much of what a test executes is concerned, 0 to 1."""
    hit: dict[RepoPath, LineSet] = {}
    for reason in test.reasons:
        if reason.file and reason.why != "import":
            hit[reason.file] = hit.get(reason.file, LineSet()) | reason.lines
    lines = sum(map(len, hit.values()))
    return lines / max(lines, executed) if lines else 0.0
