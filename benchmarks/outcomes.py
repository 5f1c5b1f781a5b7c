"""How each test of a suite ends, under whatever command runs the suite."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.fetch import Checkout
from benchmarks.processes import Finished

INJECT = Path(__file__).with_name("inject")
WITNESS = {"PYTHONPATH": os.fspath(INJECT), "PYTEST_PLUGINS": "benchmark_outcomes"}
"""Variables our plugin needs; they count, so what is asked about a recording has them as well."""
RESTARTS = 6
MEMORY = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Suite:
    """What one run of a suite, or one run in several processes, came to.

    Attributes:
        outcomes: worst outcome of each test; ``hung`` or ``crashed`` where the process ended.
        broken: files that cannot be collected.
        complete: the last process came to its end.
        last: the last process.
    """

    outcomes: Mapping[str, str]
    broken: frozenset[str]
    complete: bool
    last: Finished


@dataclass(frozen=True, slots=True)
class Limits:
    """What an edited suite may take before it is ended."""

    test: float = 0.0  # CPU; waiting may take five times as long
    suite: float = 900.0
    memory: int = 0


def environment(checkout: Checkout, extra: Mapping[str, str]) -> dict[str, str]:
    """Return what the suite's process sees: the project's wishes, no bytecode left behind."""
    home = checkout.path.parent / f".home-{checkout.path.name}"  # nothing of the project's
    home.mkdir(exist_ok=True)
    wishes = {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", **checkout.project.environment}
    return processes.clean_environment(wishes | dict(extra))


def plain(checkout: Checkout) -> list[str | Path]:
    """Return the command of the suite without us."""
    return [checkout.python, "-m", "pytest", "-q", "-p", "no:randomly"]


def suite(checkout: Checkout, argv: Sequence[str | Path], limits: Limits = Limits()) -> Suite:
    """Run the suite once; where a test ends the process, go on with the ones after it."""
    outcomes: dict[str, str] = {}
    broken: set[str] = set()
    for _ in range(RESTARTS if limits.test else 1):
        with tempfile.TemporaryDirectory() as folder:
            lines, last = _once(checkout, argv, limits, (Path(folder), outcomes))
        _read(lines, outcomes, broken)
        complete = last.status is not None and lines[-1:] != [] and lines[-1][0] == "done"
        if not any(line[0] == "start" for line in lines):
            complete = last.status is not None  # pytest did not come to its tests
        if complete or last.status is None:
            break
    return Suite(outcomes, frozenset(broken), complete, last)


def _once(
    checkout: Checkout,
    argv: Sequence[str | Path],
    limits: Limits,
    place: tuple[Path, Mapping[str, str]],
) -> tuple[list[list[str]], Finished]:
    """Run one process and read what it wrote down."""
    folder, known = place
    journal, skip = folder / "outcomes", folder / "skip"
    skip.write_text(json.dumps(sorted(known)), encoding="utf-8")
    extra = {
        **WITNESS,
        "BENCHMARK_OUTCOMES": os.fspath(journal),
        "BENCHMARK_SKIP": os.fspath(skip),
        "BENCHMARK_LIMIT": str(limits.test),
        "BENCHMARK_MEMORY": str(limits.memory),
        "TMPDIR": os.fspath(folder),
    }
    last = processes.run(argv, checkout.path, environment(checkout, extra), limits.suite)
    written = journal.read_text(encoding="utf-8") if journal.exists() else ""
    whole = written[: written.rfind("\n") + 1]
    return [json.loads(line) for line in whole.splitlines()], last


def _read(lines: Sequence[Sequence[str]], outcomes: dict[str, str], broken: set[str]) -> None:
    """Add one process's lines: a test that started and never ended took the process with it."""
    running = ""
    for word, *rest in lines:
        if word == "start":
            running = rest[0]
        elif word == "end":
            running, outcomes[rest[0]] = "", rest[1]
        elif word == "broken":
            broken.add(rest[0])
    if running:
        outcomes[running] = "ended the process"


def changed(base: Mapping[str, str], suite: Suite) -> dict[str, tuple[str, str]]:
    """Return every test that ends otherwise, both ways; only whole runs know what is absent."""
    names = set(suite.outcomes) | (set(base) if suite.complete else set())
    pairs = {name: (base.get(name, "absent"), suite.outcomes.get(name, "absent")) for name in names}
    return {name: pair for name, pair in sorted(pairs.items()) if pair[0] != pair[1]}
