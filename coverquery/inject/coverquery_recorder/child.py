"""The recorder of a process that a test started, from its first line to its last.

Its journal is named by its starter, whose context everything in it belongs to. A forked process
goes on with its parent's numbers: what its own journal does not define stands in its parent's.
"""

import atexit
import functools
import os
import sys
from typing import Any

from .core import Core
from .processes import Start
from .request import read_request
from .unseen import frozen

KEPT = ("v", "f", "s", "c", "i", "d", "x", "w", "p", "u", "z", "a")
_QUEUES = "multiprocessing.queues"
_POOL = "/multiprocessing/pool.py"
LEFT = "a process that it started was still running when it ended"
TWICE = "two processes took themselves for the same child"


class Child:
    """The recorder of this process, until it ends."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._getpid = os.getpid
        self._pid = os.getpid()

    def start(self) -> None:
        """Be told of every way in which a process can end that lets anything be written."""
        core = self._core
        core.children.of_child()
        core.engine.restore = _never  # type: ignore[method-assign]
        core.starting.ending = self.end
        atexit.register(self.end)
        core.starting.after[_QUEUES] = self._of_queues
        if _QUEUES in sys.modules:
            self._of_queues(sys.modules[_QUEUES])

    def end(self) -> None:
        """Write everything there is; what may still come is added by another end."""
        core = self._core
        if self._getpid() != self._pid:
            return
        core.packages.update()
        core.contexts.flush()
        core.contexts.write()
        doubt = core.contexts.doubted or (LEFT if core.children.left() else None)
        if doubt:
            core.journal.add("u", doubt)
        core.journal.add("z", 0)
        core.journal.commit()

    def handed(self, told: str) -> None:
        """Go on in the journal that the process named which asked a server for this one."""
        core = self._core
        base = core.journal.name
        self.end()
        token, _, _ = told.partition(os.pathsep)
        _begin_journal(core, token, base)

    def _of_queues(self, module: Any) -> None:
        """A pool's workers are killed while they wait for work: say when they begin to."""
        queue = module.SimpleQueue
        queue.get, queue.put = self._getting(queue.get), self._putting(queue.put)

    def _getting(self, original: Any) -> Any:
        @frozen
        def get(queue: Any) -> Any:
            pooled = sys._getframe(1).f_code.co_filename.endswith(_POOL)
            if pooled:
                self.end()
            found = original(queue)
            if pooled and found is not None:  # else it is told to go
                self._core.journal.add("a")
                self._core.journal.commit()
            return found

        return functools.wraps(original)(get)

    def _putting(self, original: Any) -> Any:
        @frozen
        def put(queue: Any, obj: Any) -> Any:
            if sys._getframe(1).f_code.co_filename.endswith(_POOL):
                self.end()  # with the result, the pool may be done with us
            return original(queue, obj)

        return functools.wraps(original)(put)


def _never() -> bool:
    """What else traces here does so for the program: leave it alone, and say so."""
    return False


def begin(told: str) -> None:
    """Start the recorder of a process that was given a token and a run folder."""
    token, _, folder = told.partition(os.pathsep)
    request = read_request(folder)
    path = f"{folder}/journal-{token}.jsonl"
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        with open(path, "a", encoding="ascii") as journal:  # noqa: PTH123
            journal.write(f'["u","{TWICE}"]\n')
        return
    core = Core(folder, token, request, is_child=True)
    core.starting.forked = Forks(core)
    core.journal.commit()
    core.start()
    Child(core).start()


class Forks:
    """Makes a copy of a recorded process a recorded process."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def __call__(self, start: Start | None) -> None:
        """This is the copy."""
        core = self._core
        if start is not None and start.token is not None:
            core.contexts.forked()
            _begin_journal(core, start.token, core.journal.name)
            child = Child(core)
            core.starting.handed = child.handed
            child.start()


def _begin_journal(core: Core, token: str, base: str) -> None:
    core.journal.of_child(f"{core.folder}/journal-{token}.jsonl", KEPT)
    core.journal.add("v", 1, {"worker": token, "pid": os.getpid(), "base": base})
    core.journal.commit()
