"""Everything needed to judge mutants of one project: copies, records, answers kept before."""

import json
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import executed, pool, recorded, testmon
from benchmarks.asked import Asked, Selected
from benchmarks.effects import Clean, Effect, Effects, clean
from benchmarks.executed import Executed
from benchmarks.fetch import Checkout
from benchmarks.ledger import Ledger, tool_digest
from benchmarks.mutants import Mutant
from benchmarks.testmon import Testmon
from benchmarks.verdicts import Answered, Verdict, exactness, missed

STAMP = "benchmark-recorded"


class Laboratory:
    """One project, its clean suite, and workers that judge mutants."""

    def __init__(
        self, checkout: Checkout, name: str, *, jobs: int = 1, fresh: bool = False
    ) -> None:
        self.checkout = checkout
        self.ledger = Ledger(name, checkout, fresh=fresh)
        self.fresh = fresh
        self.version = tool_digest()
        self.python = testmon.peers(checkout)
        self.workers = [pool.worker(checkout, number) for number in range(jobs)]
        self.base: Clean = clean(self.workers[0], self.ledger)
        self.effects = Effects(self.ledger, self.base)
        self.asked = Asked(self.ledger, self.base, self.version)
        self._lock = threading.Lock()
        self._always: frozenset[str] | None = None
        self._benches: dict[Path, Bench] = {}

    def executed(self) -> Executed:
        """Return which tests execute which lines; measured once."""
        kept = self.ledger.path.with_suffix(".executed.json")
        if self.fresh or not kept.exists():
            found = executed.executed(self.workers[0], self.python)
            packed = {
                path: {
                    line: [self.base.packed(names), "" in names] for line, names in lines.items()
                }
                for path, lines in found.items()
            }
            kept.write_text(json.dumps(packed), encoding="utf-8")
        document = json.loads(kept.read_text(encoding="utf-8"))
        return {
            path: {
                int(line): self.base.unpacked(number) | ({""} if outside else set())
                for line, (number, outside) in lines.items()
            }
            for path, lines in document.items()
        }

    def judged(self, mutants: Sequence[Mutant], lines: Executed) -> list[Verdict]:
        """Judge all, each worker one after the other; in the order given."""
        left: queue.SimpleQueue[int] = queue.SimpleQueue()
        for at in range(len(mutants)):
            left.put(at)
        found: dict[int, Verdict] = {}

        def work(checkout: Checkout) -> None:
            bench = self.bench(checkout)
            while True:
                try:
                    at = left.get_nowait()
                except queue.Empty:
                    return
                found[at] = bench.judge(mutants[at], lines)
                say(self, found[at], at)

        with ThreadPoolExecutor(len(self.workers)) as threads:
            list(threads.map(work, self.workers))
        return [found[at] for at in sorted(found)]

    def bench(self, checkout: Checkout) -> "Bench":
        """Return the worker's bench; both tools record when it is first asked for."""
        if checkout.path not in self._benches:
            self._benches[checkout.path] = Bench(self, checkout)
        return self._benches[checkout.path]

    def unchanged(self) -> tuple[int, int]:
        """Return how many tests we and testmon select where nothing changed."""
        bench = self.bench(self.workers[0])
        ours = self.asked.ours(bench.checkout, None)
        return len(ours.tests), len(self.asked.testmon(bench.testmon, None).tests)

    def always(self, ask: Callable[[], Selected]) -> frozenset[str]:
        """Return what we select on the clean tree."""
        with self._lock:
            if self._always is None:
                self._always = ask().tests
            return self._always


class Bench:
    """One worker: a checkout in which both tools have recorded."""

    def __init__(self, laboratory: Laboratory, checkout: Checkout) -> None:
        self.lab, self.checkout = laboratory, checkout
        self.testmon = Testmon(checkout, laboratory.python)
        stamp = checkout.path / ".git" / STAMP
        if laboratory.fresh or not stamp.exists() or stamp.read_text() != laboratory.version:
            stamp.unlink(missing_ok=True)
            recorded.record(checkout)
            stamp.write_text(laboratory.version, encoding="utf-8")
        if laboratory.fresh or not self.testmon.data.exists():
            self.testmon.record()

    def judge(self, mutant: Mutant, lines: Executed) -> Verdict:
        """Find out everything about one mutant."""
        lab = self.lab
        effect = lab.effects.of(self.checkout, mutant)
        ours = self._answered(mutant, effect, lab.asked.ours(self.checkout, mutant), strict=True)
        if ours.really and "canary" in ours.selected.codes:
            ran = lab.asked.run(self.checkout, mutant)
            ours = self._answered(mutant, effect, ran, strict=True)
        peer = lab.asked.testmon(self.testmon, mutant)
        extra: frozenset[str] | None = None
        lacking: frozenset[str] = frozenset()
        ran_by = _ran_by(mutant, lines)
        if ran_by is not None and "" not in ran_by:
            always = lab.always(lambda: lab.asked.ours(self.checkout, None))
            extra, lacking = exactness(ours.selected.tests, ran_by, always)
        other = self._answered(mutant, effect, peer, strict=False)
        return Verdict(mutant, effect, ours, other, extra, lacking)

    def _answered(
        self, mutant: Mutant, effect: Effect, selected: Selected, *, strict: bool
    ) -> Answered:
        names = missed(effect, selected, strict=strict)
        alone = [name for name in names if not effect.errs(name)]
        leaning = self.lab.effects.unharmed_alone(self.checkout, mutant, alone)
        shown = frozenset(names) - set(missed(effect, selected, strict=False))
        return Answered(selected, names, leaning | shown)


def _ran_by(mutant: Mutant, lines: Executed) -> frozenset[str] | None:
    """Return the tests that execute the statement; None where it is not one statement."""
    if mutant.statement is None:
        return None
    path, first, last = mutant.statement
    found: Iterable[frozenset[str]] = (
        frozenset(lines[path].get(line, ())) for line in range(first, last + 1)
    )
    return frozenset().union(*found)


def say(lab: Laboratory, verdict: Verdict, at: int) -> None:
    """Say one mutant in one line, to whoever waits."""
    words = [
        f"{at + 1:4} {lab.checkout.project.slug}",
        f"{verdict.mutant.kind} {verdict.mutant.where}",
        f"changed {len(verdict.effect.demanded)}",
        f"ours {len(verdict.ours.selected.tests)}",
        f"testmon {len(verdict.testmon.selected.tests)}",
    ]
    if verdict.ours.missed:
        words.append(f"MISSED {len(verdict.ours.really)} (leaning {len(verdict.ours.leaning)})")
    if verdict.testmon.missed:
        words.append(f"testmon missed {len(verdict.testmon.really)}")
    if verdict.effect.unfinished:
        words.append(f"unfinished {verdict.effect.unfinished}")
    print("  ".join(words), file=sys.stderr, flush=True)
