"""Asking one Python what it is and has: one process, remembered in a small file.

An answer is kept as long as the executable, its pyvenv.cfg and the folders of its packages
look the same.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from coverquery.errors import InterpreterError
from coverquery.runner.probe_script import SCRIPT
from coverquery.runner.remembered import Remembered

_TIMEOUT = 30.0


class Probe(NamedTuple):
    """What a Python said. A version is None: not there; empty: there, version unknown."""

    executable: str
    version: tuple[int, int, int]
    prefix: str
    implementation: str
    pytest: str | None
    coverage: str | None
    pytest_cov: str | None
    xdist: str | None
    pip: str | None
    folders: tuple[str, ...]


class Prober(NamedTuple):
    """Probes Pythons for one project, with the answers kept in ``memory``."""

    project: Path
    environ: Mapping[str, str]
    memory: Remembered

    def probe(self, python: Path) -> Probe:
        """Return what this Python is.

        Raises:
            InterpreterError: it does not run, or does not answer.
        """
        key = json.dumps([str(python), self._seen("PYTHONPATH"), self._seen("PYTHONNOUSERSITE")])
        kept = self.memory.get(key)
        if isinstance(kept, dict) and (known := _from_json(kept)) is not None:
            return known
        found = self._ask(python)
        # A shim's answer depends on where it is asked; a real executable's does not.
        if os.path.realpath(found.executable) == os.path.realpath(python):
            watched = [str(python), str(Path(found.prefix) / "pyvenv.cfg"), *found.folders]
            self.memory.put(key, found._asdict(), watched)
        return found

    def _seen(self, name: str) -> str:
        return self.environ.get(name, "")

    def _ask(self, python: Path) -> Probe:
        try:
            done = subprocess.run(
                [python, "-I", "-c", SCRIPT], cwd=self.project, env=dict(self.environ),
                stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_TIMEOUT,
            )  # fmt: skip
        except OSError as error:
            raise InterpreterError(f"{python} cannot be started: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise InterpreterError(f"{python} gave no answer in {_TIMEOUT:.0f} s") from error
        answer = _parsed(done.stdout)
        if answer is None:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise InterpreterError(f"{python} does not work as a Python: {' '.join(said)}")
        return answer


def _parsed(output: bytes) -> Probe | None:
    """Take the last line: a sitecustomize may print before it."""
    for line in reversed(output.splitlines()):
        try:
            return _from_json(json.loads(line))
        except ValueError:
            continue
    return None


def _from_json(document: Any) -> Probe | None:
    try:
        major, minor, micro = document["version"]
        rest = {name: document[name] for name in Probe._fields if name not in _LISTS}
        return Probe(version=(major, minor, micro), folders=tuple(document["folders"]), **rest)
    except (KeyError, TypeError, ValueError):
        return None


_LISTS = frozenset({"version", "folders"})
