"""What classes hold, looked up without running any code of theirs."""

import collections
import functools
import itertools
import queue
import threading
import types
import weakref
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    MutableSequence,
    MutableSet,
)  # fmt: skip
from contextvars import ContextVar
from types import CodeType, FunctionType
from typing import Any

attributes: Callable[[type], Mapping[str, Any]] = vars(type)["__dict__"].__get__
_key_of = object.__hash__
_MOST = 200
_LONGEST = 2000
_MADE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement
_OURSELVES = (
    FunctionType, property, staticmethod, classmethod, type(functools.lru_cache(len)),
    types.MemberDescriptorType, types.GetSetDescriptorType,
)  # fmt: skip


def _keys(*kinds: Any) -> frozenset[int]:
    return frozenset(map(_key_of, kinds))


_CONTAINERS = _keys(
    dict, list, set, bytearray, collections.deque, MutableMapping, MutableSequence, MutableSet,
    weakref.WeakSet,
)  # fmt: skip
_HOLDING = _CONTAINERS | _keys(threading.local, queue.Queue, ContextVar)
_FOLLOWED = _keys(*_OURSELVES)


def class_of(code: CodeType, variables: Mapping[str, Any]) -> type | None:
    """Return the class that a method stands in, if it goes by its name."""
    owner = code.co_qualname.rpartition(".")[0]
    if not owner or not code.co_argcount or "<" in owner:
        return None
    first, *rest = owner.split(".")
    found: Any = variables.get(first)
    for name in rest:
        found = attributes(found).get(name) if is_class(found) else None
    return found if is_class(found) else None


def is_class(value: object) -> bool:
    """Tell whether this is a class; ``isinstance`` would ask the object."""
    return issubclass(type(value), type)


def held_by(kind: type, names: Collection[str]) -> frozenset[str]:
    """Return the names under which a class, one above or one below it holds a container."""
    found = set[str]()
    for one in (*type.mro(kind), *_below(kind)):
        own = attributes(one)
        found |= {n for n in names if n in own and _among(type(own[n]), _HOLDING)}
    return frozenset(found)


def is_container(kind: type) -> bool:
    """Tell whether objects of a class are containers of one of Python's kinds."""
    return _among(kind, _CONTAINERS)


def computing(value: Any) -> FunctionType | None:
    """Return the function by which a descriptor that is none of Python's computes its attribute."""
    kind = type(value)
    if _key_of(kind) in _FOLLOWED or not any("__get__" in attributes(k) for k in type.mro(kind)):
        return None
    held = [value.fget] if issubclass(kind, property) else [*inside(value)]
    return next((one for one in held if type(one) is FunctionType), None)


def contained(value: Any) -> list[Any]:
    """Return what containers of Python's and what else only passes on hold; [] for the rest."""
    kind = type(value)
    of = _CONTENT.get(_key_of(kind))
    if of is None and kind.__flags__ & _MADE:
        keys = map(_key_of, type.mro(kind))
        of = next((_CONTENT[key] for key in keys if key in _CONTENT), None)
    return list(itertools.islice(of(value), _LONGEST)) if of else []


def inside(value: Any) -> Iterator[Any]:
    """Yield the attributes an object holds, in slots and in its ``__dict__``."""
    for kind in type.mro(type(value)):
        for inner in attributes(kind).values():
            if type(inner) is types.MemberDescriptorType:
                try:
                    yield inner.__get__(value)
                except AttributeError:  # nothing there as yet
                    continue
    try:
        yield from object.__getattribute__(value, "__dict__").values()
    except (AttributeError, TypeError):
        return


def _among(kind: type, keys: frozenset[int]) -> bool:
    return not keys.isdisjoint(map(_key_of, type.mro(kind)))


def _below(kind: type) -> Iterator[type]:
    if _among(kind, _METACLASSES):
        return
    todo, left = [kind], _MOST
    while todo and left > 0:
        found: list[type] = type.__subclasses__(todo.pop())
        left -= len(found)
        yield from found
        todo += found


def _value_of(variable: ContextVar[Any]) -> list[Any]:
    try:
        return [variable.get()]
    except LookupError:  # none as yet
        return []


_METACLASSES = _keys(type)
_Content = Callable[[Any], Iterable[Any]]
_CONTENT: dict[int, _Content] = {
    _key_of(kind): of
    for kind, of in (
        *((one, one.__iter__) for one in (list, tuple, set, frozenset, collections.deque)),
        *((one, one.values) for one in (dict, types.MappingProxyType)),
        *((one, inside) for one in (types.SimpleNamespace, collections.ChainMap,
                                    collections.UserDict, collections.UserList)),
        (classmethod, lambda one: (one.__func__,)),
        (staticmethod, lambda one: (one.__func__,)),
        (types.MethodType, lambda one: (one.__func__, one.__self__)),
        (functools.partial, lambda one: (one.func, *one.args, *one.keywords.values())),
        (ContextVar, _value_of),
        (threading.local, lambda one: one.__dict__.values()),
    )
}  # fmt: skip
