"""``run.json``: what a run folder says about its run."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from coverquery.model import Environment, RunInfo

NAME = "run.json"
State = Literal["recording", "complete", "partial", "integrated"]


def dump(info: RunInfo) -> str:
    """Return the text of ``run.json``."""
    environment = None if info.environment is None else info.environment._asdict()
    fields = info._asdict() | {"environment": environment, "outcomes": dict(info.outcomes)}
    return json.dumps(fields, indent=1) + "\n"


def load(folder: Path) -> RunInfo:
    """Read ``run.json``; a missing or broken one is a run that was cut off."""
    try:
        fields = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return _info(folder, fields)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return _guessed(folder)


def write_atomically(path: Path, text: str, *, durable: bool = True) -> None:
    """Write a file so that readers see the old or the new one; if durable, also after a power cut.

    Waiting for the disk takes 2 to 10 ms.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        if durable:
            os.fsync(handle.fileno())
    temporary.replace(path)


def environment_from(fields: Mapping[str, Any]) -> Environment:
    """Read an environment from JSON. Raise KeyError or TypeError on anything else."""
    return Environment(
        python=str(fields["python"]),
        executable=str(fields["executable"]),
        prefix=str(fields["prefix"]),
        platform=str(fields["platform"]),
        distributions=_strings(fields["distributions"]),
        site_dirs=_strings(fields.get("site_dirs", ())),
        pytest_args=_strings(fields.get("pytest_args", ())),
        startup=str(fields.get("startup", "")),
        binary=str(fields.get("binary", "")),
        packages=bool(fields.get("packages", False)),
    )


def _info(folder: Path, fields: Mapping[str, Any]) -> RunInfo:
    environment, ended, status = (fields[k] for k in ("environment", "ended", "exit_status"))
    if fields["state"] not in get_args(State):
        raise ValueError(fields["state"])
    return RunInfo(
        uid=folder.name,  # a copied folder is another run than what its text says
        commit=_text(fields["commit"]),
        tree=_text(fields["tree"]),
        state=fields["state"],
        command=_strings(fields["command"]),
        started=float(fields["started"]),
        ended=None if ended is None else float(ended),
        exit_status=None if status is None else int(status),
        environment=None if environment is None else environment_from(environment),
        outcomes={str(key): int(count) for key, count in fields["outcomes"].items()},
    )


def _guessed(folder: Path) -> RunInfo:
    commit, _, tree = folder.parent.name.partition("+")
    try:
        started = folder.stat().st_mtime
    except OSError:
        started = 0.0
    return RunInfo(
        uid=folder.name,
        commit=None if commit == "no-git" else commit,
        tree=tree or None,
        state="partial",
        command=(),
        started=started,
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _strings(values: Any) -> tuple[str, ...]:
    if isinstance(values, str):
        raise TypeError(values)
    return tuple(str(value) for value in values)
