"""How a run went: counts, and each failure with its place and one line on why.

Who failed is known from the journals; where and why from junit.xml, if there is one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from coverquery.runner.journal import Follower
from coverquery.runner.junit import Case, CaseIndex, read_cases
from coverquery.runner.traceback_text import Frame, crash, frames, one_line

_BAD = frozenset({"failed", "error"})


class Failure(NamedTuple):
    """One thing that went wrong.

    Attributes:
        nodeid: the test; for a collection error the file.
        kind: ``failed``, ``error`` (set-up or teardown) or ``collection``.
        error: one line.
        at: ``path:line`` in the project where it was raised, None if not known.
        trace: the frames on the way there, outermost first.
    """

    nodeid: str
    kind: str
    error: str
    at: str | None = None
    trace: tuple[Frame, ...] = ()


class Outcome(NamedTuple):
    """What a run folder says.

    Attributes:
        counts: finished tests by outcome.
        failures: tests in the order they finished, then collection errors.
        seconds: the tests' own time, added up.
        status: pytest's own exit status; None if the session did not end in order.
        collected: how many tests there are, before any were left out; None if unknown.
        warnings: the recorder's words for the user.
    """

    counts: Mapping[str, int]
    failures: tuple[Failure, ...]
    seconds: float
    status: int | None
    collected: int | None = None
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Said:
    """The journals' lines, sorted."""

    tests: dict[str, tuple[str, float]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    found: set[str] | None = None


def read_outcome(run_folder: Path, project: Path, junit: Path | None = None) -> Outcome:
    """Read how a run went.

    Args:
        run_folder: with the journals.
        project: the folder pytest was started in, for the places of failures.
        junit: where junit.xml was written; by default in the run folder.
    """
    said = _read(run_folder)
    cases = CaseIndex(read_cases(junit or run_folder / "junit.xml"))
    failures = [*_failed(said, cases, project), *_not_collected(said, project)]
    return Outcome(
        counts=dict(Counter(outcome for outcome, _ in said.tests.values())),
        failures=tuple(failures),
        seconds=sum(seconds for _, seconds in said.tests.values()),
        status=max(said.statuses, default=None),
        collected=None if said.found is None else len(said.found),
        warnings=tuple(dict.fromkeys(said.warnings)),
    )


def _read(run_folder: Path) -> _Said:
    said = _Said()
    for line in Follower(run_folder).lines():
        match line:
            case ["t", _, str(nodeid), _, str(outcome), (int() | float()) as seconds, *_]:
                said.tests.pop(nodeid, None)  # a rerun's last word counts
                said.tests[nodeid] = (outcome, float(seconds))
            case ["e", str(path), str(text)]:
                said.errors[path] = text
            case ["w", str(text)]:
                said.warnings.append(text)
            case ["n", list(items), *_]:
                said.found = (said.found or set()) | {item[0] for item in items}
            case ["z", int(status)]:
                said.statuses.append(status)
    return said


def _failed(said: _Said, cases: CaseIndex, project: Path) -> Iterator[Failure]:
    for nodeid, (outcome, _) in said.tests.items():
        if outcome in _BAD:
            case = next(cases.of(nodeid), None)
            yield _failure(nodeid, outcome, case, project)


def _failure(nodeid: str, kind: str, case: Case | None, project: Path) -> Failure:
    if case is None:
        return Failure(nodeid, kind, "no details: pytest did not end in order")
    trace = frames(case.text, project)
    return Failure(nodeid, kind, one_line(case.message, case.text), crash(trace), trace)


def _not_collected(said: _Said, project: Path) -> Iterator[Failure]:
    for path, text in said.errors.items():
        trace = frames(text, project)
        yield Failure(path, "collection", one_line("", text), crash(trace), trace)
