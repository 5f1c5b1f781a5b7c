"""How everything grows with the project: ``python -m benchmarks.scale [TESTS...]``.

A made-up index (see `synthetic`): ten tests to a source file, each executes lines of twenty-one
files. *Start* is that of a bare interpreter, taken off every answer. Memory is the most that the
process had resident.
"""

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from benchmarks import processes, synthetic
from benchmarks.processes import Finished
from benchmarks.synthetic import FACTS, Size
from coverquery.index.db import Index
from coverquery.index.rebuild import NAME
from coverquery.workspace.integrating import integrate_run
from coverquery.workspace.place import find_place

_TARGETS = (
    "at 100,000 tests: integration 60 s per 10,000 tests and linear, 150 bytes a fact, answers "
    "0.15 s (leaf), 1 s (hub), 2 s (200 files), 300 MB, 0.3 s for 100 tests"
)
_HEAD = (
    "| tests | files | integration of 10,000 tests | bytes a fact | leaf line | hub line "
    "| 200 files | nothing | memory | 100 tests integrated |"
)
_MB = 1024
_SELECTED = re.compile(r"(?:affected|nothing affected:) (\d+)/")


class Answer(NamedTuple):
    """A question's seconds beyond an interpreter's start, its memory and how much it selects."""

    seconds: float
    megabytes: float
    selected: int


def _environment() -> dict[str, str]:
    return processes.clean_environment({"GIT_CONFIG_GLOBAL": "/dev/null"})


def command(root: Path, *words: str) -> Finished:
    """Run a command of ours in the project."""
    return processes.run([sys.executable, "-m", "coverquery", *words], root, _environment())


def start(rounds: int) -> float:
    """Return the seconds a bare interpreter takes."""
    found = [
        processes.run([sys.executable, "-c", "pass"], Path.cwd(), _environment()).wall
        for _ in range(rounds)
    ]
    return statistics.median(found)


def edited(root: Path, names: list[str], turn: int) -> Iterator[None]:
    """Change one line of each of these files."""
    before = {name: (root / name).read_text(encoding="utf-8") for name in names}
    for name, text in before.items():
        new = text.replace("total = value + 2", f"total = value + {2000 + turn}")
        (root / name).write_text(new, encoding="utf-8")
    yield
    for name, text in before.items():
        (root / name).write_text(text, encoding="utf-8")


def asked(root: Path, names: list[str], rounds: int) -> Answer:
    """Ask what an edit of these files affects, an edit anew each time."""
    base = start(5)
    found = [_asked(root) for turn in range(rounds + 1) for _ in edited(root, names, turn)]
    walls = [wall for wall, _, _ in found[1:]]
    return Answer(statistics.median(walls) - base, max(f[1] for f in found), found[-1][2])


def _asked(root: Path) -> tuple[float, float, int]:
    done = command(root, "affected")
    said = _SELECTED.match(done.stdout)
    if done.status != 0 or said is None:
        raise SystemExit(f"affected failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done.wall, done.memory / _MB, int(said[1])


def elsewhere(root: Path, size: Size, first_file: int) -> float:
    """Integrate a run of the tests from this file on in a process of its own.

    A process that is started has, to the system, at least the memory of who starts it.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        return other.submit(integrated, root, size, first_file).result()


def integrated(root: Path, size: Size, first_file: int) -> float:
    """Integrate a run, return the seconds."""
    place = find_place(root)
    text = synthetic.Journal(size, synthetic.header(place.home)).text(range(100), first_file)
    folder = synthetic.run_folder(place.home, size, text, whole=first_file == 0)
    before = time.perf_counter()
    with Index.open(place.home / NAME, create=True) as index:
        report = integrate_run(place, index, folder)
    if report.already or not report.tests:
        raise SystemExit("the run was not integrated")
    return time.perf_counter() - before


def measure(root: Path, size: Size, rounds: int) -> str:
    """Make a project of this size; return its row."""
    synthetic.make(root, size)
    first = command(root, "run", "tests/test_real.py::test_real")
    if first.status != 0:
        raise SystemExit(f"the one real test fails: {first.stdout[-800:]}{first.stderr[-800:]}")
    index = find_place(root).home / NAME
    empty = index.stat().st_size
    seconds = elsewhere(root, size, 0)
    tests = size.test_files * 100
    per_fact = (index.stat().st_size - empty) / (tests * FACTS)
    some = [synthetic.leaf(number) for number in range(min(200, size.leaves))]
    answers = [
        asked(root, names, rounds) for names in ([synthetic.leaf(7)], [synthetic.hub(0)], some, [])
    ]
    again = elsewhere(root, size, size.test_files - 1)
    cells = [
        f"{tests:,}",
        f"{size.leaves + synthetic.HUBS:,}",
        f"{seconds / tests * 10_000:.1f} s",
        f"{per_fact:.0f}",
        *(f"{one.seconds * 1000:.0f} ms ({one.selected:,})" for one in answers),
        f"{max(one.megabytes for one in answers):.0f} MB",
        f"{again * 1000:.0f} ms",
    ]
    return f"| {' | '.join(cells)} |"


def main(write: Callable[[str], object] = print) -> int:
    """Measure size by size, print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    parser.add_argument("tests", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    write(f"{_HEAD}\n|{'---:|' * _HEAD.count(' |')}")
    for tests in options.tests:
        with tempfile.TemporaryDirectory() as folder:
            write(measure(Path(folder) / "made up", Size(tests), options.rounds))
    write(f"\nAims {_TARGETS}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
