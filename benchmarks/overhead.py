"""What recording costs, beside its peers: ``python -m benchmarks.overhead [NAME...]``.

CPU of the whole process tree, all contenders in turn. The peers have an environment of their
own, so that their plugins do not weigh on the plain suite. Recording starts from nothing
each time, and ours includes starting, selecting and integrating.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import fetch, outcomes, processes, recorded
from benchmarks.fetch import EXIT_UNREACHABLE, Checkout, FetchError
from benchmarks.paired import Contender, Figures, measured
from benchmarks.processes import Finished
from benchmarks.projects import chosen
from benchmarks.testmon import peers


def contenders(checkout: Checkout, python: Path, folder: Path) -> list[Contender]:
    """List what is measured, the plain suite first."""
    pytest = [python, *outcomes.plain(checkout)[1:]]
    environment = outcomes.environment(checkout, {"COVERAGE_CORE": "ctrace"})
    environment |= {"COVERAGE_FILE": f"{folder}/coverage", "TESTMON_DATAFILE": f"{folder}/testmon"}
    del environment["PYTHONDONTWRITEBYTECODE"]
    sources = [f"--cov={source}" for source in checkout.project.source]

    def peer(*words: str) -> Finished:
        for left in folder.iterdir():
            left.unlink()
        return processes.run([*pytest, *words], checkout.path, environment)

    return [
        Contender("pytest", lambda: recorded.timed(checkout, outcomes.plain(checkout))),
        Contender("coverquery run", lambda: recorded.timed(checkout, recorded.RECORD)),
        Contender(
            "pytest-cov, C tracer, a context a test",
            lambda: peer(*sources, "--cov-context=test", "--cov-report="),
        ),
        Contender("pytest-testmon, first run", lambda: peer("--testmon")),
    ]


def figures(checkout: Checkout, rounds: int) -> list[Figures]:
    """Measure on one project."""
    with tempfile.TemporaryDirectory() as folder:
        return measured(contenders(checkout, peers(checkout), Path(folder)), rounds)


def main() -> int:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.overhead", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", help="such as 3.12")
    options = parser.parse_args()
    print("| project | command | CPU seconds | CPU by plain |\n|---|---|---:|---:|")
    try:
        for project in chosen(options.names):
            checkout = fetch.fetch(project, options.python)
            for one in figures(checkout, options.rounds):
                cells = [checkout.path.name, one.name, f"{one.cpu:.1f}", f"{one.cpu_ratio:.2f}"]
                print(f"| {' | '.join(cells)} |", flush=True)
            fetch.purge_bytecode(checkout)
            fetch.restore(checkout)
    except FetchError as error:
        print(f"benchmarks.overhead: {error}", file=sys.stderr)
        return EXIT_UNREACHABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
