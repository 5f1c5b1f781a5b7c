"""``make demo``: a recorded suite, one edited line, and what follows from it.

Everything happens in a copy under ``.cache/``; the commands shown are the ones that run.
"""

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import fetch, processes
from benchmarks.projects import ROOT, load
from benchmarks.sample import sample


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the demo plays, and the line it edits."""

    path: Path
    file: str
    old: str
    new: str
    symbol: str


CLICK = ("src/click/utils.py", "not words[i + 1][0].islower()", "words[i + 1][0].isupper()")
LEDGER = ("ledger/money.py", "divmod(cents, parts)", "divmod(cents, parts + 1)")


def scene() -> Scene:
    """Choose click, or the sample project where click cannot be fetched."""
    try:
        path = fetch.fetch(load()["click"]).path
    except fetch.FetchError as error:
        print(f"# {error}\n# offline, so this shows the small project of tests/sample instead\n")
        return Scene(sample(), *LEDGER, "split")
    return Scene(path, *CLICK, "_make_default_short_help")


class Stage:
    """Runs commands in the scene's folder, showing each as it would be typed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environment = processes.clean_environment({})
        self.failures: list[str] = []

    def show(self, words: Sequence[str], fine: Sequence[int] = (0,)) -> None:
        """Echo a command and let it print; an exit status not listed spoils the demo."""
        print(f"\n$ {shlex.join(words)}", flush=True)
        done = subprocess.run(self._argv(words), cwd=self.path, env=self.environment, check=False)
        if done.returncode not in fine:
            self.failures.append(f"{shlex.join(words)}: exit status {done.returncode}")

    def affected(self) -> list[str]:
        """Ask which tests are affected, without showing it."""
        words = ["coverquery", "affected", "--json"]
        done = subprocess.run(
            self._argv(words), cwd=self.path, env=self.environment, check=False, capture_output=True
        )
        arguments = self.path / str(json.loads(done.stdout)["args_file"])
        return arguments.read_text(encoding="utf-8").splitlines()

    @staticmethod
    def _argv(words: Sequence[str]) -> list[str]:
        """Start the coverquery of this environment, whatever PATH says."""
        if words[0] == "coverquery":
            return [sys.executable, "-m", *words]
        return list(words)


def edit(scene: Scene) -> None:
    """Change the one line."""
    file = scene.path / scene.file
    text = file.read_text(encoding="utf-8")
    if text.count(scene.old) != 1:
        raise SystemExit(f"{scene.file} is not the one this demo knows")
    file.write_text(text.replace(scene.old, scene.new), encoding="utf-8")


def play(scene: Scene) -> list[str]:
    """Record, edit, ask, run, ask again, take the edit back."""
    stage = Stage(scene.path)
    print(f"# {scene.path.relative_to(ROOT)}: nothing is recorded yet, so everything runs")
    stage.show(["coverquery", "run", "--", "-q"])
    print(f"\n# one line inside {scene.symbol} is edited")
    edit(scene)
    stage.show(["git", "--no-pager", "diff", "--no-color", "--unified=0", "--", scene.file])
    stage.show(["coverquery", "affected"])
    for nodeid in stage.affected()[:1]:
        stage.show(["coverquery", "why", nodeid])
    stage.show(["coverquery", "run", "--", "-q", "--tb=no"], fine=(1,))
    stage.show(["coverquery", "covers", f"{scene.file}::{scene.symbol}"])
    print("\n# the edit is taken back: records of this content hold again")
    stage.show(["git", "checkout", "--quiet", "--", scene.file])
    stage.show(["coverquery", "affected"])
    return stage.failures


def main() -> int:
    """Play the demo; anything unexpected is said and fails it."""
    setting = scene()
    shutil.rmtree(setting.path / ".coverquery", ignore_errors=True)
    try:
        failures = play(setting)
    finally:
        fetch.git(setting.path, "checkout", "-q", "--force", "HEAD", "--", ".")
    for failure in failures:
        print(f"demo: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
