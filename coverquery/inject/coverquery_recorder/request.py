"""What the runner asks for: request.json."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """What the runner asks for: request.json."""

    root: str
    skip: frozenset[str]
    phases: bool
    engine: str
    coverage_path: str | None
    fast: str | None
    exclude: tuple[str, ...]
    complete: bool
    collect_only: bool
    order: tuple[str, ...] = ()
    first_unknown: int = 0


def read_request(folder: Path) -> Request:
    """Read request.json; what it does not say has its default."""
    given: dict[str, Any] = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    return Request(
        root=given["root"],
        skip=frozenset(given.get("skip") or ()),
        phases=bool(given.get("phases", False)),
        engine=given.get("engine") or "auto",
        coverage_path=given.get("coverage_path"),
        fast=given.get("fast"),
        exclude=tuple(given.get("exclude") or ()),
        complete=bool(given.get("complete", False)),
        collect_only=bool(given.get("collect_only", False)),
        order=tuple(given.get("order") or ()),
        first_unknown=int(given.get("first_unknown") or 0),
    )
