"""Is it safe, and what does it cost? ``python -m benchmarks.first_path [NAME...]``.

For each project: the same outcomes with and without recording; CPU of both, paired; and for
seeded edits whether every test whose outcome changes was selected. Slow parts are kept under
``.cache/benchmarks/results``, so an interrupted run goes on where it was.
"""

import argparse
import statistics
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from benchmarks import fetch, outcomes, recorded, truth
from benchmarks.fetch import EXIT_UNREACHABLE, Checkout, FetchError
from benchmarks.ledger import Ledger, tool_digest
from benchmarks.projects import Project, chosen
from benchmarks.truth import Baseline, Truth

TIMING = threading.Lock()
"""Held while time is measured: nothing else of ours runs then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for on the command line."""

    python: str | None
    edits: int
    seed: int
    rounds: int
    fresh: bool
    where: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over the rounds: recorded CPU by plain CPU, our own seconds by plain seconds."""

    ratio: float
    outside: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """One edit: what it changed, what was selected, what was missed; or why nobody knows.

    Attributes:
        truth: what the edit does to the whole suite.
        selected: how many tests were selected.
        missed: tests that end otherwise and were not selected.
        complete: whether the selection was vouched for.
        failure: what CoverQuery said instead of answering.
        alone: missed ones that end as before without the tests around them: they suffer from
            what another test, failing now, leaves behind.
    """

    truth: Truth
    selected: int
    missed: tuple[str, ...]
    complete: bool
    failure: str = ""
    alone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Result:
    """Everything about one project."""

    checkout: Checkout
    base: Baseline
    differing: dict[str, tuple[str, str]]
    cost: Cost | None
    verdicts: tuple[Verdict, ...]


def measure(project: Project, plan: Plan) -> Result:
    """Do the whole of it for one project."""
    if plan.where == "tests":
        project = replace(project, source=(project.tests,))
    checkout = fetch.fetch(project, plan.python)
    name = "first_path-" + ("fresh" if plan.fresh else plan.where)
    ledger = Ledger(name, checkout, fresh=plan.fresh)
    base = truth.baseline(checkout, ledger)
    cost = timed(checkout, ledger, plan.rounds)
    suite = recorded.record(checkout)
    differing = {
        name: pair
        for name, pair in outcomes.changed(base.outcomes, suite).items()
        if name not in base.flaky
    }
    edits = truth.drawn(checkout, ledger, plan.edits, plan.seed)
    verdicts = [judge(checkout, base, truth.truth(checkout, ledger, base, edit)) for edit in edits]
    return Result(checkout, base, differing, cost, tuple(verdicts))


def judge(checkout: Checkout, base: Baseline, found: Truth) -> Verdict:
    """Make the edit, ask, take it back; compare with what is true."""
    found.edit.apply(checkout.path)
    try:
        answer = recorded.affected(checkout)
    except recorded.CoverQueryFailedError as error:
        _say(f"{checkout.project.slug} {error}")
        return Verdict(found, 0, tuple(found.changed), complete=False, failure=str(error))
    finally:
        fetch.restore(checkout)
    missed = tuple(name for name in found.changed if not answer.selects(name))
    alone = truth.unharmed_alone(checkout, base, found.edit, missed)
    selected = len(answer.selected(base.outcomes))
    verdict = Verdict(found, selected, missed, answer.complete, alone=alone)
    _say(f"{checkout.project.slug} {line(base, verdict)}")
    return verdict


def timed(checkout: Checkout, ledger: Ledger, rounds: int) -> Cost | None:
    """Run plain and recorded in turn, with warm bytecode; medians of the rounds."""
    key = f"cost {tool_digest()}"
    pairs = ledger.get(key) or []
    with TIMING:
        for _ in range(rounds - len(pairs)):
            pairs.append(_pair(checkout, warm=bool(pairs)))
            ledger.put(key, pairs)
    fetch.purge_bytecode(checkout)
    if not pairs:
        return None
    ratios, shares = zip(*pairs, strict=True)
    return Cost(statistics.median(ratios), statistics.median(shares))


def _pair(checkout: Checkout, *, warm: bool) -> tuple[float, float]:
    """Measure one pair: CPU ratio, and seconds outside pytest by seconds of plain pytest."""
    commands = (outcomes.plain(checkout), list(recorded.RECORD))
    if not warm:
        for argv in commands:
            recorded.timed(checkout, argv)
    plain, ours = (recorded.timed(checkout, argv) for argv in commands)
    outside = ours.wall - recorded.seconds_in_pytest(checkout)
    return ours.cpu / plain.cpu, outside / plain.wall


def line(base: Baseline, verdict: Verdict) -> str:
    """Say one edit in one line."""
    edit = verdict.truth.edit
    words = [
        f"{edit.kind} {edit.file}:{edit.line}",
        f"changed {len(verdict.truth.changed)}",
        f"selected {verdict.selected}/{len(base.outcomes)}",
        f"MISSED {len(verdict.missed)}" if verdict.missed else "missed 0",
    ]
    if verdict.truth.unfinished:
        words.append(f"unfinished {verdict.truth.unfinished}")
    if not verdict.complete:
        words.append("incomplete")
    return "  ".join(words)


HEAD = (
    "| project | tests | outcomes that differ | CPU recorded/plain | outside pytest "
    "| edits | killed | missed | selected (mean) | changed (mean) |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def row(result: Result) -> str:
    """Return the project's row of the README's table."""
    total = len(result.base.outcomes)
    verdicts = result.verdicts
    cells = [
        f"{result.checkout.project.slug} ({result.checkout.version})",
        f"{total}",
        f"{len(result.differing)}",
        f"{result.cost.ratio:.2f}" if result.cost else "-",
        f"{result.cost.outside:.0%}" if result.cost else "-",
        f"{len(verdicts)}",
        f"{sum(bool(verdict.truth.changed) for verdict in verdicts)}",
        f"{sum(bool(verdict.missed) for verdict in verdicts)}",
        _mean([verdict.selected / total for verdict in verdicts]),
        _mean([len(verdict.truth.changed) / total for verdict in verdicts]),
    ]
    return f"| {' | '.join(cells)} |"


def _mean(shares: list[float]) -> str:
    return f"{statistics.fmean(shares):.1%}" if shares else "-"


def notes(result: Result) -> list[str]:
    """List every miss with its edit, every differing outcome, every excluded test."""
    slug = result.checkout.project.slug
    said = [f"{slug}: flaky, left out: {name}" for name in sorted(result.base.flaky)]
    for name, (old, new) in result.differing.items():
        said.append(f"{slug}: {name}: plain {old}, recorded {new}")
    for verdict in result.verdicts:
        edit = verdict.truth.edit
        if verdict.missed:
            said.append(f"{slug}: MISS: {line(result.base, verdict)}")
            said.append(f"    - {edit.old.strip()}\n    + {edit.new.strip()}")
            said += [f"    {text}" for text in verdict.failure.splitlines()]
            for name in verdict.missed:
                old, new = verdict.truth.changed[name]
                alone = "  (as before when run alone)" if name in verdict.alone else ""
                said.append(f"    {name}: {old} -> {new}{alone}")
        elif verdict.truth.unfinished:
            said.append(f"{slug}: partly unknown: {line(result.base, verdict)}")
    return said


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def each(projects: list[Project], jobs: int, work: Callable[[Project], Result]) -> list[Result]:
    """Measure the projects, a few at a time; a failing one is said and fails the benchmark."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(work, projects))


def main() -> int:
    """Measure, print the table, list what must not be."""
    parser = argparse.ArgumentParser(prog="benchmarks.first_path", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="pairs of timed runs")
    parser.add_argument("--jobs", type=int, default=1, help="projects at a time")
    parser.add_argument("--python", help="such as 3.12")
    parser.add_argument("--where", choices=["source", "tests"], default="source", help="to edit")
    parser.add_argument("--fresh", action="store_true", help="use nothing measured before")
    options = parser.parse_args()
    plan = Plan(
        python=options.python,
        edits=options.edits,
        seed=options.seed,
        rounds=options.rounds,
        fresh=options.fresh,
        where=options.where,
    )
    try:
        results = each(chosen(options.names), options.jobs, lambda one: measure(one, plan))
    except FetchError as error:
        _say(f"benchmarks.first_path: {error}")
        return EXIT_UNREACHABLE
    except recorded.CoverQueryFailedError as error:
        _say(f"benchmarks.first_path: {error}")
        return 1
    print("\n".join([HEAD, *(row(result) for result in results), ""]))
    print("\n".join(note for result in results for note in notes(result)))
    wrong = any(result.differing for result in results)
    missed = any(verdict.missed for result in results for verdict in result.verdicts)
    return 1 if wrong or missed else 0


if __name__ == "__main__":
    sys.exit(main())
