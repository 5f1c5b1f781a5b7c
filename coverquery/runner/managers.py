"""Asking the project's environment manager where its Python is.

Only where the project's files say that it is in use and its program is on PATH. A manager
that fails, hangs or names something that is not there is passed over: others may know.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from coverquery.runner.remembered import Remembered

_TIMEOUT = 20.0


class Manager(NamedTuple):
    """One program.

    Attributes:
        name: of the program.
        files: any of these in the project says that it is in use.
        table: or this one below ``[tool]`` in pyproject.toml.
        question: its words for "where is the environment", or "the Python".
    """

    name: str
    files: tuple[str, ...]
    table: str | None
    question: tuple[str, ...]


MANAGERS = (
    Manager("poetry", ("poetry.lock",), "poetry", ("env", "info", "--path")),
    Manager("pdm", ("pdm.lock",), "pdm", ("info", "--python")),
    Manager("pipenv", ("Pipfile",), None, ("--venv",)),
    Manager("hatch", ("hatch.toml",), "hatch.envs", ("env", "find")),
    Manager("uv", ("uv.lock",), "uv", ("python", "find", "--no-python-downloads")),
)


def ask(
    manager: Manager, project: Path, environ: Mapping[str, str], memory: Remembered
) -> Path | None:
    """Return the Python this manager keeps for the project, None if it has nothing to say."""
    if not _in_use(manager, project):
        return None
    if manager.name == "uv" and (told := environ.get("UV_PROJECT_ENVIRONMENT")):
        return _python(project / told)
    import shutil  # start-up time

    program = shutil.which(manager.name, path=environ.get("PATH", os.defpath))
    if program is None:
        return None
    key = f"{manager.name} {project}"
    answer = memory.get(key)
    if not isinstance(answer, str):
        answer = _answer([program, *manager.question], project, environ)
    python = _python(Path(answer)) if answer else None
    if python is not None:
        memory.put(key, answer, _grounds(manager, project, python))
    return python


def _in_use(manager: Manager, project: Path) -> bool:
    if any((project / name).is_file() for name in manager.files):
        return True
    import tomllib  # start-up time

    try:
        document = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if manager.table is None:
        return False
    found: Any = document
    for name in ("tool." + manager.table).split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found is not None


def _answer(argv: list[str], project: Path, environ: Mapping[str, str]) -> str | None:
    # An activated environment is asked about elsewhere; here it would be taken for the answer.
    asked = {name: value for name, value in environ.items() if name != "VIRTUAL_ENV"}
    try:
        done = subprocess.run(
            argv, cwd=project, env=asked, stdin=subprocess.DEVNULL, capture_output=True,
            check=False, timeout=_TIMEOUT,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = os.fsdecode(done.stdout).split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return said[-1] if done.returncode == 0 and said else None


def _python(answer: Path) -> Path | None:
    """Accept an environment or the Python in one; a system's Python is nobody's environment."""
    python = answer / "bin" / "python" if answer.is_dir() else answer
    prefix = python.parent.parent
    is_environment = (prefix / "pyvenv.cfg").is_file() or (prefix / "conda-meta").is_dir()
    return python if is_environment and os.access(python, os.X_OK) else None


def _grounds(manager: Manager, project: Path, python: Path) -> list[str]:
    prefix = python.parent.parent
    names = ["pyproject.toml", "poetry.toml", "pdm.toml", ".pdm-python", *manager.files]
    inside = [python, prefix / "pyvenv.cfg", prefix.parent / "envs.toml"]
    return [str(project / name) for name in names] + [str(path) for path in inside]
