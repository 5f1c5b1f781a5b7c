"""How long a question takes, as a whole process: ``python -m benchmarks.latency [NAME]``.

The unit is the start of a bare interpreter, so that the figures mean something elsewhere.
Every ``affected`` is asked after its line was edited anew; peers answer other questions and
are yardsticks only.
"""

import argparse
import sys
from pathlib import Path

from benchmarks import fetch, outcomes, processes, recorded, truth
from benchmarks.fetch import EXIT_UNREACHABLE, Checkout, FetchError
from benchmarks.ledger import Ledger
from benchmarks.paired import Contender, measured
from benchmarks.processes import Finished
from benchmarks.projects import chosen


class Editing:
    """One line of the project, edited differently each time."""

    def __init__(self, checkout: Checkout) -> None:
        ledger = Ledger("first_path-source", checkout)
        drawn = truth.drawn(checkout, ledger, 100, 1)
        edit = next(edit for edit in drawn if edit.kind == "condition")
        self.file = checkout.path / edit.file
        self.original = self.file.read_text(encoding="utf-8")
        edit.apply(checkout.path)
        self.edited = self.file.read_text(encoding="utf-8")
        self.line = edit.new
        self.turn = 0
        self.place = f"{edit.file}:{edit.line}"

    def again(self) -> None:
        """Put a line there that was never seen before: a comment would mean nothing."""
        self.turn += 1
        new = self.line.replace("not (", f"{self.turn} and not (", 1)
        self.file.write_text(self.edited.replace(self.line, new, 1), encoding="utf-8")


def contenders(checkout: Checkout, editing: Editing) -> list[Contender]:
    """List what is measured, the unit first."""
    environment = outcomes.environment(checkout, {})
    del environment["PYTHONDONTWRITEBYTECODE"]

    def command(*words: str | Path) -> Finished:
        return processes.run(words, checkout.path, environment)

    def affected() -> Finished:
        editing.again()
        return command(*recorded.AFFECTED[:-1])

    collect = [*outcomes.plain(checkout), "--collect-only"]
    return [
        Contender("`python -c pass`", lambda: command(sys.executable, "-c", "pass")),
        Contender("`git status`", lambda: command("git", "status", "--porcelain")),
        Contender(
            "`coverquery --version`",
            lambda: command(sys.executable, "-m", "coverquery", "--version"),
        ),
        Contender("`coverquery affected`", affected),
        Contender("`pytest --collect-only -q`", lambda: command(*collect)),
    ]


def main() -> int:
    """Measure, print the table; fail beyond a target where one is given."""
    parser = argparse.ArgumentParser(prog="benchmarks.latency", description=__doc__)
    parser.add_argument("name", nargs="?", default="click", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--python", help="such as 3.12")
    parser.add_argument("--target", type=float, help="fail where affected takes more starts")
    options = parser.parse_args()
    try:
        checkout = fetch.fetch(chosen([options.name])[0], options.python)
    except FetchError as error:
        print(f"benchmarks.latency: {error}", file=sys.stderr)
        return EXIT_UNREACHABLE
    recorded.timed(checkout, recorded.RECORD)
    editing = Editing(checkout)
    try:
        figures = measured(contenders(checkout, editing), options.rounds)
    finally:
        fetch.restore(checkout)
    print(f"{checkout.path.name}, edited at {editing.place}, medians of {options.rounds} rounds\n")
    print("| command | median ms | starts of an interpreter |\n|---|---:|---:|")
    for one in figures:
        print(f"| {one.name} | {one.wall * 1000:.0f} | {one.wall_ratio:.1f} |")
    (asked,) = (one for one in figures if "affected" in one.name)
    if options.target and asked.wall_ratio > options.target:
        print(f"\n`affected` takes more than {options.target:g} starts of an interpreter")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
