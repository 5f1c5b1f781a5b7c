"""Doctests import what is imported already: no code runs, and no file shows who needs it."""

import builtins
import sys
from collections.abc import Callable
from typing import Any

from .unseen import frozen, without_me

_frame = sys._getframe


class Doctests:
    """Listens to the import statements of doctests while one runs."""

    def __init__(self, asked: Callable[[Any, Any], None]) -> None:
        self._asked = asked
        self._original: Any = None
        self._ours: Any = None

    def phase(self, name: str, item: Any) -> None:
        """Listen from the beginning of a doctest to its end."""
        self.stop()
        if name == "run" and type(item).__name__ == "DoctestItem":
            self._original = builtins.__import__
            self._ours = builtins.__import__ = self._listening(self._original)

    def stop(self) -> None:
        """Put the function back, unless somebody else took its place."""
        if self._ours is not None and builtins.__import__ is self._ours:
            builtins.__import__ = self._original
        self._ours = None

    def _listening(self, original: Any) -> Any:
        def note(name: Any, fromlist: Any, level: int, names: Any) -> None:
            if not isinstance(name, str):
                return
            package = names.get("__package__") if level and isinstance(names, dict) else None
            full = "." * level + name
            self._asked(full, package)
            for inner in fromlist or ():
                self._asked(f"{full}.{inner}" if name else f"{full}{inner}", package)

        @frozen
        def __import__(  # noqa: A001, N807
            name: Any, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0  # noqa: A002
        ) -> Any:  # fmt: skip
            try:
                found = original(name, globals, locals, fromlist, level)
            except BaseException as error:
                without_me(error)
                raise
            if _frame(1).f_code.co_filename.startswith("<doctest "):
                note(name, fromlist, level, globals)
            return found

        return __import__
