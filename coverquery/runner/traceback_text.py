"""Reading places out of pytest's printed tracebacks: styles auto, long, short, native."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_PLACE = re.compile(r"^(?P<path>\S.*?):(?P<line>\d+):(?: (?P<rest>.*))?$")
_NATIVE = re.compile(
    r'^\s*(?:E\s+)?File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in (?P<rest>.+))?$'
)
_DEF = re.compile(r"^\s*(?:>\s*)?(?:async\s+)?def\s+(\w+)")
_WRAPPED = re.compile(r'^failed on (setup|teardown) with "(.*?)"?$', re.DOTALL)
_ELSEWHERE = ("site-packages", "dist-packages", ".tox", ".nox")
_LONGEST = 300


class Frame(NamedTuple):
    """One step of a traceback; ``path`` from the project's folder where it lies inside."""

    path: str
    line: int
    function: str = ""
    source: str = ""

    @property
    def inside(self) -> bool:
        """Whether it is the project's own code."""
        parts = self.path.split("/")
        return not self.path.startswith(("/", "../", "<")) and not any(
            part in parts for part in _ELSEWHERE
        )


def frames(text: str, project: Path) -> tuple[Frame, ...]:
    """Return the steps of a printed traceback, outermost first."""
    return tuple(_frames(text.splitlines(), project))


def crash(trace: tuple[Frame, ...]) -> str | None:
    """Return ``path:line`` of the innermost step in the project, else of the innermost."""
    inside = [frame for frame in trace if frame.inside] or trace
    return f"{inside[-1].path}:{inside[-1].line}" if inside else None


def one_line(message: str, text: str) -> str:
    """Return what went wrong in one line."""
    if wrapped := _WRAPPED.match(message):
        message = wrapped[2]
    first = next((line.strip() for line in message.splitlines() if line.strip()), "")
    if not first or first == "collection failure":
        first = _last_error(text)
    if first.startswith("assert "):
        first = "AssertionError: " + first
    return first if len(first) <= _LONGEST else first[: _LONGEST - 1] + "…"


def _last_error(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    marked = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (marked or [line.strip() for line in lines] or ["unknown error"])[-1]


def _frames(lines: list[str], project: Path) -> Iterator[Frame]:
    function = source = ""
    for at, line in enumerate(lines):
        if match := _NATIVE.match(line):
            following = lines[at + 1].strip() if at + 1 < len(lines) else ""
            yield _frame(match, project, match["rest"] or "", following)
        elif not line.startswith(("E ", ">")) and (match := _PLACE.match(line)):
            rest = match["rest"] or ""
            if rest.startswith("in "):  # --tb=short: the source comes after the place
                following = lines[at + 1].strip() if at + 1 < len(lines) else ""
                yield _frame(match, project, rest[3:], following)
            else:
                yield _frame(match, project, function, source)
            function = source = ""
        elif line.startswith(">"):
            source = line[1:].strip()
        if defined := _DEF.match(line):
            function = defined[1]


def _frame(match: re.Match[str], project: Path, function: str, source: str) -> Frame:
    return Frame(_relative(match["path"], project), int(match["line"]), function, source)


def _relative(path: str, project: Path) -> str:
    if not os.path.isabs(path):  # noqa: PTH117  text of a traceback, maybe <string>
        return path
    for root in (project, project.resolve()):
        if path.startswith(f"{root}/"):
            return path[len(str(root)) + 1 :]
    return path
