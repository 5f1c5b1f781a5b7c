"""The environment pytest is started in."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # asking where a Python is should not pay for how to launch one
    from coverquery.runner.plan import LaunchPlan


def own_prefix() -> Path | None:
    """Return the virtual environment CoverQuery itself lives in, None outside one."""
    return Path(sys.prefix).resolve() if sys.prefix != sys.base_prefix else None


def tests_environment(plan: "LaunchPlan") -> dict[str, str]:
    """Return what the tests see.

    The recorder's folder comes first on PYTHONPATH, before the user's own entries; children
    of the tests inherit it. It holds nothing but the recorder, which is inert unless a
    pytest is started with ``-p coverquery_recorder.plugin``.
    """
    environ = {
        name: value
        for name, value in plan.environ.items()
        # whoever started us may be a worker of xdist: the pytest to come is not
        if name not in plan.unset and not name.startswith("PYTEST_XDIST_")
    }
    mine = str(plan.inject)
    theirs = environ.get("PYTHONPATH", "")
    environ["PYTHONPATH"] = mine + os.pathsep + theirs if theirs else mine
    environ["COVERQUERY_RUN"] = os.path.abspath(plan.run_folder)  # noqa: PTH100  keeps symlinks
    prefix = own_prefix()
    if prefix is not None and plan.python.parent.parent.resolve() != prefix:
        _hide(prefix, environ)
    return environ


def without(prefix: Path, search_path: str) -> str:
    """Return PATH without a prefix's programs."""
    bin_folder = prefix / "bin"
    kept = [entry for entry in search_path.split(os.pathsep) if not _is(entry, bin_folder)]
    return os.pathsep.join(kept)


def _hide(prefix: Path, environ: dict[str, str]) -> None:
    """Keep a ``python`` started by a test from being CoverQuery's own (as in pre-commit)."""
    if not _names(environ, "VIRTUAL_ENV", prefix):
        return
    del environ["VIRTUAL_ENV"]
    environ["PATH"] = without(prefix, environ.get("PATH", os.defpath))


def _names(environ: Mapping[str, str], name: str, folder: Path) -> bool:
    return bool(environ.get(name)) and _is(environ[name], folder)


def _is(entry: str, folder: Path) -> bool:
    return os.path.realpath(entry) == os.path.realpath(folder)
