"""What an edit really does to a suite: plain pytest with and without it, no tool between."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import fetch, outcomes, processes
from benchmarks.edits import Edit, Lines, candidates, draw
from benchmarks.fetch import Checkout
from benchmarks.ledger import Ledger
from benchmarks.outcomes import MEMORY, Limits


@dataclass(frozen=True, slots=True)
class Baseline:
    """The suite without an edit.

    Attributes:
        outcomes: how each test ends.
        flaky: tests that did not end alike in two runs.
        wall: seconds one run took.
    """

    outcomes: Mapping[str, str]
    flaky: frozenset[str]
    wall: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What one edit changed.

    Attributes:
        edit: the edit.
        changed: old and new outcome of each test that ends differently.
        unfinished: tests of which nothing is known, since the suite did not come to its end.
    """

    edit: Edit
    changed: Mapping[str, tuple[str, str]]
    unfinished: int


def baseline(checkout: Checkout, ledger: Ledger) -> Baseline:
    """Run the plain suite twice, unless that was done before; what differs is flaky."""
    kept = ledger.get("baseline")
    if kept is None:
        first, second = (outcomes.suite(checkout, outcomes.plain(checkout)) for _ in range(2))
        if not (first.complete and first.outcomes):
            raise SystemExit(f"{checkout.project.slug}: its suite fails\n{first.last.stdout}")
        flaky = sorted(outcomes.changed(first.outcomes, second))
        kept = {"outcomes": first.outcomes, "flaky": flaky, "wall": first.last.wall}
        ledger.put("baseline", kept)
    return Baseline(kept["outcomes"], frozenset(kept["flaky"]), kept["wall"])


def executed(checkout: Checkout) -> Lines:
    """Find the lines the suite executes, with coverage.py: nothing of ours is asked."""
    data = checkout.path / ".git" / "benchmark-coverage"
    source = ",".join(checkout.project.source)
    coverage: list[str | Path] = [checkout.python, "-m", "coverage"]
    place = f"--data-file={data}"
    environment = outcomes.environment(checkout, {})
    run = [*coverage, "run", place, f"--source={source}", *outcomes.plain(checkout)[1:]]
    processes.run(run, checkout.path, environment)
    words = [*coverage, "json", place, "-q", "--ignore-errors", "-o", f"{data}.json"]
    done = processes.run(words, checkout.path, environment)
    if done.status != 0:
        raise SystemExit(f"{checkout.project.slug}: coverage failed\n{done.stdout}{done.stderr}")
    document = json.loads(data.with_name(data.name + ".json").read_text(encoding="utf-8"))
    return {
        path: frozenset(facts["executed_lines"])
        for path, facts in document["files"].items()
        if path.endswith(".py")
    }


def drawn(checkout: Checkout, ledger: Ledger, number: int, seed: int) -> list[Edit]:
    """Draw the edits of a seed; the same ones the next time."""
    lines = ledger.get("executed")
    if lines is None:
        lines = {path: sorted(numbers) for path, numbers in executed(checkout).items()}
        ledger.put("executed", lines)
    kinds = candidates(checkout.path, {path: frozenset(found) for path, found in lines.items()})
    return draw(checkout.path, kinds, number, seed)


def truth(checkout: Checkout, ledger: Ledger, base: Baseline, edit: Edit) -> Truth:
    """Run the plain suite with the edit made, unless that was done before."""
    key = f"truth {edit.file}:{edit.line} {edit.new}"
    kept = ledger.get(key)
    if kept is None:
        kept = _measured(checkout, base, edit)
        ledger.put(key, kept)
    changed = {
        name: (old, new) for name, (old, new) in kept["changed"].items() if name not in base.flaky
    }
    return Truth(edit, changed, kept["unfinished"])


def _measured(checkout: Checkout, base: Baseline, edit: Edit) -> dict[str, Any]:
    """Make the edit, run, take it back."""
    limits = Limits(
        test=max(5.0, base.wall),
        suite=max(300.0, 12 * base.wall),
        memory=MEMORY,
    )
    words = [*outcomes.plain(checkout), "--continue-on-collection-errors"]
    edit.apply(checkout.path)
    try:
        suite = outcomes.suite(checkout, words, limits)
    finally:
        fetch.restore(checkout)
    unfinished = 0 if suite.complete else len(set(base.outcomes) - set(suite.outcomes))
    changed = outcomes.changed(base.outcomes, suite)
    return {"edit": asdict(edit), "changed": changed, "unfinished": unfinished}


def unharmed_alone(
    checkout: Checkout, base: Baseline, edit: Edit, names: Sequence[str]
) -> frozenset[str]:
    """Return those tests that the edit does not change when no others run with them."""
    if not names:
        return frozenset()
    edit.apply(checkout.path)
    try:
        suite = outcomes.suite(checkout, [*outcomes.plain(checkout), *names])
    finally:
        fetch.restore(checkout)
    return frozenset(name for name in names if suite.outcomes.get(name) == base.outcomes.get(name))
