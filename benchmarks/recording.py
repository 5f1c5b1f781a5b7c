"""What our recorder costs inside pytest: ``python -m benchmarks.recording [NAME...]``.

CPU of the whole process tree by plain pytest's, the medians of pairs measured in turn. Unlike
`benchmarks.overhead` there is no starting, selecting and integrating around it: the same
pytest, with the recorder as ``coverquery run`` starts it, and with its peers.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import fetch, outcomes, overhead, processes, testmon
from benchmarks.fetch import EXIT_UNREACHABLE, Checkout, FetchError
from benchmarks.paired import Contender, Figures, measured
from benchmarks.processes import Finished
from benchmarks.projects import CACHE, chosen
from coverquery.runner.environment import tests_environment
from coverquery.runner.fast import fast_library
from coverquery.runner.interpreter import find_interpreter
from coverquery.runner.launch import PLUGIN, write_request
from coverquery.runner.plan import LaunchPlan, Request

PLAIN = "pytest"


def in_c(checkout: Checkout) -> str | None:
    """Return the recorder's hot path in C, built where that is possible."""
    python = find_interpreter(checkout.path, str(checkout.python), os.environ)
    return fast_library(python, CACHE, os.environ)


def recorder(checkout: Checkout, run_folder: Path, fast: str | None = None) -> Finished:
    """Run the suite under our recorder, from nothing."""
    shutil.rmtree(run_folder, ignore_errors=True)
    run_folder.mkdir()
    environ = outcomes.environment(checkout, {})
    del environ["PYTHONDONTWRITEBYTECODE"]
    request = Request(root=checkout.path, complete=True, fast=fast)
    plan = LaunchPlan(checkout.python, checkout.path, run_folder, request, environ)
    write_request(plan)
    words = [*outcomes.plain(checkout), "-p", PLUGIN]
    return processes.run(words, checkout.path, tests_environment(plan))


def contenders(checkout: Checkout, folder: Path, *, peers: bool) -> Iterator[Contender]:
    """List what is measured, the plain suite first."""
    mine, theirs = folder / "run", folder / "peers"
    theirs.mkdir()
    python = testmon.peers(checkout) if peers else checkout.python
    plain, _, *others = overhead.contenders(checkout, python, theirs)
    yield Contender(PLAIN, plain.run)
    yield Contender("CoverQuery, pure", lambda: recorder(checkout, mine))
    if fast := in_c(checkout):
        yield Contender("CoverQuery, C", lambda: recorder(checkout, mine, fast))
    if peers:
        yield from others


def report(figures: list[Figures], name: str) -> None:
    """Print one project's line."""
    plain, *others = figures
    cells = [name, f"{plain.cpu:.2f} s", *(f"{one.cpu_ratio:.2f}" for one in others)]
    print(f"| {' | '.join(cells)} |", flush=True)


def summary(columns: list[list[float]]) -> None:
    """Print median and worst of each column."""
    for word, of in (("median", statistics.median), ("worst", max)):
        print(f"| {word} | | {' | '.join(f'{of(column):.2f}' for column in columns)} |")


def measure(options: argparse.Namespace) -> None:
    """Measure project by project; each line is printed as soon as it is known."""
    rows: list[list[Figures]] = []
    for project in chosen(options.names):
        checkout = fetch.fetch(project, options.python, options.into.resolve())
        with tempfile.TemporaryDirectory() as folder:
            entrants = list(contenders(checkout, Path(folder), peers=not options.alone))
            if not rows:
                names = [one.name for one in entrants[1:]]
                print(f"| project | pytest | {' | '.join(names)} |")
                print(f"|---|---:|{'---:|' * len(names)}")
            rows.append(measured(entrants, options.rounds))
        report(rows[-1], checkout.path.name)
        fetch.restore(checkout)
    summary([[one.cpu_ratio for one in column] for column in list(zip(*rows, strict=True))[1:]])


def main() -> int:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.recording", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", help="such as 3.12")
    parser.add_argument("--alone", action="store_true", help="leave the peers out")
    parser.add_argument("--into", type=Path, default=CACHE, help="where the checkouts are")
    try:
        measure(parser.parse_args())
    except FetchError as error:
        print(f"benchmarks.recording: {error}", file=sys.stderr)
        return EXIT_UNREACHABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
