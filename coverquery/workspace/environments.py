"""Is today's environment one of those the records were made in? Asked without running it."""

import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

from coverquery.hashing import blake2b, sha1
from coverquery.index.store import Store
from coverquery.model import Environment, Oid, RepoPath
from coverquery.runner import candidates as found
from coverquery.runner.arguments import neutral, with_standing
from coverquery.runner.remembered import CACHE_NAME, Remembered
from coverquery.workspace import distributions
from coverquery.workspace.contents import SeenTree
from coverquery.workspace.distributions import Installed
from coverquery.workspace.place import Place

_CHOSEN = "chosen"
_VARIABLE = "environment "
_STANDING = (
    "PYTHONPATH", "PYTHONWARNINGS", "PYTHONOPTIMIZE", "PYTHONDEVMODE", "PYTHONHASHSEED",
    "PYTHONUTF8", "PYTHONNOUSERSITE", "PYTHONSAFEPATH", "PYTEST_PLUGINS",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
)  # fmt: skip
"""Variables that change what Python and pytest themselves do; ``PYTEST_ADDOPTS`` is options."""


class Matching(NamedTuple):
    """The recorded environments that equal today's.

    Attributes:
        ids: of the index; empty when none does.
        installed: what is installed today; None where nothing was recorded.
        why: what differs from the newest recorded one, None when one matches.
        python: version of the newest recorded one.
    """

    ids: frozenset[int]
    installed: Installed | None
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
    concerning = tree.tree.paths() if place.config.run_all_on else frozenset()
    options = meaning(place, place.config.pytest_args, {p: tree.oid(p) for p in concerning})
    kept = distributions.opened(place.home)
    ids, newest = set[int](), None
    why: str | None = "nothing was recorded"
    today: dict[tuple[str, ...], Installed] = {}
    for number, environment in sorted(store.environments().items()):
        folders = environment.site_dirs
        today.setdefault(folders, Installed(folders, kept))
        why = differs(environment, options, python, today[folders])
        if why is None or newest is None or not ids:
            newest = environment
        if why is None:
            ids.add(number)
    return Matching(
        frozenset(ids),
        today[newest.site_dirs] if newest else None,
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
    standing = [name for name in _STANDING if name in os.environ]
    options += tuple(_declared(name) for name in sorted({*standing, *place.config.environment}))
    patterns = place.config.run_all_on
    if not patterns:
        return options
    named = [f"{oid} {path}" for path, oid in sorted(files.items()) if any_matches(path, patterns)]
    text = "\n".join(named).encode("utf-8", "surrogateescape")
    return (*options, f"run_all_on {sha1(text, usedforsecurity=False).hexdigest()}")


def _declared(name: str) -> str:
    """Name the value of an environment variable, without telling it."""
    value = os.environ.get(name)
    if value is None:
        return f"{_VARIABLE}{name} unset"
    text = f"{name}={value}".encode("utf-8", "surrogateescape")
    return f"{_VARIABLE}{name} {blake2b(text, digest_size=16).hexdigest()}"


def any_matches(path: RepoPath, patterns: Iterable[str]) -> bool:
    """Tell whether a path is, or is below, what one of these globs names."""
    return any(
        fnmatch(path, pattern) or path.startswith(pattern.rstrip("/") + "/") for pattern in patterns
    )


def differs(
    environment: Environment,
    options: tuple[str, ...],
    python: "Chosen | str",
    today: Installed,
) -> str | None:
    """Say in which way today's environment is not this one, None when it is."""
    if isinstance(python, str):
        return python
    if python.prefix != environment.prefix:
        return f"the project's Python is {python.python}, the records are of {environment.prefix}"
    version = _venv_version(Path(environment.prefix)) or environment.python.split()[-1]
    if not environment.python.endswith(version):
        return f"Python changed from {environment.python} to {version}"
    if environment.binary and environment.binary != distributions.binary(environment.executable):
        return "Python itself was replaced by another build"
    if options != environment.pytest_args:
        return _which_option(options, environment.pytest_args)
    return _other_packages(environment, today)


def _which_option(options: tuple[str, ...], recorded: tuple[str, ...]) -> str:
    changed = {one.split()[1] for one in {*options} ^ {*recorded} if one.startswith(_VARIABLE)}
    if changed:
        return f"the environment variable {min(changed)} differs"
    return "pytest's options or a file named in run_all_on differ"


def _other_packages(environment: Environment, today: Installed) -> str | None:
    """Say what is installed differently and concerns every test.

    The others concern whoever imported them: each execution says itself what it imported.
    """
    if not environment.packages:  # recorded by an older version of ours
        changed = sorted(set(today.names) ^ set(environment.distributions))
        return f"installed packages changed: {', '.join(changed[:3])}" if changed else None
    if distributions.startup_digest(environment.site_dirs) != environment.startup:
        return "a .pth file, which every start of Python reads, changed"
    for name in sorted(set(today.names) - set(environment.distributions)):
        if today.plugs_in(name):
            return f"{name} brings a plugin that pytest loads"
    return None


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
