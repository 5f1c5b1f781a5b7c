"""From ``coverquery run`` to its verdict, one fast test: ``python -m benchmarks.run_latency``.

A line of one test is edited anew each time, so that just this test is affected; beside it in
turn bare ``pytest NODEID``, which neither chooses nor remembers. Whole processes, everything
included: selecting, recording, integrating, reporting.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks import fetch, outcomes, processes, recorded
from benchmarks.fetch import EXIT_UNREACHABLE, Checkout, FetchError
from benchmarks.paired import Contender, Figures, measured
from benchmarks.processes import Finished
from benchmarks.projects import chosen

_TEST = re.compile(r"^def (test_\w+)\([^()\n]*\)(?: -> None)?:\n", re.MULTILINE)


class OneTest:
    """A plain test function of the project, with a line put into it."""

    def __init__(self, checkout: Checkout) -> None:
        fast = _seconds(checkout)
        found = [
            (fast[file.stem, name[1]], file, name.end())
            for file in sorted((checkout.path / checkout.project.tests).rglob("test_*.py"))
            for name in _TEST.finditer(file.read_text(encoding="utf-8"))
            if (file.stem, name[1]) in fast
        ]
        _, self.file, self.at = min(found)
        self.text = self.file.read_text(encoding="utf-8")
        self.name = _TEST.findall(self.text[: self.at])[-1]
        self.nodeid = f"{self.file.relative_to(checkout.path).as_posix()}::{self.name}"
        self.turn = 0
        self.selected = 0

    def again(self) -> None:
        """Put a statement there that was never seen before."""
        self.turn += 1
        line = f"    assert {self.turn}\n"
        self.file.write_text(self.text[: self.at] + line + self.text[self.at :], encoding="utf-8")


def _seconds(checkout: Checkout) -> dict[tuple[str, str], float]:
    """Return how long passed tests took, by module and name, as the recorded run says."""
    (junit,) = checkout.path.glob(".coverquery/runs/*/*/junit.xml")
    cases = ET.parse(junit).iter("testcase")  # pytest wrote it just now
    return {
        (case.attrib["classname"].rpartition(".")[2], case.attrib["name"]): float(
            case.attrib["time"]
        )
        for case in cases
        if not len(case)
    }


def contenders(checkout: Checkout, test: OneTest) -> list[Contender]:
    """List what is measured, bare pytest first."""
    environment = outcomes.environment(checkout, {})
    del environment["PYTHONDONTWRITEBYTECODE"]

    def command(*words: str | Path) -> Finished:
        test.again()
        return processes.run(words, checkout.path, environment)

    def ours() -> Finished:
        done = command(*recorded.RUN)
        counts = json.loads(done.stdout)["counts"]
        if counts["passed"] != counts["selected"]:
            raise FetchError(f"the run did not go as it should: {done.stdout[:500]}")
        test.selected = counts["selected"]
        return done

    bare = [*outcomes.plain(checkout), test.nodeid]
    return [
        Contender("`pytest NODEID`", lambda: command(*bare)),
        Contender("`coverquery run`", ours),
    ]


def table(figures: list[Figures]) -> str:
    """Return the rows."""
    rows = [
        f"| {one.name} | {1000 * one.wall:.0f} | {one.wall_ratio:.2f} "
        f"| {1000 * one.cpu:.0f} | {one.cpu_ratio:.2f} |"
        for one in figures
    ]
    return "\n".join(
        ["| command | ms | ratio | ms of CPU | ratio |", "|---|---:|---:|---:|---:|", *rows]
    )


def main() -> int:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.run_latency", description=__doc__)
    parser.add_argument("name", nargs="?", default="tomlkit", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--python", help="such as 3.12")
    options = parser.parse_args()
    try:
        checkout = fetch.fetch(chosen([options.name])[0], options.python)
        recorded.timed(checkout, recorded.RECORD)
        test = OneTest(checkout)
        try:
            figures = measured(contenders(checkout, test), options.rounds)
        finally:
            fetch.restore(checkout)
    except FetchError as error:
        print(f"benchmarks.run_latency: {error}", file=sys.stderr)
        return EXIT_UNREACHABLE
    print(
        f"{checkout.path.name}, {test.nodeid}, {test.selected} selected, {options.rounds} rounds\n"
    )
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
