"""What the runner asks for: request.json."""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # a child does without
    from pathlib import Path


class Request(NamedTuple):
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


def read_request(folder: "str | Path") -> Request:
    """Read request.json; what it does not say has its default."""
    given: dict[str, Any] = _read(f"{folder}/request.json")
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


def _read(name: str) -> Any:
    with open(name, encoding="utf-8") as file:  # noqa: PTH123  (pathlib is slow to import)
        return json.load(file)
