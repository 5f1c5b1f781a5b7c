"""Puts the parts together for one pytest process, and takes them apart again."""

import json
import os
from pathlib import Path
from typing import Any

from .child import Forks
from .collection import Collection
from .core import Core
from .doctests import Doctests
from .fixtures import Fixtures
from .keeping import Keeping
from .marks import Marks
from .request import read_request
from .running import Running

RUN = "COVERQUERY_RUN"
CRASHED = "its process crashed while it ran"
RECORDING = "COVERQUERY_RECORDING"


class Recorder(Core):
    """Everything that records in this process."""

    def __init__(self, folder: Path, worker: str) -> None:
        super().__init__(str(folder), worker, read_request(folder))
        request = self.request
        self.fixtures = Fixtures(self.contexts)
        self.collection = Collection(self.places, self.contexts, self.data, self.journal)
        self.running = Running(self.places, self.contexts, self.collection, self.journal)
        self.running.doctests = Doctests(self.imports.asked)
        self.running.packages = self.packages
        self.running.marks = Marks(self.data)
        self.running.warn_of_threads = self.engine.name == "ctrace"
        self.running.phases = request.phases
        self.running.outlasting = (self.children, self.files.threads)
        self.starting.forked = Forks(self)
        self.journal.commit()
        self.keeping = Keeping(self.places, self.contexts, self.engine)
        if not request.collect_only:
            self.keeping.start()
            self.imports.loaded = self.keeping.loaded
            self.fixtures.lives_on = self.keeping.lives_on
            self.start()
            self.files.threads.start()

    def copy_collection(self, worker: str) -> None:
        """Say in this journal what a worker of xdist collected."""
        path = Path(self.folder) / f"journal-{worker}.jsonl"
        if path.exists():
            for line in path.read_text(encoding="ascii").splitlines():
                if line.startswith(('["n",', '["e",')):
                    self.journal.add(*json.loads(line))
            self.journal.commit()

    def worker_crashed(self, report: Any, config: Any) -> None:
        """Note the test that ran when a worker of xdist went away: nobody else does."""
        file = f"{config.rootpath}/{report.location[0]}"
        path = self.places.relative(file) or report.nodeid.partition("::")[0]
        test = self.contexts.context("test", report.nodeid, path)
        self.contexts.write()
        self.journal.add("t", test.cid, report.nodeid, path, "failed", 0.0, CRASHED)
        self.journal.commit()

    def stop(self) -> None:
        """Stop recording; what is known by now waits in the journal for its last commit."""
        self.contexts.flush()
        self.keeping.stop()
        self.files.threads.stop()
        super().stop()
        self.fixtures.stop()


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
