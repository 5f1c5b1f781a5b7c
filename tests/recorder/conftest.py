"""Runs small projects under the recorder, in real processes, and reads the journals."""

import importlib.util
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

INJECT = Path(__file__).parents[2] / "coverquery" / "inject"
Row = list[Any]
INSTALLED = {"package", "distribution", "outside"}


def coverage_folder() -> str | None:
    spec = importlib.util.find_spec("coverage")
    return str(Path(spec.origin).parent) if spec and spec.origin else None


@dataclass
class Journal:
    """One journal, its ids resolved."""

    rows: list[Row]

    def of(self, kind: str) -> list[Row]:
        return [row[1:] for row in self.rows if row[0] == kind]

    @property
    def header(self) -> dict[str, Any]:
        header: dict[str, Any] = self.rows[0][2]
        return header

    @property
    def contexts(self) -> dict[int, Row]:
        return {row[0]: row[1:] for row in self.of("c")}

    @property
    def paths(self) -> dict[int, str]:
        return {row[0]: row[1] for row in self.of("f")}

    @property
    def edges(self) -> set[tuple[str | None, str]]:
        return {(a and self.paths[a], self.paths[b]) for a, b in self.of("i")}

    def test(self, name: str) -> Row:
        return next(row for row in self.of("t") if row[1].endswith(name))

    def cid(self, kind: str, label: str) -> int:
        return next(c for c, row in self.contexts.items() if row[0] == kind and label in row[1])

    def facts(self, cid: int, position: int, phase: str | None = None) -> set[int]:
        rows = [row for row in self.of("x") if row[0] == cid and phase in {None, row[1]}]
        return {found for row in rows for found in row[position]}

    def lines(self, cid: int, phase: str | None = None) -> dict[str, set[int]]:
        sets = {row[0]: (self.paths[row[1]], row[2]) for row in self.of("s")}
        found: dict[str, set[int]] = {}
        for sid in self.facts(cid, 2, phase):
            path, text = sets[sid]
            for part in text.split(","):
                first, _, last = part.partition("-")
                found.setdefault(path, set()).update(range(int(first), int(last or first) + 1))
        return found

    def links(self, cid: int) -> set[str]:
        return {f"{c[0]} {c[1]}" for u in self.facts(cid, 3) for c in [self.contexts[u]]}

    def data(self, cid: int) -> dict[tuple[str, str], str | None]:
        """What a context looked at in the project; what is installed is asked for apart."""
        known = {row[0]: row[1:] for row in self.of("d")}
        found = {(known[d][0], known[d][1]): known[d][2] for d in self.facts(cid, 4)}
        return {key: digest for key, digest in found.items() if key[0] not in INSTALLED}

    def installed(self, cid: int, view: str = "package") -> set[str]:
        """What a context depends on that is installed."""
        known = {row[0]: row[1:] for row in self.of("d")}
        return {known[d][1] for d in self.facts(cid, 4) if known[d][0] == view}

    def imported(self, cid: int) -> set[str]:
        return {self.paths[fid] for fid in self.facts(cid, 5)}


@dataclass
class Recorded:
    """A run of pytest, with what it printed and what was recorded."""

    project: Path
    run: Path
    status: int
    output: str
    journals: dict[str, Journal] = field(default_factory=dict)

    @property
    def main(self) -> Journal:
        return self.journals["main"]

    def outcomes(self) -> dict[str, str]:
        return {row[1]: row[3] for j in self.journals.values() for row in j.of("t")}

    def untrusted(self) -> dict[str, str]:
        return {r[1]: r[5] for j in self.journals.values() for r in j.of("t") if r[5]}


def read(run: Path) -> dict[str, Journal]:
    found = {}
    for path in sorted(run.glob("journal-*.jsonl")):
        lines = path.read_text(encoding="ascii").splitlines(keepends=True)
        rows = [json.loads(line) for line in lines if line.endswith("\n")]
        found[path.stem.removeprefix("journal-")] = Journal(rows)
    return found


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


def environment(run: Path | None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV", "PYTHON"))}
    kept["PYTHONDONTWRITEBYTECODE"] = "1"
    if run is not None:
        kept["PYTHONPATH"] = str(INJECT)
        kept["COVERQUERY_RUN"] = str(run)
    return kept


def record(
    python: Path, project: Path, *args: str, plain: bool = False, **request: object
) -> Recorded:
    """Run pytest there, recorded unless `plain`."""
    run = project.parent / f"run-{len(list(project.parent.glob('run-*')))}"
    run.mkdir()
    asked = {
        "root": str(project), "skip": [], "phases": True, "engine": "auto", "complete": True,
        "coverage_path": coverage_folder(), "exclude": [], "collect_only": False,
    } | request  # fmt: skip
    (run / "request.json").write_text(json.dumps(asked), encoding="utf-8")
    plugin = [] if plain else ["-p", "coverquery_recorder.plugin"]
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, *args],
        cwd=project, check=False, capture_output=True, text=True,
        env=environment(None if plain else run),
    )  # fmt: skip
    return Recorded(project, run, done.returncode, done.stdout + done.stderr, read(run))


@dataclass(frozen=True)
class Workshop:
    """Makes projects and runs them."""

    folder: Path
    python: Path

    def project(self, files: Mapping[str, str]) -> Path:
        return write(self.folder / "project", {"pytest.ini": INI, **files})

    def record(self, project: Path, *args: str, **request: Any) -> Recorded:
        return record(self.python, project, *args, **request)


INI = """
[pytest]
pythonpath = .
addopts = -p no:randomly
asyncio_default_fixture_loop_scope = function
"""


SIMPLE = {
    "pkg.py": """
        import threading

        def one():
            return 1

        def many(n):
            for i in range(n):
                one()
            return n
    """,
    "test_a.py": """
        import pkg

        def test_one():
            assert pkg.one() == 1

        def test_many():
            assert pkg.many(3) == 3
    """,
    "test_b.py": """
        import pytest
        import pkg

        @pytest.fixture(scope="module")
        def made():
            return pkg.many(2)

        @pytest.mark.parametrize("n", range(3))
        def test_n(made, n):
            assert pkg.many(n) == n
    """,
}


@pytest.fixture
def simple() -> dict[str, str]:
    """A package, its tests and a wide fixture: something to put other files beside."""
    return dict(SIMPLE)


@pytest.fixture
def workshop(tmp_path: Path, any_python: Path) -> Workshop:
    return Workshop(tmp_path, any_python)


@pytest.fixture
def workshop_of(tmp_path: Path) -> Callable[[Path], Workshop]:
    return lambda python: Workshop(tmp_path, python)


@pytest.fixture
def here(tmp_path: Path) -> Workshop:
    """One Python, the one that runs these tests: it has pytest-cov."""
    return Workshop(tmp_path, Path(sys.executable))


@pytest.fixture(scope="session")
def make_workshop(
    any_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Workshop]:
    return lambda name: Workshop(tmp_path_factory.mktemp(name), any_python)
