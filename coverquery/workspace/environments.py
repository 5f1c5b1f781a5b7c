"""Is today's environment one of those the records were made in? Asked without running it."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

from coverquery.index.store import Store
from coverquery.model import Environment, Oid, RepoPath
from coverquery.runner import candidates as found
from coverquery.runner.arguments import neutral, with_standing
from coverquery.runner.remembered import CACHE_NAME, Remembered
from coverquery.workspace.contents import SeenTree
from coverquery.workspace.place import Place

_CHOSEN = "chosen"


class Matching(NamedTuple):
    """The recorded environments that equal today's.

    Attributes:
        ids: of the index; empty when none does.
        distributions: what is installed today.
        why: what differs from the newest recorded one, None when one matches.
        python: version of the newest recorded one.
    """

    ids: frozenset[int]
    distributions: tuple[str, ...]
    why: str | None
    python: str | None


def matching(store: Store, place: Place, tree: SeenTree) -> Matching:
    """Compare every recorded environment with what stands on the disk today.

    Args:
        store: whom to ask.
        place: the project.
        tree: the target, for the files that concern every test.
    """
    python = _todays_python(place)
    options = meaning(place, place.config.pytest_args, {p: tree.oid(p) for p in tree.tree.paths()})
    ids, newest = set[int](), None
    why: str | None = "nothing was recorded"
    for number, environment in sorted(store.environments().items()):
        why = differs(environment, options, python)
        newest = environment
        if why is None:
            ids.add(number)
    return Matching(
        frozenset(ids),
        installed(newest) if newest else (),
        None if ids else why,
        newest.python.split()[-1] if newest else None,
    )


def meaning(
    place: Place, args: Iterable[str], files: Mapping[RepoPath, Oid | None]
) -> tuple[str, ...]:
    """Return what besides the interpreter makes an environment.

    Args:
        place: the project.
        args: options given to pytest.
        files: content of the project's files, for those named in ``run_all_on``.
    """
    options = neutral(with_standing(args, os.environ))
    patterns = place.config.run_all_on
    if not patterns:
        return options
    named = [f"{oid} {path}" for path, oid in sorted(files.items()) if any_matches(path, patterns)]
    text = "\n".join(named).encode("utf-8", "surrogateescape")
    return (*options, f"run_all_on {hashlib.sha1(text, usedforsecurity=False).hexdigest()}")


def any_matches(path: RepoPath, patterns: Iterable[str]) -> bool:
    """Tell whether a path is, or is below, what one of these globs names."""
    return any(
        fnmatch(path, pattern) or path.startswith(pattern.rstrip("/") + "/") for pattern in patterns
    )


def differs(
    environment: Environment, options: tuple[str, ...], python: "Chosen | str"
) -> str | None:
    """Say in which way today's environment is not this one, None when it is."""
    if isinstance(python, str):
        return python
    if python.prefix != environment.prefix:
        return f"the project's Python is {python.python}, the records are of {environment.prefix}"
    version = _venv_version(Path(environment.prefix)) or environment.python.split()[-1]
    if not environment.python.endswith(version):
        return f"Python changed from {environment.python} to {version}"
    today = installed(environment)
    if today != environment.distributions:
        changed = sorted(set(today) ^ set(environment.distributions))
        return f"installed packages changed: {', '.join(changed[:3])}"
    if options != environment.pytest_args:
        return "pytest's options or a file named in run_all_on differ"
    return None


def installed(environment: Environment) -> tuple[str, ...]:
    """List the metadata folders in the environment's site directories, as the recorder does."""
    names: set[str] = set()
    for folder in environment.site_dirs:
        try:
            names.update(path.name for path in Path(folder).iterdir())
        except OSError:
            continue
    return tuple(sorted(name for name in names if name.endswith((".dist-info", ".egg-info"))))


class Chosen(NamedTuple):
    """The interpreter the last run took: how it is started, and the prefix it reports."""

    python: str
    prefix: str


def remember_chosen(place: Place, chosen: Chosen) -> None:
    """Keep which interpreter was taken, so that a question need not start one."""
    answer = {"python": chosen.python, "prefix": chosen.prefix}
    _memory(place).put(_CHOSEN, answer, [])


def _todays_python(place: Place) -> "Chosen | str":
    """Return the interpreter that a run would take now, or why that cannot be told."""
    memory = _memory(place)
    kept: Any = memory.get(_CHOSEN)
    if not isinstance(kept, dict):
        return "no interpreter was recorded"
    chosen = Chosen(str(kept.get("python")), str(kept.get("prefix")))
    if not os.access(chosen.python, os.X_OK):
        return f"the interpreter {chosen.python} is gone"
    where = found.Place(place.project, place.root, os.environ, memory)
    if place.config.python is not None:
        named = found.configured(where, place.config.python)
        is_it = named is not None and str(named.python) == chosen.python
        return chosen if is_it else f"python = {place.config.python!r} is not that of the records"
    return _first_found(where, chosen)


def _first_found(where: found.Place, chosen: Chosen) -> "Chosen | str":
    for candidate in found.candidates(where):
        if str(candidate.python) == chosen.python:
            return chosen
        if not candidate.tentative:
            return f"the project's Python is now {candidate.python} ({candidate.how})"
    return f"the project's Python is no longer {chosen.python}"


def _memory(place: Place) -> Remembered:
    return Remembered(place.home / "cache" / CACHE_NAME)


def _venv_version(prefix: Path) -> str | None:
    """Read the version a virtual environment was made with, None outside of one."""
    try:
        text = (prefix / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key.strip() in ("version", "version_info"):
            return value.strip()
    return None
