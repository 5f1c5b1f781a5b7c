"""CoverQuery on a checkout, as a user starts it: recording, and asking what is affected."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import outcomes, processes
from benchmarks.fetch import Checkout
from benchmarks.outcomes import Suite

COMMAND: tuple[str | Path, ...] = (sys.executable, "-P", "-m", "coverquery")
"""As the console script: the project's own modules are not on its path."""
RECORD = (*COMMAND, "run", "--all", "--json")
RUN = (*COMMAND, "run", "--json")
AFFECTED = (*COMMAND, "affected", "--json")


class CoverQueryFailedError(Exception):
    """CoverQuery did not answer; the message holds what it said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What ``affected`` said.

    Attributes:
        arguments: node ids, files and folders to run; the empty one is everything.
        complete: whether it vouches for the selection.
        document: its JSON.
    """

    arguments: frozenset[str]
    complete: bool
    document: dict[str, Any]

    def selects(self, nodeid: str) -> bool:
        """Say whether pytest would run this test with these arguments."""
        if nodeid in self.arguments or self.arguments & {"", "."}:
            return True
        file = nodeid.partition("::")[0]
        above = {file, *(f"{parent}" for parent in Path(file).parents)}
        return bool(self.arguments & above) or any(
            nodeid.startswith((f"{argument}::", f"{argument}[")) for argument in self.arguments
        )

    def selected(self, nodeids: Iterable[str]) -> list[str]:
        """Return those of the tests that are selected."""
        return [nodeid for nodeid in nodeids if self.selects(nodeid)]


def forget(checkout: Checkout) -> None:
    """Remove everything recorded so far."""
    shutil.rmtree(checkout.path / ".coverquery", ignore_errors=True)


def record(checkout: Checkout) -> Suite:
    """Record the whole suite from nothing; how its tests end is written down beside."""
    forget(checkout)
    suite = outcomes.suite(checkout, RECORD)
    if suite.last.status not in {0, 1}:
        raise CoverQueryFailedError(_said("run", suite.last))
    return suite


def affected(checkout: Checkout) -> Answer:
    """Ask which tests the working tree needs, after `record`."""
    environment = outcomes.environment(checkout, outcomes.WITNESS)
    done = processes.run(AFFECTED, checkout.path, environment)
    if done.status != 0:
        raise CoverQueryFailedError(_said("affected", done))
    document = json.loads(done.stdout)
    if not document["args_file"]:
        return Answer(frozenset({""}), complete=False, document=document)
    text = (checkout.path / document["args_file"]).read_text(encoding="utf-8")
    return Answer(frozenset(text.splitlines()), document["complete"], document)


def timed(checkout: Checkout, argv: Sequence[str | Path]) -> processes.Finished:
    """Run a suite for its time: nothing of ours beside, and bytecode kept as users keep it."""
    if tuple(argv) == RECORD:
        forget(checkout)
    environment = outcomes.environment(checkout, {})
    del environment["PYTHONDONTWRITEBYTECODE"]
    return processes.run(argv, checkout.path, environment)


def seconds_in_pytest(checkout: Checkout) -> float:
    """Return how long pytest took in the newest run, as its ``run.json`` has it."""
    files = checkout.path.glob(".coverquery/runs/*/*/run.json")
    newest = max(files, key=os.path.getmtime)
    info = json.loads(newest.read_text(encoding="utf-8"))
    return float(info["ended"]) - float(info["started"])


def _said(what: str, done: processes.Finished) -> str:
    return (
        f"coverquery {what}: exit status {done.status}\n{done.stdout[-800:]}{done.stderr[-2000:]}"
    )
