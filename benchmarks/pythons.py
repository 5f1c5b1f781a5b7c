"""Which Python a project's environment is made with: 3.12 or newer where there is one."""

import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PREFERRED = ("3.12", "3.13", "3.14")
_PROBE = "import sys; print('%d.%d' % sys.version_info[:2])"


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter that was started once."""

    path: Path
    version: str


@functools.cache
def choose(version: str | None) -> Python:
    """Return the Python asked for; without a wish, a preferred one or else our own."""
    for wanted in (version,) if version else PREFERRED:
        found = find(wanted)
        if found:
            return found
    if version:
        raise SystemExit(f"no Python {version} on this machine (PATH and pyenv were searched)")
    return Python(Path(sys.executable), f"{sys.version_info.major}.{sys.version_info.minor}")


def find(version: str) -> Python | None:
    """Find a Python that starts and is of this version, on PATH or under pyenv."""
    on_path = shutil.which(f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [Path(on_path)] if on_path else []
    candidates += sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)
    for candidate in candidates:
        probe = subprocess.run(
            [candidate, "-I", "-c", _PROBE], check=False, capture_output=True, text=True
        )
        if probe.stdout.strip() == version:
            return Python(candidate, version)
    return None
