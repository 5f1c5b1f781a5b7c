"""What the functions that a function calls do for it: hand it state, or keep what it has computed.

``store()[key] = compute()`` writes to what ``store`` returns; ``if get() is None: put(compute())``
computes before ``put`` is entered.
"""

import dis
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from .classes import attributes, class_of
from .memos import Known
from .reach import Roots, parts
from .storing import stores

_key_of = object.__hash__
_LONGEST = 300  # bytes; what only hands something out is short
_OF_CLASS = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement
_VARIABLE = 0x04 | 0x08  # CO_VARARGS, CO_VARKEYWORDS
_NOBODY = frozenset[str]()


class _Function(NamedTuple):
    """A function that may be called.

    Attributes:
        text: what it is called by: ``f``, ``module.f``, ``THING.method``, ``self.method``.
        function: of the project.
        of: "" or whose method it is: "thing", "self".
    """

    text: str
    function: Any
    of: str


class Calling:
    """Looks at functions of the project by the functions they call."""

    def __init__(
        self,
        ours: Callable[[Any], bool],
        reach_of: Callable[[Known, str], Roots],
        names_of: Callable[[CodeType, Roots], frozenset[str]],
    ) -> None:
        self._ours = ours
        self._reach_of = reach_of
        self._names_of = names_of
        self._alive: dict[int, CodeType] = {}
        self._kept: dict[tuple[int, str], frozenset[str]] = {}
        self._handed: dict[int, frozenset[str]] = {}

    def fills(self, known: Known) -> bool:
        """Tell whether code may have others keep what it has computed; no test counts."""
        code = known.code
        if not code.co_flags & 1 or code.co_name.startswith("test"):
            return False
        return bool(code.co_names) and any(
            _takes(one) and stores(one.function.__code__) for one in self._called(known)
        )

    def of(self, known: Known, reach: Roots, first: str) -> Roots:
        """Add to what code can reach what it does so by calling, as its names stand today."""
        called = list(self._called(known))
        handed = {one.text: names for one in called if (names := self._hands(one.function))}
        given = {}
        for one in called:
            names = self._keeps(one, first) if _takes(one) else _NOBODY
            others = (other.function.__code__ for other in called if other.text != one.text)
            if names and _mention((known.code, *others), names):
                given[one.text] = names
        return reach._replace(handed=handed, given=given) if handed or given else reach

    def _called(self, known: Known) -> Iterator[_Function]:
        code, _, variables = known
        names = list(dict.fromkeys(name for part in parts(code) for name in part.co_names))
        for name in names:
            value: Any = variables.get(name)
            if value is None:
                continue
            kind = type(value)
            if kind is FunctionType and self._ours(value):
                yield _Function(name, value, "")
            elif kind is ModuleType and self._ours(value):
                yield from _among([vars(value)], names, name, "")
            elif kind.__flags__ & _OF_CLASS and not issubclass(kind, type) and self._ours(kind):
                yield from _among(_members(kind), names, name, "thing")
        own = class_of(code, variables)
        if own is not None:
            yield from _among(_members(own), names, code.co_varnames[0], "self")

    def _hands(self, function: FunctionType) -> frozenset[str]:
        """Return the names of the state that a function returns."""
        code = function.__code__
        key = _key_of(code)
        if key not in self._handed:
            self._alive[key] = code
            short = len(code.co_code) <= _LONGEST
            reach = self._reach_of(Known(code, 0, function.__globals__), "") if short else None
            self._handed[key] = frozenset(_returned(code, reach) if reach else ())
        return self._handed[key]

    def _keeps(self, one: _Function, first: str) -> frozenset[str]:
        """Return the names of the state that a function writes to."""
        code = one.function.__code__
        if not stores(code):
            return _NOBODY
        shared = code.co_varnames[0] if one.of == "thing" or (one.of and first) else ""
        key = _key_of(code), shared
        if key not in self._kept:
            self._alive[key[0]] = code
            reach = self._reach_of(Known(code, 0, one.function.__globals__), shared)
            self._kept[key] = self._names_of(code, reach)
        return self._kept[key]


def _among(
    found: Sequence[Mapping[str, Any]], names: Iterable[str], text: str, of: str
) -> Iterator[_Function]:
    for name in names:
        value: Any = next((one[name] for one in found if name in one), None)
        function: Any = value.fget if type(value) is property else value
        if type(function) is FunctionType:
            yield _Function(f"{text}.{name}", function, of)


def _members(kind: type) -> list[Mapping[str, Any]]:
    return [attributes(one) for one in type.mro(kind)[:-1]]


def _takes(one: _Function) -> bool:
    """Tell whether a function takes anything but the object it is a method of."""
    code = one.function.__code__
    taken = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & _VARIABLE)
    return bool(taken > bool(one.of))


def _mention(codes: Iterable[CodeType], names: frozenset[str]) -> bool:
    return any(not names.isdisjoint(code.co_names) for code in codes)


def _returned(code: CodeType, reach: Roots) -> Iterator[str]:
    """Yield the names that end in what a function returns: ``_D``, ``app.parts``, ``self._d``."""
    chain: list[str] | None = None
    own = False
    for one in dis.get_instructions(code):
        operation, name = one.opname, str(one.argval)
        if operation in _SILENT:
            continue
        if operation == "RETURN_VALUE" and chain:
            yield from chain
        if operation == "LOAD_ATTR" and chain is not None and not (own and not chain):
            chain = [*chain, name]
        elif operation == "LOAD_ATTR" and own and name in reach.of_class:
            chain = [name]
        else:
            own = operation.startswith("LOAD_FAST") and name == reach.me != ""
            known = operation == "LOAD_GLOBAL" and name in reach.things | reach.owners
            chain = [] if own or known else None
            if known and name in reach.things:
                chain = [name]


_SILENT = frozenset({"CACHE", "COPY", "NOP", "PUSH_NULL"})
