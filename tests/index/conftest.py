"""Journals written by hand, and a project's ``.coverquery/`` to integrate them into."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from coverquery.importing import ModuleInfo, StaticImports
from coverquery.index.db import Index
from coverquery.index.digests import blob_oid
from coverquery.index.home import make_home
from coverquery.index.integrate import IntegrationReport, integrate
from coverquery.index.runs import RunFolder, RunPlan
from coverquery.index.store import Store
from coverquery.lines import LineSet
from coverquery.model import Environment, Oid, RepoPath

PYTHON = "cpython 3.12.1"


@dataclass
class JournalWriter:
    """Writes what a recorder would, one line a call."""

    path: Path
    ids: dict[object, int] = field(default_factory=dict)

    def line(self, *record: Any) -> None:
        with self.path.open("a", encoding="ascii") as handle:
            handle.write(json.dumps(record) + "\n")

    def header(self, **changed: Any) -> None:
        fields = {
            "worker": self.path.stem,
            "python": PYTHON,
            "executable": "/venv/bin/python",
            "prefix": "/venv",
            "platform": "linux-x86_64",
            "site_dirs": ["/venv/lib"],
            "distributions": ["pytest-8.0.dist-info"],
        }
        self.line("v", 1, fields | changed)

    def file(self, path: str, text: str = "", names: Sequence[str] = ()) -> int:
        return self._id(
            ("f", path, text), lambda i: ("f", i, path, blob_oid(text.encode()), list(names))
        )

    def sets(self, fid: int, lines: str) -> int:
        return self._id(("s", fid, lines), lambda i: ("s", i, fid, lines))

    def context(self, kind: str, label: str, path: str | None = None) -> int:
        return self._id(("c", kind, label), lambda i: ("c", i, kind, label, path))

    def data(self, path: str, digest: str | None, view: str = "raw") -> int:
        return self._id(("d", view, path, digest), lambda i: ("d", i, view, path, digest))

    def facts(
        self,
        cid: int,
        lines: Mapping[int, str] | None = None,
        *,
        uses: Iterable[int] = (),
        data: Iterable[int] = (),
        imports: Iterable[int] = (),
        phase: str = "",
    ) -> None:
        sids = [self.sets(fid, text) for fid, text in (lines or {}).items()]
        self.line("x", cid, phase, sids, list(uses), list(data), list(imports))

    def module(self, path: str, text: str, lines: str = "1", **facts: Any) -> int:
        """A file that was imported and executed these lines meanwhile."""
        fid = self.file(path, text)
        self.facts(self.context("import", path, path), {fid: lines} if lines else {}, **facts)
        return fid

    def test(
        self,
        nodeid: str,
        lines: Mapping[int, str] | None = None,
        *,
        outcome: str = "passed",
        untrusted: str | None = None,
        **facts: Any,
    ) -> None:
        path = nodeid.partition("::")[0]
        cid = self.context("test", nodeid, path)
        self.facts(cid, lines, phase="run", **facts)
        self.line("t", cid, nodeid, path, outcome, 0.25, untrusted)

    def collected(self, *nodeids: str, complete: bool = True) -> None:
        self.line("n", [[nodeid, nodeid.partition("::")[0]] for nodeid in nodeids], complete)

    def end(self, status: int = 0) -> None:
        self.line("z", status)

    def _id(self, key: object, record: Callable[[int], tuple[Any, ...]]) -> int:
        if key not in self.ids:
            self.ids[key] = len(self.ids)
            self.line(*record(self.ids[key]))
        return self.ids[key]


def no_edges(_: Mapping[RepoPath, ModuleInfo]) -> StaticImports:
    return StaticImports({}, {}, {}, {}, lambda _: frozenset())


@dataclass
class Project:
    """A project with an index; git holds nothing unless ``held`` says so."""

    root: Path
    home: Path
    clock: float = 1_000.0
    held: set[Oid] = field(default_factory=set)
    edges: Any = no_edges

    def index(self, **options: Any) -> Index:
        return Index.open(self.home / "index.db", create=not options, **options)

    def run(self, commit: str = "c0ffee", args: tuple[str, ...] = ()) -> RunFolder:
        self.clock += 10
        environment = Environment(PYTHON, "/venv/bin/python", "/venv", "linux", (), (), args)
        plan = RunPlan(commit, None, ("pytest",), self.clock, environment)
        return RunFolder.create(self.home, plan)

    def journal(self, run: RunFolder, worker: str = "main") -> JournalWriter:
        made = JournalWriter(run.path / f"journal-{worker}.jsonl")
        made.header()
        return made

    def integrate(self, run: RunFolder) -> IntegrationReport:
        with self.index() as index:
            return self.into(index, run)

    def into(self, index: Index, run: RunFolder) -> IntegrationReport:
        return integrate(
            index,
            run,
            edges=self.edges,
            holds_source=lambda oids: self.held & set(oids),
            read=self.read,
        )

    def finished(self, run: RunFolder, status: int = 0) -> RunFolder:
        return run.updated(state="complete", ended=2_000.0, exit_status=status)

    def small_run(self, *, worker: str = "main") -> RunFolder:
        """One test that imports app.py and calls into it."""
        run = self.run()
        journal = self.journal(run, worker)
        app = journal.module("app.py", "def f():\n    return 1\n")
        tests = journal.module("tests/test_a.py", "from app import f\n", "1")
        journal.line("i", tests, app)
        collect = journal.context("collect", "tests/test_a.py", "tests/test_a.py")
        journal.facts(collect, imports=[tests])
        journal.collected("tests/test_a.py::test_f")
        journal.test("tests/test_a.py::test_f", {app: "2", tests: "1"}, uses=[collect])
        journal.end()
        return self.finished(run)

    def reached(self, store: Store, path: str, lines: str | None) -> set[tuple[str, str]]:
        """Return (test, kind of context) with evidence on lines of a file, in any version."""
        found: set[tuple[str, str]] = set()
        for blob in store.known_blobs():
            if blob.path != path:
                continue
            hits = store.hits(blob.id, None if lines is None else LineSet.parse(lines))
            names = store.context_names(hit.context for hit in hits)
            through = store.dependants(hit.context for hit in hits)
            for execution in store.executions_by_id(through):
                found |= {(execution.nodeid, names[c].kind) for c in through[execution.id]}
        return found

    def read(self, path: RepoPath) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return None


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, make_home(tmp_path))


@pytest.fixture
def store(project: Project) -> Iterator[Store]:
    """The project's index, opened before anything is in it."""
    with project.index() as index:
        yield Store(index)
