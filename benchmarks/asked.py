"""What CoverQuery and testmon would run for a mutant, in one form; asked once a version."""

import json
import shutil
import threading
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from benchmarks import fetch, outcomes, recorded
from benchmarks.effects import Clean
from benchmarks.fetch import Checkout
from benchmarks.ledger import Ledger
from benchmarks.mutants import Mutant
from benchmarks.testmon import Testmon, TestmonFailedError


@dataclass(frozen=True, slots=True)
class Selected:
    """What would run.

    Attributes:
        tests: those known before.
        files: files that are collected, so that new tests in them run; those that are not, where
            ``inverted``.
        inverted: see there.
        codes: the reasons given.
        failure: what was said instead of an answer, or why it is not vouched for.
    """

    tests: frozenset[str]
    files: frozenset[str]
    inverted: bool = False
    codes: tuple[str, ...] = ()
    failure: str = ""

    def collects(self, nodeid: str) -> bool:
        """Say whether the file of a test is collected: whatever is new in it runs."""
        file = nodeid.partition("::")[0]
        above = {file, "", ".", *(str(parent) for parent in PurePosixPath(file).parents)}
        return self.inverted == self.files.isdisjoint({file} if self.inverted else above)


class Asked:
    """Answers about one project, kept by the version of whoever answered."""

    def __init__(self, ledger: Ledger, base: Clean, version: str) -> None:
        self.ledger, self.base, self.version = ledger, base, version
        self.lock = threading.Lock()

    def ours(self, checkout: Checkout, mutant: Mutant | None) -> Selected:
        """Ask ``coverquery affected``; without a mutant about the clean tree."""
        key = f"ours {self.version} {mutant.key if mutant else 'clean'}"
        kept = self.ledger.get(key) or self._keep(key, self._ours(checkout, mutant))
        return self._unpacked(kept)

    def testmon(self, testmon: Testmon, mutant: Mutant | None) -> Selected:
        """Ask testmon."""
        key = f"testmon {mutant.key if mutant else 'clean'}"
        kept = self.ledger.get(key) or self._keep(key, self._testmon(testmon, mutant))
        return self._unpacked(kept)

    def run(self, checkout: Checkout, mutant: Mutant) -> Selected:
        """Let ``coverquery run`` run: it widens by itself where importing fails."""
        key = f"run {self.version} {mutant.key}"
        kept = self.ledger.get(key) or self._keep(key, self._run(checkout, mutant))
        return self._unpacked(kept)

    def _ours(self, checkout: Checkout, mutant: Mutant | None) -> dict[str, Any]:
        with _Made(checkout, mutant):
            try:
                answer = recorded.affected(checkout)
            except recorded.CoverQueryFailedError as error:
                return self._packed(frozenset(), frozenset(), failure=str(error))
        files = frozenset(argument.partition("::")[0] for argument in answer.arguments)
        given = {code for row in answer.document["tests"] for code in row["why"]}
        codes = sorted(given | ({"canary"} if answer.document.get("canaries") else set()))
        failure = "" if answer.complete else "incomplete"
        selected = frozenset(answer.selected(self.base.tests))
        return self._packed(selected, files, codes=codes, failure=failure)

    def _testmon(self, testmon: Testmon, mutant: Mutant | None) -> dict[str, Any]:
        with _Made(testmon.checkout, mutant):
            try:
                left = testmon.ask()
            except TestmonFailedError as error:
                return self._packed(frozenset(), frozenset(), failure=str(error))
        selected = frozenset(left.selected(self.base.tests))
        return self._packed(selected, left.files, inverted=True)

    def _run(self, checkout: Checkout, mutant: Mutant) -> dict[str, Any]:
        folder = checkout.path / ".coverquery"
        beside = checkout.path / ".git" / "benchmark-coverquery"
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(folder, beside)
        try:
            with _Made(checkout, mutant):
                suite = outcomes.suite(checkout, recorded.RUN)
        finally:
            shutil.rmtree(folder)
            beside.rename(folder)
        said = json.loads(suite.last.stdout)["counts"] if suite.last.status is not None else {}
        ran = {name for name in self.base.tests if any(_below(name, one) for one in suite.broken)}
        ran |= set(suite.outcomes)
        if said and said["selected"] == said["total"]:
            ran |= set(self.base.tests)  # errors while collecting keep pytest from running them
        files = frozenset(name.partition("::")[0] for name in ran)
        return self._packed(frozenset(ran), files, codes=["run"])

    def _packed(self, tests: frozenset[str], files: frozenset[str], **more: Any) -> dict[str, Any]:
        return {"tests": self.base.packed(tests), "files": sorted(files), **more}

    def _keep(self, key: str, kept: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.ledger.put(key, kept)
        return kept

    def _unpacked(self, kept: dict[str, Any]) -> Selected:
        return Selected(
            self.base.unpacked(kept["tests"]),
            frozenset(kept["files"]),
            kept.get("inverted", False),
            tuple(kept.get("codes", ())),
            kept.get("failure", ""),
        )


def _below(nodeid: str, collector: str) -> bool:
    return nodeid.startswith((f"{collector}::", f"{collector}/"))


class _Made:
    """A mutant made, and taken back."""

    def __init__(self, checkout: Checkout, mutant: Mutant | None) -> None:
        self.checkout, self.mutant = checkout, mutant

    def __enter__(self) -> None:
        if self.mutant:
            self.mutant.apply(self.checkout.path)

    def __exit__(self, *_: object) -> None:
        if self.mutant:
            fetch.restore(self.checkout)
