"""Copies of a checkout to work in, one a worker: what one breaks no other sees."""

import shutil
from dataclasses import replace
from pathlib import Path

from benchmarks import fetch
from benchmarks.fetch import Checkout
from benchmarks.projects import CACHE

POOL = CACHE / "pool"


def worker(checkout: Checkout, number: int) -> Checkout:
    """Return a copy with an environment of its own that leads to the copy's sources."""
    path = POOL / f"{checkout.path.name}-{number}"
    fetch.hold(path)
    copy = replace(checkout, path=path)
    stamp = path / ".git" / "benchmark-complete"
    wanted = (checkout.path / ".git" / "benchmark-complete").read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(path, ignore_errors=True)
        ignored = shutil.ignore_patterns(".coverquery", "__pycache__", "benchmark-complete")
        shutil.copytree(checkout.path, path, symlinks=True, ignore=ignored)
        leading(copy, path / ".venv")
        stamp.write_text(wanted, encoding="utf-8")
    fetch.restore(copy)
    return copy


def leading(checkout: Checkout, venv: Path) -> None:
    """Let the environment import the sources of this checkout."""
    (site,) = venv.glob("lib/python*/site-packages")
    where = (checkout.path / checkout.project.site).resolve()
    (site / "benchmark_project.pth").write_text(f"{where}\n", encoding="utf-8")
