"""The processes that contexts start: each one is named in the journal, or makes a record untrusted.

A Python gets a token in its environment (the name of its own journal) and ``sitecustomize`` on
its path; it takes both away before its program begins. What cannot record itself, or is not known
to have ended, is never vouched for.
"""

import os
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, NamedTuple

from .askers import Askers
from .contexts import Context, Contexts
from .data import Data
from .harmless import Harmless
from .journal import Journal
from .names import Names
from .places import Places
from .programs import Program, Programs

TOKEN = "COVERQUERY_CHILD"  # noqa: S105  (the name of a variable)
PATH = "PYTHONPATH"
_SITE = f"{os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}/site"  # noqa: PTH100,PTH120
_LONGEST_NAME = 180
_VERSION_CONTROL = frozenset({"git", "hg", "svn", "bzr", "jj"})
_SERVER = "/multiprocessing/forkserver.py"

STILL = "a child process that it started was still running when it ended"
OTHERS = "a child process that {} started was still running"
LOST = "a child process could not be recorded"
DEEP = "started processes that start processes, too many in a row"


class Start(NamedTuple):
    """A process that was or is being started."""

    context: Context
    token: str | None
    server: bool


class Children:
    """What the process we are in has started."""

    def __init__(self, places: Places, contexts: Contexts, data: Data, journal: Journal) -> None:
        self._contexts = contexts
        self._data = data
        self._journal = journal
        self._names = Names(places)
        self._askers = Askers(places.fid)
        self._programs = Programs()
        self._harmless = Harmless(self._names, data, places.root)
        self._count = 0
        self._alive: dict[int, Start] = {}
        self._in_child = False
        self._system = (os.getcwd, os.waitid)

    def command(
        self,
        names: tuple[str, ...],
        words: tuple[str, ...],
        cwd: str | None,
        env: Mapping[str, str],
        frame: FrameType,
    ) -> Start | None:
        """A command is about to be started; None when nobody depends on it."""
        if not self._askers.starts_child(frame):
            return None
        try:
            folder = self._system[0]()
            if cwd is not None:
                folder = os.path.join(folder, cwd)  # noqa: PTH118
            program = self._programs.of(names, words, folder, env)
            if self._is_housekeeping(program, frame):
                return None
            return self._begun(program, folder, env, server=_called_by(frame, _SERVER))
        except Exception:  # noqa: BLE001  (the project's call goes on as it would without us)
            self._contexts.distrust(LOST)
            return None

    def doubt(self, reason: str) -> None:
        """What is being started cannot be vouched for."""
        self._contexts.distrust(reason)

    def fork(self, frame: FrameType) -> Start | None:
        """A copy of this process is about to be made; what ran until now is ours alone."""
        self._contexts.flush()
        if self._in_child:  # a server's children begin with what it has said, be it killed
            self._contexts.write()
            self._journal.commit()
        return self._token(server=False) if self._askers.starts_child(frame) else None

    def handed_over(self) -> str | None:
        """Return the token of a process that another one makes for us."""
        return self._token(server=False).token

    def started(self, start: Start, pid: int) -> None:
        """It has been."""
        if not start.server and (self._in_child or start.context.kind == "test"):
            self._alive[pid] = start

    def settle(self, ended: Context) -> None:
        """A test has ended: what still runs may go on in its name, and serve others.

        Processes of wider contexts are linked by whoever uses these.
        """
        for pid, start in list(self._alive.items()):
            if not self._runs(pid):
                del self._alive[pid]
            elif start.context is ended:
                self._contexts.mistrust(ended, STILL)
            else:
                self._contexts.mistrust(ended, OTHERS.format(start.context.label))

    def left(self) -> bool:
        """Tell whether one that this process started, itself a child, is still running."""
        return any(self._runs(pid) for pid in self._alive)

    def of_child(self) -> None:
        """This is itself a child: what runs by now was started by somebody else."""
        self._alive.clear()
        self._in_child = True
        self._askers.workers_apart = False

    def _is_housekeeping(self, program: Program, frame: FrameType) -> bool:
        """Tell whether a plugin of pytest asks by itself, say which commit this is."""
        if not program.name or program.python or self._in_child:
            return False
        early = self._contexts.current is self._contexts.session
        asks = program.name.rpartition("/")[2] in _VERSION_CONTROL
        return (early or asks) and self._askers.are_foreign(frame)

    def _begun(
        self, program: Program, folder: str, env: Mapping[str, str], *, server: bool
    ) -> Start | None:
        context = self._contexts.current
        for path in program.looked:
            self._fact(context, "exists", path)
        for path in (*program.scripts, program.name):
            self._fact(context, "raw", path)
        if not program.name:
            return None
        if program.python:
            return self._token(server=server)
        if not self._harmless.accounts_for(context, program, folder, env):
            self._contexts.distrust(program.doubt or "")
        return Start(base_of(context), None, server)

    def _fact(self, context: Context, view: str, name: str) -> None:
        path = self._names.way(name).path if name else None
        if path:
            digest = self._data.digest(path) if view == "raw" else None
            self._data.fact_of(context, view, path, digest)
            if view == "raw":  # a script may be what is started
                self._data.mode_of(context, path)

    def _token(self, *, server: bool) -> Start:
        self._count += 1
        token = f"{self._journal.name}-{self._count}"
        if not token.startswith("child-"):
            token = f"child-{token}"
        current = self._contexts.current
        context = base_of(current)
        for memo in _memos(current):  # whoever uses what it keeps depends on the child
            self._contexts.link(memo, context)
        if len(token) > _LONGEST_NAME:
            self._contexts.distrust(DEEP)
            return Start(context, None, server)
        if not server:  # those it makes will be somebody's, and say what it did
            self._journal.add("p", context.cid, token)
        return Start(context, token, server)

    def _runs(self, pid: int) -> bool:
        try:
            found = self._system[1](os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except OSError:  # somebody waited for it
            return False
        return found is None


def base_of(context: Any) -> Context:
    """Return the context in which memos have been entered; `kept` knows of these, no child does."""
    while context.kind == "bracket":
        context = context.parent
    found: Context = context
    return found


def _memos(context: Any) -> Iterator[Context]:
    while context.kind == "bracket":
        yield context.memo.context
        context = context.parent


def told(env: Mapping[str, str], token: str, folder: str) -> dict[str, str]:
    """Return the environment with what a child needs to record itself, and to hide it."""
    theirs = env.get(PATH)
    path = f"{_SITE}{os.pathsep}{theirs}" if theirs else _SITE
    sign = "-" if theirs is None else "+"
    return {**env, TOKEN: f"{sign}{token}{os.pathsep}{folder}", PATH: path}


def _called_by(frame: FrameType | None, filename: str) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.endswith(filename):
            return True
        frame = frame.f_back
    return False
