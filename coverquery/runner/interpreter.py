"""Which Python runs the project's tests.

The first that counts is taken (candidates.py has the order). If that one cannot run tests
the user is told; another one is never taken silently in its place.
"""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from coverquery.errors import InterpreterError
from coverquery.runner.candidates import Candidate, Place, candidates, configured
from coverquery.runner.probe import Probe, Prober
from coverquery.runner.remembered import CACHE_NAME, Remembered

MIN_PYTHON = (3, 11)
MIN_PYTEST = (7, 2)
_NAME_ANOTHER = "name another with python = … in [tool.coverquery]"


class Interpreter(NamedTuple):
    """The project's Python.

    Attributes:
        executable: what to start. An environment's symlink stays one.
        version: for instance (3, 12, 1).
        prefix: its ``sys.prefix``.
        how: how it was found, for people.
        implementation: ``cpython`` or ``pypy``.
        pytest: version, empty if unknown.
        coverage: version of the project's own coverage.py, or None.
        pytest_cov: whether pytest-cov is there.
        xdist: whether pytest-xdist is there.
    """

    executable: Path
    version: tuple[int, int, int]
    prefix: Path
    how: str
    implementation: str
    pytest: str
    coverage: str | None
    pytest_cov: bool
    xdist: bool

    def __str__(self) -> str:
        version = ".".join(map(str, self.version))
        return f"{self.executable} (Python {version}, pytest {self.pytest or '?'}; {self.how})"


class Where(NamedTuple):
    """Where to look for the Python, and where to keep what was found out.

    Attributes:
        project: folder the tests are run in.
        root: the repository's root; None: the project is all there is.
        cache: folder for a small file of answers; None: ask again each time.
    """

    project: Path
    root: Path | None = None
    cache: Path | None = None


def find_interpreter(
    where: Where | Path, setting: str | None, environ: Mapping[str, str]
) -> Interpreter:
    """Find the Python that runs the project's tests.

    Args:
        where: the project, its repository's root and the cache; a path is the project alone.
        setting: what the configuration says (``python = …``), which overrules everything.
        environ: the user's environment.

    Raises:
        InterpreterError: none was found, or the one that counts cannot run the tests.
    """
    where = Where(where) if isinstance(where, Path) else where
    project = where.project.absolute()
    memory = Remembered(where.cache / CACHE_NAME if where.cache else None)
    place = Place(project, (where.root or project).absolute(), environ, memory)
    prober = Prober(project, environ, memory)
    if setting is not None:
        chosen = configured(place, setting)
        if chosen is None:
            raise InterpreterError(
                f"python = {setting!r} in the configuration names nothing that can be run",
                fix=f"set python = … in [tool.coverquery] of {project / 'pyproject.toml'}",
            )
        return _checked(chosen, prober.probe(chosen.python))
    return _first(place, prober)


def _first(place: Place, prober: Prober) -> Interpreter:
    for candidate in candidates(place):
        if candidate.tentative and not _is_fit(candidate, prober):
            continue
        return _checked(candidate, _probed(candidate, prober))
    raise InterpreterError(
        f"no Python found for {place.project}: no .venv, no active environment, none on PATH",
        fix="python3 -m venv .venv && .venv/bin/python -m pip install pytest",
    )


def _is_fit(candidate: Candidate, prober: Prober) -> bool:
    try:
        return bool(_checked(candidate, prober.probe(candidate.python)))
    except InterpreterError:
        return False


def _probed(candidate: Candidate, prober: Prober) -> Probe:
    try:
        return prober.probe(candidate.python)
    except InterpreterError as error:
        text = f"{error.text} (found through {candidate.how})"
        raise InterpreterError(text, fix=_mend(candidate.python)) from error


def _mend(python: Path) -> str:
    environment = python.parent.parent
    if (environment / "pyvenv.cfg").is_file() and not python.exists():
        return f"python3 -m venv --clear {shlex.quote(str(environment))}"
    return _NAME_ANOTHER


def _checked(candidate: Candidate, probe: Probe) -> Interpreter:
    """Raise unless this Python can run the tests and the recorder."""
    python = candidate.python
    version = ".".join(map(str, probe.version))
    if probe.version < MIN_PYTHON:
        raise InterpreterError(
            f"{python} (found through {candidate.how}) is Python {version}; 3.11 is the oldest "
            "that tests can be recorded on",
            fix=_NAME_ANOTHER,
        )
    if probe.pytest is None:
        raise InterpreterError(
            f"{python} (Python {version}, found through {candidate.how}) has no pytest",
            fix=_install(python, probe, "pytest"),
        )
    if (0,) < _numbers(probe.pytest) < MIN_PYTEST:
        raise InterpreterError(
            f"{python} (found through {candidate.how}) has pytest {probe.pytest}; 7.2 is needed",
            fix=_install(python, probe, "'pytest>=7.2'"),
        )
    return _interpreter(candidate, probe)


def _interpreter(candidate: Candidate, probe: Probe) -> Interpreter:
    return Interpreter(
        executable=candidate.python,
        version=probe.version,
        prefix=Path(probe.prefix),
        how=candidate.how,
        implementation=probe.implementation,
        pytest=probe.pytest or "",
        coverage=probe.coverage,
        pytest_cov=probe.pytest_cov is not None,
        xdist=probe.xdist is not None,
    )


def _install(python: Path, probe: Probe, requirement: str) -> str:
    quoted = shlex.quote(str(python))
    if probe.pip is None:
        return f"uv pip install --python {quoted} {requirement}"
    return f"{quoted} -m pip install {requirement}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2]) or (0,)
