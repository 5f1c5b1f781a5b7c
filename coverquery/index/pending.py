"""Run folders the index does not hold yet: a look at names, cheap enough for every question."""

import os
from collections.abc import Iterator
from pathlib import Path

from coverquery.index.db import Index


def is_behind(index: Index, home: Path) -> bool:
    """Tell whether there is a run folder that was never integrated."""
    integrated = {uid for (uid,) in index.rows("SELECT uid FROM run")}
    return any(name not in integrated for name in run_names(home))


def run_names(home: Path) -> Iterator[str]:
    """Yield the names of a project's run folders, which are the uids of its runs."""
    for commit in _folders(home / "runs"):
        for run in _folders(commit.path):
            yield run.name


def _folders(path: Path | str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(path) as entries:
            return [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
