"""The functions through which Python starts processes, wrapped.

A command's environment is filled in on its way to the system: neither the caller's mapping nor
our own ``os.environ`` ever shows it.
"""

import _thread
import functools
import os
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from .processes import LOST, TOKEN, Children, Start, told
from .unseen import frozen, without_me

_frame = sys._getframe
_fsdecode, _fsencode = os.fsdecode, os.fsencode
_WORDS, _NAMES, _CWD, _ENV = 0, 1, 4, 5
_PREEXEC = 21
_BEFORE_EXEC = "ran code of its own between fork and exec (preexec_fn)"
_SYSTEM = "/bin/sh"


class _Wrapped:
    """Looks like the built-in function it stands for."""

    def __init__(self, original: Any, name: str, run: Callable[..., Any]) -> None:
        functools.update_wrapper(self, original)
        self.__module__ = os.__name__  # pickled by name
        self._name = name
        self._call = original
        self._run = run

    @frozen
    def __call__(self, /, *args: Any, **named: Any) -> Any:
        try:
            return self._run(self._call, args, named, _frame(1))
        except BaseException as error:
            for _ in range(3):  # this frame, and the two below
                without_me(error)
            raise

    def __reduce__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return repr(self._call)


class Starting:
    """The wrappers, while we record.

    Attributes:
        after: what is to be done with modules once they are loaded.
        forked: called in a copy of this process.
        handed: called in a process that a server made for somebody.
        ending: called when this process is about to end without Python's knowing.
    """

    def __init__(self, children: Children, folder: str) -> None:
        self._children = children
        self._folder = folder
        self._undo: list[tuple[Any, str, Any, Any]] = []
        self._inside: set[int] = set()
        self._ident = _thread.get_ident
        self._execve = os.execve
        self.forked: Callable[[Start | None], None] | None = None
        self.handed: Callable[[str], None] | None = None
        self.ending: Callable[[], None] | None = None
        self.after: dict[str, Callable[[Any], None]] = {
            "subprocess": self._of_subprocess,
            "multiprocessing.util": self._of_multiprocessing,
            "multiprocessing.spawn": self._of_spawning,
        }

    def start(self) -> None:
        """Put the wrappers in place; modules still to be loaded follow, see `after`."""
        for name, run in (
            ("fork", self._fork),
            ("forkpty", self._fork),
            ("execv", self._exec),
            ("execve", self._exec),
            ("posix_spawn", self._spawn),
            ("posix_spawnp", self._spawn),
            ("system", self._shell),
            ("_exit", self._exit),
        ):
            if hasattr(os, name):
                self._wrap(os, name, run)
        for name, follow in list(self.after.items()):
            if name in sys.modules:
                follow(sys.modules[name])

    def stop(self) -> None:
        """Take the wrappers off, unless somebody else put theirs in our place."""
        while self._undo:
            owner, name, original, ours = self._undo.pop()
            if getattr(owner, name, None) is ours:
                setattr(owner, name, original)

    def in_sight(self, event: str) -> bool:
        """Tell whether what raises this audit event passes through a wrapper."""
        if event == "subprocess.Popen":
            module = sys.modules.get("subprocess")
            return isinstance(getattr(module, "_fork_exec", None), _Wrapped)
        return self._ident() in self._inside

    def _wrap(self, owner: Any, name: str, run: Callable[..., Any]) -> None:
        original = getattr(owner, name)
        ours = (
            original if isinstance(original, _Wrapped) else _Wrapped(original, name, self._by(run))
        )
        if ours is not original:
            self._undo.append((owner, name, original, ours))
            setattr(owner, name, ours)

    def _by(self, run: Callable[..., Any]) -> Callable[..., Any]:
        inside, ident = self._inside, self._ident

        def by(*args: Any) -> Any:
            me = ident()
            inside.add(me)
            try:
                return run(*args)
            finally:
                inside.discard(me)

        return by

    def _of_subprocess(self, module: Any) -> None:
        if hasattr(module, "_fork_exec"):
            self._wrap(module, "_fork_exec", self._fork_exec)

    def _of_multiprocessing(self, _module: Any) -> None:
        import _posixsubprocess

        self._wrap(_posixsubprocess, "fork_exec", self._fork_exec)

    def _of_spawning(self, module: Any) -> None:
        """A server of processes forks them: whom for is said in what they are given."""
        self._wrap(module, "get_preparation_data", self._prepared)
        self._wrap(module, "prepare", self._preparing)

    def _prepared(
        self, call: Any, args: tuple[Any, ...], named: dict[str, Any], frame: FrameType
    ) -> Any:
        data = call(*args, **named)
        if frame.f_code.co_filename.endswith("/multiprocessing/popen_forkserver.py"):
            token = self._children.handed_over()
            if token is not None:
                data[TOKEN] = f"{token}{os.pathsep}{self._folder}"
        return data

    def _preparing(
        self, call: Any, args: tuple[Any, ...], named: dict[str, Any], _frame: FrameType
    ) -> Any:
        told_us = args[0].pop(TOKEN, None) if args and isinstance(args[0], dict) else None
        if told_us is not None and self.handed is not None:
            self.handed(told_us)
        return call(*args, **named)

    def _fork_exec(
        self, call: Any, args: tuple[Any, ...], _named: dict[str, Any], frame: FrameType
    ) -> Any:
        cwd, given = args[_CWD], args[_ENV]
        env = os.environ if given is None else _listed(given)
        start = self._command(args[_NAMES], args[_WORDS], cwd, env, frame)
        if start is None:
            return call(*args)
        if getattr(args[_PREEXEC], "__code__", None) is not None:
            self._children.doubt(_BEFORE_EXEC)
        if start.token:
            told_env = told(env, start.token, self._folder)
            listed = [_fsencode(f"{name}={value}") for name, value in told_env.items()]
            args = (*args[:_ENV], listed, *args[_ENV + 1 :])
        pid = call(*args)
        self._children.started(start, pid)
        return pid

    def _spawn(
        self, call: Any, args: tuple[Any, ...], named: dict[str, Any], frame: FrameType
    ) -> Any:
        if len(args) < 3:
            return call(*args, **named)
        name, words, given, *rest = args
        env = os.environ if given is None else given
        start = self._command([name], words, None, env, frame)
        if start is None:
            return call(*args, **named)
        if start.token:
            given = told(_text(env), start.token, self._folder)
        pid = call(name, words, given, *rest, **named)
        self._children.started(start, pid)
        return pid

    def _exec(
        self, call: Any, args: tuple[Any, ...], named: dict[str, Any], frame: FrameType
    ) -> Any:
        """This process becomes another program: an end, and a start."""
        if len(args) < 2:
            return call(*args, **named)
        name, words, *rest = args
        env = rest[0] if rest else os.environ
        start = self._command([name], words, None, env, frame)
        if self.ending is not None:
            self.ending()
        if start is None or start.token is None:
            return call(*args, **named)
        execve = self._execve if call.__name__ == "execv" else call
        return execve(name, words, told(_text(env), start.token, self._folder))

    def _command(
        self, names: Any, words: Any, cwd: Any, env: Any, frame: FrameType
    ) -> Start | None:
        """What the project gets wrong is for the system to say."""
        try:
            known = _text(env)
            found = [_fsdecode(name) for name in names]
            if len(found) == 1 and "/" not in found[0]:
                found = [f"{folder}/{found[0]}" for folder in os.get_exec_path(known)]
            said = tuple(map(_fsdecode, words))
            folder = None if cwd is None else _fsdecode(cwd)
            return self._children.command(tuple(found), said, folder, known, frame)
        except Exception:  # noqa: BLE001
            self._children.doubt(LOST)
            return None

    def _shell(
        self, call: Any, args: tuple[Any, ...], named: dict[str, Any], frame: FrameType
    ) -> Any:
        line = args[0] if args else named.get("command")
        if not isinstance(line, str | bytes | os.PathLike):
            return call(*args, **named)
        words = ("sh", "-c", _fsdecode(line))
        start = self._children.command((_SYSTEM,), words, None, os.environ, frame)
        if start is None or start.token is None:
            return call(*args, **named)
        given = told(os.environ, start.token, self._folder)
        for name in set(given) - set(os.environ) | {"PYTHONPATH"}:
            os.putenv(name, given[name])
        try:
            return call(*args, **named)
        finally:
            os.unsetenv(TOKEN)
            if "PYTHONPATH" in os.environ:
                os.putenv("PYTHONPATH", os.environ["PYTHONPATH"])
            else:
                os.unsetenv("PYTHONPATH")

    def _fork(
        self, call: Any, _args: tuple[Any, ...], _named: dict[str, Any], frame: FrameType
    ) -> Any:
        start = self._children.fork(frame)
        found = call()
        pid = found if isinstance(found, int) else found[0]
        if pid == 0 and self.forked is not None:
            self.forked(start)
        elif start is not None:
            self._children.started(start, pid)
        return found

    def _exit(
        self, call: Any, args: tuple[Any, ...], named: dict[str, Any], _frame: FrameType
    ) -> Any:
        if self.ending is not None:
            self.ending()
        return call(*args, **named)


def _listed(entries: Any) -> dict[str, str]:
    env = {}
    for entry in entries:
        name, _, value = _fsdecode(entry).partition("=")
        env[name] = value
    return env


def _text(env: Mapping[Any, Any]) -> dict[str, str]:
    return {_fsdecode(name): _fsdecode(value) for name, value in env.items()}
