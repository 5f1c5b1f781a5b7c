"""pytest-testmon on a worker's checkout: recorded once, asked for each mutant."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import fetch, outcomes, processes, pythons
from benchmarks.fetch import Checkout
from benchmarks.outcomes import INJECT
from benchmarks.projects import CACHE

PEERS = ("pytest-cov==7.1.0", "pytest-testmon==2.2.0")


class TestmonFailedError(Exception):
    """testmon did not answer; the message holds what it said."""

    __test__ = False


@dataclass(frozen=True, slots=True)
class Left:
    """What testmon would leave out.

    Attributes:
        tests: node ids it deselects.
        files: test files it does not even collect.
    """

    tests: frozenset[str]
    files: frozenset[str]

    def selects(self, nodeid: str) -> bool:
        """Say whether it would run this test: what it does not know runs where it is collected."""
        return nodeid not in self.tests and nodeid.partition("::")[0] not in self.files

    def selected(self, nodeids: Iterable[str]) -> list[str]:
        """Return those of the tests that it would run."""
        return [nodeid for nodeid in nodeids if self.selects(nodeid)]


def peers(checkout: Checkout) -> Path:
    """Return the Python of an environment that holds the peers as well."""
    venv = CACHE / "peers" / checkout.path.name
    complete, wanted = venv / ".complete", "\n".join(PEERS)
    if not complete.exists() or complete.read_text(encoding="utf-8") != wanted:
        more = (*checkout.project.requirements, *PEERS)
        project = replace(checkout.project, requirements=more)
        fetch.install(project, checkout.path, pythons.choose(checkout.version).path, venv)
        complete.write_text(wanted, encoding="utf-8")
    return venv / "bin" / "python"


class Testmon:
    """testmon's database for one checkout, kept in its ``.git``.

    The environment may be that of another copy: the sources of this one come first.
    """

    __test__ = False

    def __init__(self, checkout: Checkout, python: Path) -> None:
        self.checkout, self.python = checkout, python
        self.data = checkout.path / ".git" / "benchmark-testmon"
        self.asked = checkout.path / ".git" / "benchmark-testmon-asked"

    def environment(self, data: Path) -> dict[str, str]:
        """Return its environment; the C tracer is the one it needs."""
        places = f"{self.checkout.path / self.checkout.project.site}:{INJECT}"
        more = {"PYTHONPATH": places, "TESTMON_DATAFILE": str(data), "COVERAGE_CORE": "ctrace"}
        return outcomes.environment(self.checkout, more)

    def record(self) -> None:
        """Run the whole suite under it, from nothing."""
        for left in self.data.parent.glob("benchmark-testmon*"):
            left.unlink()
        words = [self.python, *outcomes.plain(self.checkout)[1:], "--testmon"]
        done = processes.run(words, self.checkout.path, self.environment(self.data))
        if done.status not in {0, 1} or not self.data.exists():
            raise TestmonFailedError(f"testmon: exit status {done.status}\n{done.stdout[-2000:]}")

    def ask(self) -> Left:
        """Ask what it would leave out now; the database is as recorded afterwards."""
        for left in self.data.parent.glob("benchmark-testmon-asked*"):
            left.unlink()
        for part in self.data.parent.glob("benchmark-testmon*"):
            name = part.name.replace("benchmark-testmon", "benchmark-testmon-asked")
            shutil.copy2(part, part.with_name(name))
        words: list[str | Path] = [self.python, "-m", "testmon_stable", self.asked]
        done = processes.run(words, self.checkout.path, self.environment(self.asked), 300)
        if done.status != 0:
            raise TestmonFailedError(f"testmon: exit status {done.status}\n{done.stderr[-2000:]}")
        document: dict[str, Any] = json.loads(done.stdout)
        if document["repackaged"]:
            raise TestmonFailedError("testmon: it takes the environment for another one")
        return Left(frozenset(document["tests"]), frozenset(document["files"]))
