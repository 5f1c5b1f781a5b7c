"""What happens outside pytest: ``python -m benchmarks.integration [NAME...]``.

*Integration* is what lies between the journal and the committed index: reading it, the imports
the texts of the modules tell of, flattening, writing. *Outside* is all CPU of ``coverquery run``
that is not pytest's. Both by the CPU of plain pytest, medians of rounds: a first run with
nothing recorded, then ``run --all`` again. *Wait* is the time by the clock from pytest's end
to ours, by that of plain pytest.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks import fetch, outcomes, recorded, staged
from benchmarks.fetch import EXIT_UNREACHABLE, Checkout, FetchError
from benchmarks.projects import chosen

_STAGED = Path(__file__).with_name("staged.py")
_STAGES = (*staged.STAGES, staged.AHEAD, staged.REST)
Figures = Mapping[str, float]


def staged_run(checkout: Checkout) -> Figures:
    """Run everything under the clock; return CPU by stage."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "stages.json"
        done = recorded.timed(
            checkout,
            [sys.executable, _STAGED, out, *map(str, recorded.RECORD[len(recorded.COMMAND) :])],
        )
        if not out.exists():
            raise FetchError(f"coverquery run failed: {done.stdout[-800:]}{done.stderr[-800:]}")
        found: dict[str, float] = json.loads(out.read_text(encoding="utf-8"))
    return found


def shares(stages: Figures, cpu: float, wall: float) -> Figures:
    """Return each stage and the sums by the CPU of the plain suite."""
    ours = {stage: stages.get(stage, 0.0) for stage in _STAGES}
    found = {stage: seconds / cpu for stage, seconds in ours.items()}
    found["integration"] = sum(ours[stage] for stage in staged.INTEGRATION) / cpu
    found["outside"] = sum(ours.values()) / cpu
    found["wait"] = stages[staged.AFTER] / wall
    found["integration, s"] = found["integration"] * cpu
    return found


def measured(checkout: Checkout, rounds: int) -> tuple[float, Figures, Figures]:
    """Return the CPU of the plain suite, and the shares of a first and of a second run."""
    rows = list(_rounds(checkout, rounds + 1))[1:]  # the first one warms up
    plain, first, second = zip(*rows, strict=True)
    return statistics.median(plain), _medians(first), _medians(second)


def _rounds(checkout: Checkout, rounds: int) -> Iterator[tuple[float, Figures, Figures]]:
    for _ in range(rounds):
        plain = recorded.timed(checkout, outcomes.plain(checkout))
        recorded.forget(checkout)
        first = shares(staged_run(checkout), plain.cpu, plain.wall)
        second = shares(staged_run(checkout), plain.cpu, plain.wall)
        yield plain.cpu, first, second


def _medians(rows: tuple[Figures, ...]) -> Figures:
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def table(checkout: Checkout, plain: float, first: Figures, second: Figures) -> str:
    """Return the project's row, and its stages."""
    cells = [f"{checkout.project.name} {checkout.project.version}", f"{plain:.1f} s"]
    for run in (first, second):
        cells += [f"{run['integration']:.0%} ({1000 * run['integration, s']:.0f} ms)"]
        cells += [f"{run[name]:.0%}" for name in ("outside", "wait")]
    return f"| {' | '.join(cells)} |"


def stages(name: str, plain: float, first: Figures, second: Figures) -> str:
    """Return the milliseconds of each stage, first and second run."""
    parts = [
        f"{stage} {1000 * first[stage] * plain:.0f}/{1000 * second[stage] * plain:.0f}"
        for stage in _STAGES
    ]
    return f"{name}, ms: {', '.join(parts)}"


HEAD = (
    "| project | plain | first run: integration | outside | wait "
    "| again: integration | outside | wait |\n|---|---:|---:|---:|---:|---:|---:|---:|"
)


def main() -> int:
    """Measure, print the table, then the stages; fail beyond a target where one is given."""
    parser = argparse.ArgumentParser(prog="benchmarks.integration", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", help="such as 3.12")
    parser.add_argument("--target", type=float, help="fail where integration takes a larger share")
    options = parser.parse_args()
    print(HEAD)
    said, worst = [], 0.0
    try:
        for project in chosen(options.names):
            checkout = fetch.fetch(project, options.python)
            plain, first, second = measured(checkout, options.rounds)
            print(table(checkout, plain, first, second), flush=True)
            said.append(stages(project.name, plain, first, second))
            worst = max(worst, first["integration"])
            fetch.purge_bytecode(checkout)
            fetch.restore(checkout)
    except FetchError as error:
        print(f"benchmarks.integration: {error}", file=sys.stderr)
        return EXIT_UNREACHABLE
    print("\n".join(["", *said]))
    return 1 if options.target is not None and worst > options.target else 0


if __name__ == "__main__":
    sys.exit(main())
