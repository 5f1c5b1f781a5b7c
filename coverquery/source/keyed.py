"""Namespaces looked into by a key one can read: ``globals()["x"]``, ``sys.modules["m"]``."""

import ast
from collections.abc import Iterator

from coverquery.source.chains import last_name

_NAMESPACES = frozenset({"f_globals", "__globals__"})
_CALLS = frozenset({"globals", "vars", "locals"})
_LOOK_UP = frozenset({"get", "pop", "setdefault", "__getitem__", "__contains__"})
_RUN = frozenset({"eval", "exec"})

Nodes = tuple[ast.AST, ...]


def keys(node: ast.AST) -> tuple[Nodes, tuple[str, ...]]:
    """Return the parts of a node that look up nothing unknown, and the words for what they do.

    Words are those of ``words``: ``~x`` a name somewhere, ``!m`` a module, ``?own`` its own names.
    """
    match node:
        case ast.Call(func=ast.Attribute(value=space, attr=name) as outer, args=[key, *_]) if (
            name in _LOOK_UP
        ):
            return _keyed(space, key, outer)
        case ast.Subscript(value=space, slice=key):
            return _keyed(space, key, space)
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[space]) if _is_modules(space):
            return (space,), ()
        case ast.Call(func=ast.Name(id=name) as called, args=[_, namespace, *_]) if name in _RUN:
            own = any(last_name(one) in _CALLS for one in _called(namespace))
            return ((), ()) if own else ((called,), ())
    return (), ()


def _keyed(space: ast.expr, key: ast.expr, outer: ast.expr) -> tuple[Nodes, tuple[str, ...]]:
    is_own = isinstance(key, ast.Name) and key.id == "__name__"
    text = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
    if _is_modules(space) and (is_own or text is not None):
        return (space, outer), ("?own" if is_own else f"!{text}",)
    if text is None:
        return (), ()
    if isinstance(space, ast.Attribute) and space.attr in _NAMESPACES:
        return (space, outer), (f"~{text}",)
    if isinstance(space, ast.Call) and last_name(space.func) in _CALLS and not space.args:
        return (space, space.func, outer), (text,)
    return (), ()


def _is_modules(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "modules"
        and isinstance(node.value, ast.Name)
        and node.value.id.strip("_") == "sys"
    )


def _called(node: ast.expr) -> Iterator[ast.expr]:
    yield from (inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call))
