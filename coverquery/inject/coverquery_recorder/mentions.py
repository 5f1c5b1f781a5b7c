"""Which code may read a state, by the names it mentions.

A global is read by its name in its own module, by a module that imported the same object, or
as an attribute of anything but another module; an attribute of an object by its name.
"""

import dis
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

_NOT_THERE = object()
_UNCHANGING = (
    types.NoneType, types.FunctionType, types.BuiltinFunctionType, str, bytes, int, float,
)  # fmt: skip
_NAMED = frozenset(dis.hasname)
_PASSED_OVER = ("CACHE", "COPY", "EXTENDED_ARG", "NOP", "PUSH_NULL")
_SKIPPED = frozenset(dis.opmap[name] for name in _PASSED_OVER if name in dis.opmap)
_UNKNOWN = (3, 14)  # not tried there
_BITS = {"LOAD_GLOBAL": 1, "LOAD_ATTR": 1, "LOAD_SUPER_ATTR": 2}
if sys.version_info < (3, 12):
    _BITS = {"LOAD_GLOBAL": 1}
_FLAGS = {dis.opmap[name]: bits for name, bits in _BITS.items()}
CALLED = "LOAD_METHOD"
"""An attribute that is called at once; from 3.12 to 3.14 a form of ``LOAD_ATTR``."""
_ATTRIBUTE = "LOAD_ATTR"
_CALLED = 1 if sys.version_info >= (3, 12) else 0
_LOADS = dis.opmap[_ATTRIBUTE]
_AS_GLOBAL = frozenset({"LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME"})


class State(NamedTuple):
    """What a memo writes to.

    Attributes:
        names: everything it goes by.
        homes: the globals in which the names are looked up; empty: it is no global.
    """

    names: frozenset[str]
    homes: tuple[Mapping[str, Any], ...]


def homes(
    code: CodeType, variables: Mapping[str, Any], ours: Callable[[Any], bool], names: frozenset[str]
) -> tuple[Mapping[str, Any], ...]:
    """Return the globals of a function's module and of the project's modules that it mentions.

    And of functions it mentions that mention the names: they may hand them to it.
    """
    found = [variables.get(name) for name in code.co_names]
    modules = [one for one in found if isinstance(one, ModuleType) and ours(one)]
    inner = [
        one
        for module in modules
        for name in code.co_names
        if isinstance(one := vars(module).get(name), ModuleType)
    ]
    functions = [
        one
        for one in (
            *found,
            *(vars(module).get(name) for module in modules for name in code.co_names),
        )
        if type(one) is FunctionType and not names.isdisjoint(one.__code__.co_names) and ours(one)
    ]
    owned = [one.__globals__ for one in functions]
    return (variables, *map(vars, modules), *map(vars, inner), *owned)


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


def names_of(code: CodeType) -> frozenset[str]:
    """Return all names by which code may get at anything; `mentions` is False without one."""
    texts = [value for value in code.co_consts if type(value) is str]
    return frozenset((*code.co_names, *code.co_freevars, *code.co_cellvars, *texts))


def _places(
    code: CodeType, variables: Mapping[str, Any], names: frozenset[str]
) -> Iterator[tuple[str, object]]:
    """Yield each mention, with what it is an attribute of where that is a global."""
    before: object = None
    for operation, name in operations(code):
        if name in names:
            yield name, _AS_GLOBAL if operation in _AS_GLOBAL else before
        before = variables.get(name) if operation == "LOAD_GLOBAL" else None


def operations(code: CodeType) -> Iterator[tuple[str, str]]:
    """Yield operations with the names they use, or ""; what does nothing is left out.

    What takes an attribute only to call it is `CALLED`.
    """
    return (_operations if sys.version_info < _UNKNOWN else _disassembled)(code)


def _disassembled(code: CodeType) -> Iterator[tuple[str, str]]:
    for one in dis.get_instructions(code):
        if one.opname not in _PASSED_OVER:
            called = one.opname == _ATTRIBUTE and (one.arg or 0) & _CALLED
            yield CALLED if called else one.opname, one.argval if one.opcode in _NAMED else ""


def _operations(code: CodeType) -> Iterator[tuple[str, str]]:
    """Do the same at a tenth of the time."""
    text, names, wide = code.co_code, code.co_names, 0
    for operation, argument in zip(text[::2], text[1::2], strict=True):
        if operation == dis.EXTENDED_ARG:
            wide = (wide | argument) << 8
        elif operation in _NAMED:
            called = operation == _LOADS and argument & _CALLED
            name = names[(wide | argument) >> _FLAGS.get(operation, 0)]
            yield CALLED if called else dis.opname[operation], name
            wide = 0
        elif operation not in _SKIPPED:
            yield "", ""
            wide = 0


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
