"""What a mutant does to a suite: plain pytest with and without it, no tool between."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import fetch, outcomes
from benchmarks.fetch import Checkout
from benchmarks.ledger import Ledger
from benchmarks.mutants import Mutant
from benchmarks.outcomes import MEMORY, Limits

ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Clean:
    """The suite without a mutant.

    Attributes:
        outcomes: how each test ends.
        flaky: tests that did not end alike in two runs; nothing is asked about them.
        wall: seconds one run took.
        tests: all node ids, sorted; sets of them are kept as the bits of a number.
    """

    outcomes: Mapping[str, str]
    flaky: frozenset[str]
    wall: float
    tests: tuple[str, ...]

    def packed(self, names: Iterable[str]) -> str:
        """Return a set of known tests as a hexadecimal number."""
        wanted, number = set(names), 0
        for at, name in enumerate(self.tests):
            number |= (name in wanted) << at
        return f"{number:x}"

    def unpacked(self, number: str) -> frozenset[str]:
        """Return the tests a number stands for."""
        bits = int(number, 16)
        return frozenset(name for at, name in enumerate(self.tests) if bits >> at & 1)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a mutant changed.

    Attributes:
        changed: old and new outcome of each test that ends differently.
        broken: node ids of what cannot be collected.
        stillborn: pytest did not come to any test.
        unfinished: tests of which nothing is known, since the suite did not come to its end.
    """

    changed: Mapping[str, tuple[str, str]]
    broken: frozenset[str]
    stillborn: bool
    unfinished: int

    def errs(self, nodeid: str) -> bool:
        """Say whether the test is gone because something around it cannot be collected."""
        return self.stillborn or any(
            nodeid == one or nodeid.startswith((f"{one}/", f"{one}::")) or one in {"", "."}
            for one in self.broken
        )

    @property
    def demanded(self) -> list[str]:
        """List the tests that must be selected: those merely gone cannot be run."""
        gone = self.gone
        return [name for name in self.changed if name not in gone]

    @property
    def gone(self) -> frozenset[str]:
        """Return the tests that are merely gone."""
        return frozenset(
            name for name, (_, new) in self.changed.items() if new == ABSENT and not self.errs(name)
        )


def clean(checkout: Checkout, ledger: Ledger) -> Clean:
    """Run the plain suite twice, unless that was done before; what differs is flaky."""
    kept = ledger.get("clean")
    if kept is None:
        first, second = (outcomes.suite(checkout, outcomes.plain(checkout)) for _ in range(2))
        if not (first.complete and first.outcomes):
            raise SystemExit(f"{checkout.project.slug}: its suite fails\n{first.last.stdout}")
        flaky = sorted(outcomes.changed(first.outcomes, second))
        kept = {"outcomes": first.outcomes, "flaky": flaky, "wall": first.last.wall}
        ledger.put("clean", kept)
    tests = tuple(sorted(kept["outcomes"]))
    return Clean(kept["outcomes"], frozenset(kept["flaky"]), kept["wall"], tests)


class Effects:
    """Effects of mutants on one project, each measured once."""

    def __init__(self, ledger: Ledger, base: Clean) -> None:
        self.ledger, self.base = ledger, base
        self.lock = threading.Lock()

    def of(self, checkout: Checkout, mutant: Mutant) -> Effect:
        """Run the suite with the mutant, unless that was done before."""
        key = f"effect {mutant.key}"
        kept = self.ledger.get(key)
        if kept is None:
            kept = self._measured(checkout, mutant)
            with self.lock:
                self.ledger.put(key, kept)
        changed: dict[str, tuple[str, str]] = {}
        for old, new, number in kept["changed"]:
            changed.update(dict.fromkeys(self.base.unpacked(number), (old, new)))
        changed |= {name: (ABSENT, new) for name, new in kept["new"]}
        changed = {name: changed[name] for name in sorted(changed) if name not in self.base.flaky}
        broken = frozenset(kept["broken"])
        stillborn = kept["stillborn"] and not broken  # every file broken is told file by file
        return Effect(changed, broken, stillborn, kept["unfinished"])

    def _measured(self, checkout: Checkout, mutant: Mutant) -> dict[str, Any]:
        """Apply, run, take back."""
        words = [*outcomes.plain(checkout), "--continue-on-collection-errors"]
        mutant.apply(checkout.path)
        try:
            suite = outcomes.suite(checkout, words, self._limits())
        finally:
            fetch.restore(checkout)
        groups: dict[tuple[str, str], list[str]] = {}
        new = []
        for name, (before, after) in outcomes.changed(self.base.outcomes, suite).items():
            if before == ABSENT:
                new.append([name, after])
            else:
                groups.setdefault((before, after), []).append(name)
        missing = len(set(self.base.outcomes) - set(suite.outcomes))
        return {
            "kind": mutant.kind,
            "where": mutant.where,
            "changed": [[*pair, self.base.packed(names)] for pair, names in groups.items()],
            "new": new,
            "broken": sorted(suite.broken),
            "stillborn": not suite.outcomes and suite.last.status not in {None, 0, 5},
            "unfinished": 0 if suite.complete else missing,
        }

    def _limits(self) -> Limits:
        wall = self.base.wall
        return Limits(test=max(5.0, wall), suite=5 * wall + 20, memory=MEMORY)

    def unharmed_alone(
        self, checkout: Checkout, mutant: Mutant, names: Sequence[str]
    ) -> frozenset[str]:
        """Return those tests that end as ever when no others run with them."""
        if not names:
            return frozenset()
        key = f"alone {mutant.key} {','.join(sorted(names))}"
        kept = self.ledger.get(key)
        if kept is None:
            mutant.apply(checkout.path)
            try:
                words = [*outcomes.plain(checkout), *names]
                suite = outcomes.suite(checkout, words, self._limits())
            finally:
                fetch.restore(checkout)
            same = self.base.outcomes
            kept = [name for name in names if suite.outcomes.get(name) == same.get(name)]
            with self.lock:
                self.ledger.put(key, kept)
        return frozenset(kept)
