"""A damaged index: setting it aside and making a new one from the run folders."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from coverquery.errors import StorageError
from coverquery.index.db import SIDE_FILES, Index
from coverquery.index.integrate import IntegrationReport
from coverquery.index.runs import RunFolder, run_folders

NAME = "index.db"


class Recovery(NamedTuple):
    """What became of the index.

    Attributes:
        kept: where the old file went; None when there was none.
        reports: of every run folder integrated, oldest first.
    """

    kept: Path | None
    reports: tuple[IntegrationReport, ...]


def recover(home: Path, integrate_one: Callable[[Index, RunFolder], IntegrationReport]) -> Recovery:
    """Set the index aside and integrate every run folder into a new one, oldest first.

    The caller holds the lock.
    """
    kept = set_aside(home / NAME)
    with Index.open(home / NAME, create=True) as index:
        reports = tuple(integrate_one(index, run) for run in run_folders(home))
    return Recovery(kept, reports)


def set_aside(path: Path) -> Path | None:
    """Move a file that cannot be used out of the way, with what SQLite keeps beside it."""
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    target = path.with_name(f"{path.name}.corrupt-{time}")
    try:
        for suffix in ("", *SIDE_FILES):
            part = path.with_name(path.name + suffix)
            if os.path.lexists(part):
                part.rename(target.with_name(target.name + suffix))
    except OSError as error:
        raise StorageError(
            f"{path} cannot be moved aside: {error.strerror}", fix=f"make {path.parent} writable"
        ) from error
    return target if target.exists() else None
