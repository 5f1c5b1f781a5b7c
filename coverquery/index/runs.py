"""Run folders: the log of everything recorded, from which the index can always be rebuilt."""

import json
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from coverquery.errors import StorageError
from coverquery.index import run_json
from coverquery.index.run_json import State
from coverquery.model import Environment, RunInfo

_NAME = re.compile(r"[0-9a-f]{4,64}", re.ASCII)


class RunPlan(NamedTuple):
    """What is known of a run before it starts.

    Attributes:
        commit: HEAD, None outside git.
        tree: hash of the working tree when it differs from the commit, else None.
    """

    commit: str | None
    tree: str | None
    command: tuple[str, ...]
    started: float
    environment: Environment | None = None


class RunFolder(NamedTuple):
    """One recorded pytest session on disk."""

    path: Path
    info: RunInfo

    @classmethod
    def create(cls, home: Path, plan: RunPlan) -> "RunFolder":
        """Make the folder of a run that is about to start."""
        key = _checked(plan.commit) if plan.commit else "no-git"
        if plan.tree:
            key += f"+{_checked(plan.tree)}"
        time = datetime.fromtimestamp(plan.started, UTC).strftime("%Y%m%dT%H%M%S")
        path = home / "runs" / key / f"{time}-{secrets.token_hex(4)}"
        info = RunInfo(
            path.name, plan.commit, plan.tree, "recording", plan.command, plan.started,
            environment=plan.environment,
        )  # fmt: skip
        folder = cls(path, info)
        try:
            for parent in (home / "runs", path.parent, path):
                parent.mkdir(mode=0o700, exist_ok=parent != path)
            run_json.write_atomically(path / run_json.NAME, run_json.dump(info))
        except OSError as error:
            raise _unwritable(path, error) from error
        return folder

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Read a run folder; a broken ``run.json`` reads as a run that was cut off."""
        return cls(path, run_json.load(path))

    def updated(
        self,
        *,
        state: State,
        ended: float | None = None,
        exit_status: int | None = None,
        environment: Environment | None = None,
    ) -> "RunFolder":
        """Write a new state, and what else has become known; return the folder as it is now."""
        info = self.info._replace(
            state=state,
            ended=self.info.ended if ended is None else ended,
            exit_status=self.info.exit_status if exit_status is None else exit_status,
            environment=environment or self.info.environment,
        )
        try:
            # that it is integrated is the index's to know: here it may be lost
            text, durable = run_json.dump(info), state != "integrated"
            run_json.write_atomically(self.path / run_json.NAME, text, durable=durable)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        return RunFolder(self.path, info)

    def was_asked(self, name: str) -> bool:
        """Whether a field of ``request.json``, as the runner wrote it, is true."""
        try:
            request = json.loads((self.path / "request.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(request, dict) and request.get(name) is True

    @property
    def journals(self) -> tuple[Path, ...]:
        """The journals of its pytest processes, in order of name; see also children.py."""
        found = sorted(p for p in self.path.glob("journal-*.jsonl") if p.is_file())
        return tuple(p for p in found if not p.name.startswith("journal-child-"))


def run_folders(home: Path) -> list[RunFolder]:
    """Return every run folder of a project, oldest first."""
    found = [RunFolder.open(path) for path in _folders(home)]
    return sorted(found, key=lambda run: (run.info.started, run.info.uid))


def prune(home: Path, keep: int) -> tuple[str, ...]:
    """Remove the oldest integrated run folders but this many; return the uids of the removed.

    What the index does not hold yet is never removed.
    """
    done = [run for run in run_folders(home) if run.info.state == "integrated"]
    doomed = done[: max(0, len(done) - keep)]
    for run in doomed:
        shutil.rmtree(run.path, ignore_errors=True)
        if not any(run.path.parent.iterdir()):
            run.path.parent.rmdir()
    return tuple(run.info.uid for run in doomed)


def _folders(home: Path) -> Iterator[Path]:
    runs = home / "runs"
    for commit in sorted(runs.iterdir()) if runs.is_dir() else ():
        if commit.is_dir() and not commit.is_symlink():
            for path in sorted(commit.iterdir()):
                if path.is_dir() and not path.is_symlink():
                    yield path


def _checked(name: str) -> str:
    """Return a hash that will be part of a path."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a hash: {name!r}")
    return name


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{path} cannot be written: {error.strerror}", fix="free some space or make it writable"
    )
