"""Which code may read a state, by the names it mentions.

A global is read by its name in its own module, by a module that imported the same object, or
as an attribute of anything but another module; an attribute of an object by its name.
"""

import dis
import types
from collections.abc import Iterator, Mapping
from types import CodeType, ModuleType
from typing import Any, NamedTuple

_NOT_THERE = object()
_UNCHANGING = (
    types.NoneType, types.FunctionType, types.BuiltinFunctionType, str, bytes, int, float,
)  # fmt: skip
_AS_GLOBAL = frozenset({"LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME"})


class State(NamedTuple):
    """What a memo writes to.

    Attributes:
        names: everything it goes by.
        homes: the globals in which the names are looked up; empty: it is no global.
    """

    names: frozenset[str]
    homes: tuple[Mapping[str, Any], ...]


def values(state: State) -> list[object] | None:
    """Return what the names stand for; None when that does not tell whether the state changed."""
    found: list[object] = []
    for name in state.names:
        known = [home[name] for home in state.homes if name in home]
        if not known or not all(isinstance(value, _UNCHANGING) for value in known):
            return None
        found += known
    return found


def mentions(code: CodeType, variables: Mapping[str, Any], state: State) -> bool:
    """Tell whether code may get at the state by a name."""
    names = state.names
    if not names.isdisjoint(code.co_freevars) or not names.isdisjoint(code.co_cellvars):
        return True
    if any(type(value) is str and value in names for value in code.co_consts):
        return True
    if names.isdisjoint(code.co_names):
        return False
    return any(
        _is_home(name, variables, state) if base is _AS_GLOBAL else _may_hold(base, state)
        for name, base in _places(code, variables, names)
    )


def _places(
    code: CodeType, variables: Mapping[str, Any], names: frozenset[str]
) -> Iterator[tuple[str, object]]:
    """Yield each mention, with what it is an attribute of where that is a global."""
    before: object = None
    for one in dis.get_instructions(code):
        if one.opname in {"PUSH_NULL", "NOP", "EXTENDED_ARG", "COPY"}:
            continue
        if isinstance(one.argval, str) and one.argval in names:
            yield one.argval, _AS_GLOBAL if one.opname in _AS_GLOBAL else before
        before = variables.get(one.argval) if one.opname == "LOAD_GLOBAL" else None


def _is_home(name: str, variables: Mapping[str, Any], state: State) -> bool:
    mine = variables.get(name, _NOT_THERE)
    return any(
        variables is home or (mine is not _NOT_THERE and mine is home.get(name))
        for home in state.homes
    )


def _may_hold(base: object, state: State) -> bool:
    if not isinstance(base, ModuleType):
        return True
    return any(vars(base) is home for home in state.homes)
