"""What was selected against what changed: one mutant, both tools."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.asked import Selected
from benchmarks.effects import ABSENT, Clean, Effect
from benchmarks.mutants import Mutant


@dataclass(frozen=True, slots=True)
class Answered:
    """One tool's selection, judged.

    Attributes:
        selected: what it would run.
        missed: tests that end otherwise and would not run.
        leaning: of these, those that end as ever alone: they suffer from what another test,
            failing now, leaves behind; and those whose file cannot be collected, which a run
            of the selection shows.
    """

    selected: Selected
    missed: tuple[str, ...]
    leaning: frozenset[str] = frozenset()

    @property
    def really(self) -> tuple[str, ...]:
        """Return the tests that are missed by all means."""
        return tuple(name for name in self.missed if name not in self.leaning)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One mutant.

    Attributes:
        mutant: what was changed.
        effect: what that does.
        ours: our answer.
        testmon: testmon's.
        extra: tests we select that did not execute the one statement that differs; None where
            it is not one statement.
        lacking: tests that executed it and are not selected.
    """

    mutant: Mutant
    effect: Effect
    ours: Answered
    testmon: Answered
    extra: frozenset[str] | None = None
    lacking: frozenset[str] = frozenset()

    @property
    def killed(self) -> bool:
        """Say whether some test ends otherwise."""
        return bool(self.effect.demanded)

    def fractions(self, base: Clean) -> tuple[float, float]:
        """Return the shares of the suite both would run; what is gone runs nowhere."""
        gone, total = self.effect.gone, len(base.tests)
        ours, peer = self.ours.selected.tests - gone, self.testmon.selected.tests - gone
        return len(ours) / total, len(peer) / total

    @property
    def both_safe(self) -> bool:
        """Say whether neither tool misses a test."""
        return not self.ours.really and not self.testmon.really


def missed(effect: Effect, selected: Selected, *, strict: bool) -> tuple[str, ...]:
    """Return the demanded tests that would not run.

    Where a file cannot be collected, running any of it shows that: enough unless ``strict``.
    """
    found = []
    for name in effect.demanded:
        old, new = effect.changed[name]
        seen = name in selected.tests or (old == ABSENT and selected.collects(name))
        if not strict and new == ABSENT:
            seen = selected.collects(name) or (effect.stillborn and bool(selected.tests))
        if not seen:
            found.append(name)
    return tuple(found)


def exactness(
    verdict: Iterable[str], executed: Iterable[str], always: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return what is selected too much, and too little, leaving out what is always selected."""
    chosen, right = frozenset(verdict) - always, frozenset(executed) - always
    return chosen - right, right - chosen


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts and means over some mutants; means are shares of the suite, None of nothing."""

    mutants: int
    killed: int
    ours_missed: int
    ours_leaning: int
    testmon_missed: int
    ours: float | None
    testmon: float | None
    safe: int
    ours_safe: float | None
    testmon_safe: float | None

    @property
    def ratio(self) -> float | None:
        """Return our mean by testmon's, over the mutants both select safely."""
        return self.ours_safe / self.testmon_safe if self.ours_safe and self.testmon_safe else None


def summary(base: Clean, verdicts: Sequence[Verdict]) -> Summary:
    """Sum up."""
    safe = [one for one in verdicts if one.both_safe]
    return Summary(
        mutants=len(verdicts),
        killed=sum(one.killed for one in verdicts),
        ours_missed=sum(bool(one.ours.really) for one in verdicts),
        ours_leaning=sum(bool(one.ours.leaning) and not one.ours.really for one in verdicts),
        testmon_missed=sum(bool(one.testmon.really) for one in verdicts),
        ours=_mean([one.fractions(base)[0] for one in verdicts]),
        testmon=_mean([one.fractions(base)[1] for one in verdicts]),
        safe=len(safe),
        ours_safe=_mean([one.fractions(base)[0] for one in safe]),
        testmon_safe=_mean([one.fractions(base)[1] for one in safe]),
    )


def _mean(shares: list[float]) -> float | None:
    return statistics.fmean(shares) if shares else None
