"""Objects that live longer than a test: in module globals, in classes, made by wide fixtures.

Ids only, never references: the project must not see its objects live longer. An id used again
makes us look closer than needed, no more.
"""

import functools
import sys
import types
import weakref
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType
from typing import Any

from .classes import attributes, contained, inside, is_class
from .places import Places
from .writes import ANY_NAME

_MOST = 2000
_DEEPEST = 4
_key_of = object.__hash__  # id() raises an audit event, hash() may be a metaclass's


def _keys(*kinds: type) -> frozenset[int]:
    return frozenset(map(_key_of, kinds))


_FUNCTIONS = _keys(FunctionType, type(functools.lru_cache(len)))
_PLAIN = _keys(str, int, float, bool, bytes, type(None), types.BuiltinFunctionType)


class Shared:
    """The ids, and whom to tell of the classes of such objects."""

    def __init__(
        self,
        places: Places,
        of_class: Callable[[type], None],
        of_function: Callable[[FunctionType], None],
    ) -> None:
        self.ids: set[int] = set()
        self._places = places
        self._of_class = of_class
        self._of_function = of_function
        self._ours: dict[str, bool] = {}
        self._codes: dict[int, CodeType] = {}
        self._classes: dict[int, weakref.ref[type]] = {}

    def values(self, found: Iterable[Any]) -> None:
        """These objects, and what they are made of, live on."""
        todo = [(value, 0) for value in found if _key_of(type(value)) not in _PLAIN]
        seen: set[int] = set()
        while todo and len(seen) < _MOST:
            value, depth = todo.pop()
            if _key_of(value) in seen:
                continue
            inner = self._inside(value)
            if inner:
                seen.add(_key_of(value))
                if depth < _DEEPEST:
                    deeper = [one for one in inner if _key_of(type(one)) not in _PLAIN]
                    todo += [(one, depth + 1) for one in deeper]

    def look_again(
        self, names: frozenset[str], code: CodeType, variables: Any, own_values: Iterable[Any]
    ) -> None:
        """Code has written state of these names, in its class or in what it has at hand."""
        found = [*own_values, *(variables[name] for name in names if name in variables)]
        own = variables.get(code.co_qualname.partition(".")[0])
        if not is_class(own) or ANY_NAME in names or not names.isdisjoint(attributes(own)):
            found.append(own)
        self.values(found)

    def _inside(self, value: Any) -> list[Any]:
        kind = type(value)
        key = _key_of(kind)
        if key in _FUNCTIONS:
            return self._in_function(value)
        if is_class(value) and self._our(value):
            return self._in_class(value)
        content = contained(value)
        return self._in_object(value, kind) + content if self._our(kind) else content

    def _in_object(self, value: Any, kind: type) -> list[Any]:
        self.ids.add(_key_of(value))
        self._tell_of_class(kind)
        return [*inside(value)] or [None]

    def _in_class(self, value: type) -> list[Any]:
        self.ids.add(_key_of(value))
        return list(attributes(value).values())

    def _in_function(self, value: Any) -> list[Any]:
        """Return what a function holds on to: in its closure, its defaults, its attributes."""
        found = list(vars(value).values())
        if type(value) is FunctionType:
            found += value.__defaults__ or ()
            found += (value.__kwdefaults__ or {}).values()
            for cell in value.__closure__ or ():
                try:
                    found.append(cell.cell_contents)
                except ValueError:  # empty as yet
                    continue
            if found:
                self._tell_of_function(value)
        return found

    def _tell_of_function(self, function: FunctionType) -> None:
        """Once for all functions of the same code."""
        code = function.__code__
        if _key_of(code) not in self._codes:
            self._codes[_key_of(code)] = code  # alive: nothing else gets its id
            if self._places.fid(code.co_filename):
                self._of_function(function)

    def _tell_of_class(self, kind: type) -> None:
        known = self._classes.get(_key_of(kind))
        if known is None or known() is not kind:
            self._classes[_key_of(kind)] = weakref.ref(kind)
            self._of_class(kind)

    def _our(self, kind: type) -> bool:
        name = str(kind.__module__)
        if name not in self._ours:
            file = getattr(sys.modules.get(name), "__file__", None)
            self._ours[name] = isinstance(file, str) and bool(self._places.fid(file))
        return self._ours[name]
