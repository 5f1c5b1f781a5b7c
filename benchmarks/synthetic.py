"""A made-up project of any size, and the journal of a run that never took place.

Skewed like real ones: a few hub files that most tests execute, many leaves that few do. Ten
tests to a source file, a hundred to a test file. The header of the journal is that of a real
run of one test, so that the environment is the machine's own.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import fetch
from coverquery.index.digests import blob_oid
from coverquery.index.manifests import Manifest, write_manifest
from coverquery.index.runs import RunFolder, RunPlan, run_folders
from coverquery.model import Oid, RepoPath

HUBS = 20
_TESTS_A_FILE, _TESTS_A_SOURCE = 100, 10
_HUBS_A_TEST, _LEAVES_A_TEST, _LEAVES_A_FILE = 5, 15, 40
_FUNCTIONS, _LENGTH, _FIRST = 5, 5, 6
FACTS = _HUBS_A_TEST + _LEAVES_A_TEST + 1
"""Files that a test executes lines of, its own among them."""


class Size(NamedTuple):
    """How much of everything there is."""

    tests: int

    @property
    def leaves(self) -> int:
        """Number of source files but for the hubs."""
        return max(self.tests // _TESTS_A_SOURCE - HUBS, _LEAVES_A_FILE)

    @property
    def test_files(self) -> int:
        """Number of test files."""
        return -(-self.tests // _TESTS_A_FILE)


def hub(number: int) -> str:
    """Return the path of a file that most tests execute."""
    return f"pkg/core/hub{number}.py"


def leaf(number: int) -> str:
    """Return the path of a file that few tests execute."""
    return f"pkg/part{number // 100}/leaf{number}.py"


def test_file(number: int) -> str:
    """Return the path of a test file."""
    return f"tests/area{number // 100}/test_file{number}.py"


def module(name: str) -> str:
    """Return the module of a path."""
    return name.removesuffix(".py").replace("/", ".")


def _source(imports: Sequence[str]) -> str:
    first, second = (imports[0], imports[-1]) if imports else ("math", "math")
    lines = ['"""Made up."""', f"import {first}", f"import {second}", "LIMIT = 10", ""]
    for number in range(_FUNCTIONS):
        lines += [
            f"def step{number}(value):",
            f"    total = value + {number}",
            "    if total > LIMIT:",
            "        total -= LIMIT",
            "    return total",
        ]
    return "\n".join([*lines, ""])


def _spans(function: int, *, taken: bool) -> str:
    start = _FIRST + function * _LENGTH
    body = start + 1
    return f"{body}-{body + 3}" if taken else f"{body}-{body + 1},{body + 3}"


def files(size: Size) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every file."""
    yield "coverquery.toml", f"python = {json.dumps(sys.executable)}\n"
    yield "tests/test_real.py", "def test_real():\n    assert True\n"
    yield "pyproject.toml", "[tool.pytest.ini_options]\n"
    for number in range(HUBS):
        yield hub(number), _source([module(hub(number // 2))] if number else [])
    for number in range(size.leaves):
        yield leaf(number), _source(_imported(number))
    for number in range(size.test_files):
        yield test_file(number), _tests(size, number)


def _imported(number: int) -> list[str]:
    return [module(hub(number % HUBS)), module(leaf(number - 1) if number % 10 else hub(0))]


def _area(size: Size, number: int) -> list[int]:
    return sorted({(number * 10 + one) % size.leaves for one in range(_LEAVES_A_FILE)})


def _tests(size: Size, number: int) -> str:
    lines = [f"import {module(leaf(one))}" for one in _area(size, number)]
    for test in range(_TESTS_A_FILE):
        lines += [f"def test_{test}():", "    assert True"]
    return "\n".join([*lines, ""])


def make(root: Path, size: Size) -> None:
    """Write the project, and commit it."""
    for name, text in files(size):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    fetch.commit(root)


class Journal:
    """Writes what the recorder would have written."""

    def __init__(self, size: Size, header: str) -> None:
        self._size = size
        self._rows = [header]
        self._fids: dict[str, int] = {}
        self._sids: dict[tuple[int, str], int] = {}
        self._cids: dict[tuple[str, str], int] = {}
        self._context("session", "", None)
        self._texts = dict(files(size))

    def text(self, tests: range, first_file: int = 0) -> str:
        """Return the journal of a run of some tests of each file from this one on."""
        numbers = range(first_file, self._size.test_files)
        for number in numbers:
            self._load(test_file(number))
            self._row("c", self._number("collect", test_file(number)), "collect",
                      test_file(number), test_file(number))  # fmt: skip
        rows = [
            (f"{test_file(n)}::test_{t}", test_file(n))
            for n in numbers
            for t in range(_TESTS_A_FILE)
        ]
        self._row("n", rows, True)
        for number in numbers:
            for test in tests:
                self._test(number, test)
        self._row("z", 0)
        return "\n".join([*self._rows, ""])

    def _test(self, number: int, test: int) -> None:
        name = test_file(number)
        nodeid = f"{name}::test_{test}"
        area = _area(self._size, number)
        line = len(area) + 2 + 2 * test
        sets = [self._set(name, str(line))]
        for one in range(_HUBS_A_TEST):
            chosen = hub((number + one * one) % HUBS if one else 0)
            sets.append(self._set(chosen, _spans((test + one) % _FUNCTIONS, taken=test % 2 == 0)))
        for one in range(_LEAVES_A_TEST):
            chosen = leaf(area[(test + one) % len(area)])
            sets.append(self._set(chosen, _spans(test % _FUNCTIONS, taken=one % 3 == 0)))
        cid = self._context("test", nodeid, name)
        self._row("x", cid, "run", sets, [1, self._cids["collect", name]], [], [])
        self._row("t", cid, nodeid, name, "passed", 0.001, None)

    def _load(self, name: str) -> None:
        """Import a file and what it imports."""
        if name in self._fids:
            return
        fid = self._fids[name] = len(self._fids) + 1
        text = self._texts[name]
        self._row("f", fid, name, blob_oid(text.encode()), [module(name)])
        imported = [
            line.removeprefix("import ").replace(".", "/") + ".py"
            for line in text.splitlines()
            if line.startswith("import pkg")
        ]
        for one in imported:
            self._load(one)
            self._row("i", fid, self._fids[one])
        cid = self._context("import", name, name)
        lines = ",".join(
            str(at) for at, line in enumerate(text.splitlines(), 1) if line and line[0] != " "
        )
        self._row("x", cid, "", [self._set(name, lines)], [], [], [])

    def _set(self, name: str, lines: str) -> int:
        self._load(name)
        key = (self._fids[name], lines)
        if key not in self._sids:
            self._sids[key] = len(self._sids) + 1
            self._row("s", self._sids[key], *key)
        return self._sids[key]

    def _context(self, kind: str, label: str, path: str | None) -> int:
        cid = self._number(kind, label)
        self._row("c", cid, kind, label, path)
        return cid

    def _number(self, kind: str, label: str) -> int:
        return self._cids.setdefault((kind, label), len(self._cids) + 1)

    def _row(self, *row: object) -> None:
        self._rows.append(json.dumps(row, separators=(",", ":")))


def header(home: Path) -> str:
    """Return the first line of the journal of the one real run."""
    journal = run_folders(home)[0].journals[0]
    return journal.read_text(encoding="ascii").partition("\n")[0]


def run_folder(home: Path, size: Size, text: str, *, whole: bool) -> RunFolder:
    """Put a journal into a run folder that is over, and waits to be integrated."""
    like = run_folders(home)[0].info
    plan = RunPlan(like.commit, None, ("run",), time.time(), like.environment)
    folder = RunFolder.create(home, plan)
    contents = {RepoPath(name): Oid(blob_oid(body.encode())) for name, body in files(size)}
    write_manifest(folder, Manifest(contents, whole))
    (folder.path / "journal-main.jsonl").write_text(text, encoding="ascii")
    return folder.updated(state="complete", ended=time.time(), exit_status=0)
