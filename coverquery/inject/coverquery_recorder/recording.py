"""Puts the parts together for one pytest process, and takes them apart again."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import environment
from .absent import Absent
from .collection import Collection
from .contexts import Contexts
from .data import Data
from .doctests import Doctests
from .engine import Wanted, started
from .files import Files
from .fixtures import Fixtures
from .imports import Imports
from .journal import Journal
from .looking import Looking
from .names import Names
from .places import Places
from .running import Running

RUN = "COVERQUERY_RUN"
RECORDING = "COVERQUERY_RECORDING"


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
    )


class Recorder:
    """Everything that records in this process."""

    def __init__(self, folder: Path, worker: str) -> None:
        self.folder = folder
        self.worker = worker
        self.request = request = read_request(folder)
        self.journal = Journal(folder / f"journal-{worker}.jsonl")
        self.places = Places(request.root, (*request.exclude, str(folder)), self.journal)
        engine = "none" if request.collect_only else request.engine
        wanted = Wanted(engine, request.coverage_path, request.fast)
        self.engine, warning = started(wanted, self.places)
        self.journal.add("v", 1, environment.header(worker, self.engine.name, self.places.root))
        if warning:
            self.journal.add("w", warning)
        self.contexts = Contexts(self.engine, self.journal)
        self.data = Data(self.places, self.contexts, self.journal)
        self.files = Files(self.places, self.contexts, self.data)
        self.looking = Looking(self.files, *{self.places.root, str(request.root)})
        self.imports = Imports(self.places, self.contexts, self.data, self.journal)
        self.absent = Absent(Names(self.places), self.data)
        self.fixtures = Fixtures(self.contexts)
        self.collection = Collection(self.places, self.contexts, self.data, self.journal)
        self.running = Running(self.places, self.contexts, self.collection, self.journal)
        self.running.doctests = Doctests(self.imports.asked)
        self.running.warn_of_threads = self.engine.name == "ctrace"
        self.running.phases = request.phases
        self.journal.commit()
        if not request.collect_only:
            self.imports.start()
            self.absent.start()
            self.files.start()
            self.looking.start()

    def copy_collection(self, worker: str) -> None:
        """Say in this journal what a worker of xdist collected."""
        path = self.folder / f"journal-{worker}.jsonl"
        if path.exists():
            for line in path.read_text(encoding="ascii").splitlines():
                if line.startswith(('["n",', '["e",')):
                    self.journal.add(*json.loads(line))
            self.journal.commit()

    def stop(self) -> None:
        """Stop recording; what is known by now waits in the journal for its last commit."""
        self.contexts.flush()
        self.contexts.write()
        self.fixtures.stop()
        self.imports.stop()
        self.absent.stop()
        self.looking.stop()
        self.files.stop()
        self.engine.stop()


def begin() -> Recorder | None:
    """Start the recorder of this process, if one was asked for here.

    A pytest that a test starts inherits the environment but is no part of this run: only
    the first process and the workers it started itself record.
    """
    folder = os.environ.get(RUN)
    if not folder:
        return None
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    recording = os.environ.get(RECORDING)
    if recording is not None and (worker is None or recording != str(os.getppid())):
        return None
    name = worker if recording is not None and worker else "main"
    recorder = Recorder(Path(folder), _free(Path(folder), name))
    if recording is None:
        os.environ[RECORDING] = str(os.getpid())
    return recorder


def _free(folder: Path, name: str) -> str:
    count, found = 1, name
    while (folder / f"journal-{found}.jsonl").exists():
        count += 1
        found = f"{name}-{count}"
    return found
