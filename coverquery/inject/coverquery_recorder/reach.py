"""What a function can reach that may outlive it."""

import abc
import collections
import enum
import re
import threading
import types
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, MappingProxyType
from typing import Any, NamedTuple

from .classes import attributes

_NOT_THERE = object()
_BY_ATTRIBUTE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
_PLAIN = (str, bytes, int, float, complex, tuple, frozenset, range, re.Pattern, enum.Enum)
_SIMPLE = (dict, list, set, collections.deque, threading.local, type(None), int, str)
_SET_UP = frozenset({"setup_class", "setUpClass", "teardown_class", "tearDownClass"})
_LAMBDA = "<lambda>"
_REGISTER = "register"
_CLASSES = frozenset({"cls", "mcs", "mcls", "klass", "metacls"})


class Roots(NamedTuple):
    """What a function can reach that may outlive it, by the name it has for it.

    Attributes:
        things: objects that are state themselves.
        owners: modules, classes, functions, ``self``: only their attributes are state.
        simple: those of the things that are Python's own containers.
        set_up: the owner whose attributes are bound for its own tests alone: a class of tests.
        of_class: what the class of a method holds for all its objects: lists, dicts and the like.
        me: the parameter through which the method gets at that.
        box: the parameter that holds an object which is a list, a dict and the like itself.
        handed: the names of the state that calls return, by their text.
        given: the names of the state that calls fill with their arguments, by their text.
    """

    things: frozenset[str]
    owners: frozenset[str]
    simple: frozenset[str] = frozenset()
    set_up: str = ""
    of_class: frozenset[str] = frozenset()
    me: str = ""
    box: str = ""
    handed: Mapping[str, frozenset[str]] = MappingProxyType({})
    given: Mapping[str, frozenset[str]] = MappingProxyType({})


def roots(
    code: CodeType, names: Mapping[str, Any], ours: Callable[[Any], bool], shared_self: str = ""
) -> Roots:
    """Look at the values which the globals have today.

    Args:
        code: a function's.
        names: its globals.
        ours: tells whether a module, class or function is the project's.
        shared_self: the parameter that holds an object others share.
    """
    things: set[str] = set()
    simple: set[str] = set()
    owners = {shared_self}
    own = frozenset(code.co_varnames)
    for name in dict.fromkeys(name for part in parts(code) for name in part.co_names):
        value = names.get(name, _NOT_THERE)
        if value is _NOT_THERE or name in own:
            continue
        if isinstance(value, _BY_ATTRIBUTE):
            if _REGISTER in code.co_names and _registers(value):
                things.add(name)
            elif ours(value):
                owners.add(name)
        elif not isinstance(value, _PLAIN):
            things.add(name)
        if type(value) in _SIMPLE:
            simple.add(name)
    set_up = shared_self if code.co_name in _SET_UP else ""
    return Roots(frozenset(things), frozenset(owners), frozenset(simple), set_up)


def _registers(value: Any) -> bool:
    """Tell whether this keeps what is registered with it, as Python has it."""
    if isinstance(value, types.FunctionType):  # functools.singledispatch
        return "dispatch" in vars(value)
    kinds = type.mro(value) if isinstance(value, abc.ABCMeta) else ()
    return bool(kinds) and all(_REGISTER not in attributes(kind) for kind in kinds)


def parts(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code and that of the comprehensions which stand in its text."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and inner.co_name[:1] == "<" and inner.co_name != _LAMBDA:
            yield from parts(inner)


def given_class(code: CodeType) -> str:
    """Return the parameter that holds a class, as far as its name tells, or ""."""
    first = code.co_varnames[0] if code.co_argcount else ""
    return first if first in _CLASSES else ""


def computed(code: CodeType, names: Mapping[str, Any]) -> frozenset[str]:
    """Return the names that code says, by itself or in tables of its module, in strings.

    What is stored by a computed name bears one of these, as far as anybody can tell.
    """
    found: list[Any] = [*code.co_consts]
    for name in code.co_names:
        value: Any = names.get(name)
        if type(value) in (dict, list, tuple, set, frozenset):
            found += [*value]
    found += [inner for one in found if type(one) in (tuple, frozenset) for inner in one]
    return frozenset(one for one in found if type(one) is str and one.isidentifier())


def holders(code: CodeType, names: Mapping[str, Any]) -> frozenset[str]:
    """Return the globals that hold the class a method belongs to, a subclass or their objects.

    Whoever reads an attribute that was set by a computed name gets at it through one of these.
    """
    owner = code.co_qualname.rpartition(".")[0]
    key = (names.get("__name__"), owner)
    found = {owner.rpartition(".")[2]} if owner else set[str]()
    for name, value in list(names.items()) if owner else ():
        kind = value if issubclass(type(value), type) else type(value)
        if any((one.__module__, one.__qualname__) == key for one in type.mro(kind)):
            found.add(name)
    return frozenset(found)
