"""Reading junit.xml safely: no entities; what a killed run left is read as far as it goes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

_BAD = frozenset({"failure", "error"})
_CONTROL = re.compile(
    "[^\u0009\u000a\u000d\u0020-\u007e\u0080-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


@dataclass(slots=True)
class Case:
    """One failure or error of one test case."""

    classname: str
    name: str
    kind: str
    message: str
    text: str = ""


@dataclass(slots=True)
class _Reader:
    """Collects the failures while expat reads."""

    cases: list[Case] = field(default_factory=list)
    _test: tuple[str, str] = ("", "")
    _open: Case | None = None
    _parts: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "testcase":
            self._test = (attributes.get("classname", ""), attributes.get("name", ""))
        elif name in _BAD:
            self._open = Case(*self._test, kind=name, message=attributes.get("message", ""))
            self._parts = []

    def text(self, data: str) -> None:
        if self._open is not None:
            self._parts.append(data)

    def end(self, name: str) -> None:
        if name in _BAD and self._open is not None:
            self._open.text = "".join(self._parts)
            self.cases.append(self._open)
            self._open = None


def read_cases(path: Path) -> list[Case]:
    """Return the failures and errors; as many as could be read when the file is broken."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        with path.open("rb") as stream:
            parser.ParseFile(stream)
    except (OSError, expat.ExpatError, _RefusedError):
        return reader.cases
    return reader.cases


class _RefusedError(Exception):
    """pytest writes no document type and no entities; this was written by somebody else."""


def _refuse(*_: Any) -> None:
    raise _RefusedError


def key_of(nodeid: str) -> tuple[str, str]:
    """Return the (classname, name) under which pytest writes a node id into junit.xml."""
    path, bracket, parameters = nodeid.partition("[")
    names = path.split("::")
    names[0] = re.sub(r"\.py$", "", names[0].replace("/", "."))
    names[-1] += bracket + parameters
    return _escaped(".".join(names[:-1])), _escaped(names[-1])


def _escaped(text: str) -> str:
    """Spell control characters as pytest does: XML cannot hold them."""
    return _CONTROL.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"#x{code:02X}" if code <= 0xFF else f"#x{code:04X}"


def lookup(cases: list[Case]) -> "CaseIndex":
    """Return an index of these cases by node id."""
    return CaseIndex(cases)


class CaseIndex:
    """Finds the cases of a node id, with or without a ``--junit-prefix``."""

    def __init__(self, cases: list[Case]) -> None:
        self._cases: dict[tuple[str, str], list[Case]] = {}
        self._by_name: dict[str, list[Case]] = {}
        for case in cases:
            self._cases.setdefault((case.classname, case.name), []).append(case)
            self._by_name.setdefault(case.name, []).append(case)

    def of(self, nodeid: str) -> Iterator[Case]:
        """Yield the failures and errors of one test."""
        classname, name = key_of(nodeid)
        exact = self._cases.get((classname, name))
        if exact is not None:
            yield from exact
            return
        for case in self._by_name.get(name, []):
            if case.classname.endswith("." + classname):
                yield case
