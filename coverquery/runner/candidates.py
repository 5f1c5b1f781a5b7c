"""The Pythons that could be the project's, in the order in which they count."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from coverquery.runner import managers
from coverquery.runner.environment import own_prefix, without
from coverquery.runner.remembered import Remembered

FOLDERS = (".venv", "venv", "env")


class Candidate(NamedTuple):
    """A Python to consider.

    Attributes:
        python: its executable.
        how: how it was found, for people.
        tentative: one of several environments made for some job: only good if it has pytest.
    """

    python: Path
    how: str
    tentative: bool = False


class Place(NamedTuple):
    """Where to look: the project's folder, the repository's root, and the environment."""

    project: Path
    root: Path
    environ: Mapping[str, str]
    memory: Remembered


def configured(place: Place, setting: str) -> Candidate | None:
    """Return the Python a configuration names: an executable, an environment, a command."""
    how = "the configuration (python = …)"
    given = Path(setting).expanduser()
    if os.sep not in setting and not (place.project / given).exists():
        import shutil  # start-up time

        found = shutil.which(setting, path=place.environ.get("PATH", os.defpath))
        return Candidate(Path(found), how) if found else None
    target = place.project / given
    if target.is_dir():
        target = target / "bin" / "python"
    return Candidate(target, how) if os.access(target, os.X_OK) else None


def candidates(place: Place) -> Iterator[Candidate]:
    """Yield what is found without a configuration, lazily: some of it takes time to ask."""
    yield from _in_project(place)
    yield from _activated(place)
    yield from _of_managers(place)
    yield from _of_jobs(place)
    yield from _own_activated(place)
    yield from _on_path(place)


def _in_project(place: Place) -> Iterator[Candidate]:
    for folder in dict.fromkeys((place.project, place.root)):
        for name in FOLDERS:
            python = _environment(folder / name) / "bin" / "python"
            if os.path.lexists(python):  # a broken one is an error, not a reason to look on
                yield Candidate(python, f"{name} in {folder}")


def _environment(path: Path) -> Path:
    """Follow a ``.venv`` file that holds the environment's path, as pipenv writes it."""
    if path.is_file():
        written = path.read_text(encoding="utf-8", errors="replace").strip()
        return path.parent / Path(written.splitlines()[0] if written else "").expanduser()
    return path


def _activated(place: Place) -> Iterator[Candidate]:
    own = own_prefix()
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        value = place.environ.get(name)
        if not value or Path(value).resolve() == own:
            continue
        if name == "CONDA_PREFIX" and place.environ.get("CONDA_DEFAULT_ENV") == "base":
            continue  # active in every shell, so it says nothing about this project
        python = Path(value) / "bin" / "python"
        if os.access(python, os.X_OK):
            yield Candidate(python, name)


def _of_managers(place: Place) -> Iterator[Candidate]:
    for manager in managers.MANAGERS:
        python = managers.ask(manager, place.project, place.environ, place.memory)
        if python is not None:
            yield Candidate(python, manager.name)


def _of_jobs(place: Place) -> Iterator[Candidate]:
    for tool in (".tox", ".nox"):
        found = sorted((place.project / tool).glob("*/bin/python"), key=_likely, reverse=True)
        for python in found:
            yield Candidate(python, f"{tool}/{python.parts[-3]}", tentative=True)


def _likely(python: Path) -> tuple[bool, tuple[int, ...], str]:
    """Order test environments before others, newer Pythons before older."""
    name = python.parts[-3]
    digits = "".join(letter if letter.isdigit() else " " for letter in name).split()
    is_test = name.startswith(("py", "test"))
    return is_test, tuple(int(digit) for digit in digits), name


def _own_activated(place: Place) -> Iterator[Candidate]:
    """Yield our own environment where the user lives in it (``pip install coverquery``)."""
    own, active = own_prefix(), place.environ.get("VIRTUAL_ENV")
    if own is None or not active or Path(active).resolve() != own:
        return
    if not place.environ.get("PRE_COMMIT"):  # pre-commit activates the hook's environment
        yield Candidate(Path(active) / "bin" / "python", "VIRTUAL_ENV")


def _on_path(place: Place) -> Iterator[Candidate]:
    import shutil  # start-up time

    search = place.environ.get("PATH", os.defpath)
    if own := own_prefix():
        search = without(own, search)
    for name in ("python3", "python"):
        if found := shutil.which(name, path=search):
            yield Candidate(Path(found), f"{name} on PATH")
