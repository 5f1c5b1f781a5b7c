"""Asking whether a file is there raises no audit event: the functions that ask are wrapped.

Only ``os``'s own names for them: importlib asks ``posix`` itself and is not concerned.
"""

import functools
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from .askers import NO_ASKER, PASS
from .files import Files
from .unseen import frozen, without_me

_NAMES = ("stat", "lstat", "access")
_ABILITIES = ("supports_dir_fd", "supports_fd", "supports_follow_symlinks",
              "supports_effective_ids")  # fmt: skip
_frame = sys._getframe
_fsdecode = os.fsdecode


class _Posing:
    """Looks like the built-in function it stands for.

    No Python function, for that would become a method as a class's attribute.
    """

    def pose(self, original: Any, name: str) -> None:
        """Look like this one."""
        functools.update_wrapper(self, original)  # type: ignore[arg-type]
        self.__module__ = os.__name__  # pickled by name
        self.__text_signature__ = original.__text_signature__
        self._call = original
        self._name = name

    def __reduce__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return repr(self._call)


class _Watched(_Posing):
    """One that tells what it found."""

    def __init__(self, look: Callable[..., None]) -> None:
        self._look = look

    @frozen
    def __call__(self, /, *args: Any, **named: Any) -> Any:
        try:
            found = self._call(*args, **named)
        except BaseException as error:
            if isinstance(error, FileNotFoundError | NotADirectoryError):
                self._look(args, named, error, _frame(1))
            without_me(error)
            raise
        self._look(args, named, found, _frame(1))
        return found


class Looking:
    """The wrappers, while we record."""

    def __init__(self, files: Files, *roots: str) -> None:
        self._files = files
        self._roots = roots
        self._undo: list[tuple[str, Any, _Posing]] = []

    def start(self) -> None:
        """Put the wrappers in place."""
        for name in _NAMES:
            original = getattr(os, name)
            watched = self._watched(original)
            watched.pose(original, name)
            self._undo.append((name, original, watched))
            for able in _abilities(original):
                able.add(watched)
            setattr(os, name, watched)

    def stop(self) -> None:
        """Take the wrappers off, unless somebody else put theirs in our place."""
        while self._undo:
            name, original, watched = self._undo.pop()
            if getattr(os, name) is watched:
                setattr(os, name, original)
            for able in _abilities(watched):
                able.discard(watched)

    def _watched(self, original: Any) -> _Posing:
        """Return one in C where there is a library: it knows who asks without calling us."""
        library = self._files.library
        if library is None:
            return _Watched(self._look)

        class Watched(_Posing, library.Watch):  # type: ignore[name-defined, misc]
            """The same in C."""

        kinds = self._files.askers.kinds
        made: _Posing = Watched(original, self._look, kinds, PASS, NO_ASKER)
        return made

    def _look(
        self, args: tuple[Any, ...], named: dict[str, Any], found: object, frame: FrameType
    ) -> None:
        name = args[0] if args else named.get("path")
        if type(name) is not str:
            name = _text(name)
            if name is None:
                return
        if name[:1] == "/" and not name.startswith(self._roots) and "/.." not in name:
            return
        if named.get("dir_fd") is None:
            self._files.looked(name, found, frame)


def _abilities(function: Any) -> list[set[Any]]:
    sets: list[set[Any]] = [getattr(os, name, set()) for name in _ABILITIES]
    return [able for able in sets if function in able]


def _text(name: Any) -> str | None:
    kind: Any = type(name)
    if hasattr(kind, "__fspath__"):  # a fifth of what asking `os.PathLike` takes
        name = kind.__fspath__(name)
    if isinstance(name, bytes):
        return _fsdecode(name)
    return name if isinstance(name, str) else None
