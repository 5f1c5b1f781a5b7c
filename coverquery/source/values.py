"""Values whose class the text shows, and what can be asked of them without any effect."""

import ast
from collections.abc import Callable

Value = Callable[[str], ast.expr | None]

PURE_METHODS = frozenset({
    "join", "format", "split", "strip", "lower", "upper", "encode", "decode", "replace", "title",
    "splitlines", "rstrip", "lstrip", "removeprefix", "removesuffix", "startswith", "endswith",
})  # fmt: skip
"""Methods of literal strings and bytes, which change nothing."""

METHODS: dict[type, frozenset[str]] = {
    dict: frozenset({"copy", "get", "items", "keys", "values"}),
    list: frozenset({"copy", "count", "index"}),
    set: frozenset({"copy", "difference", "intersection", "symmetric_difference", "union"}),
    str: PURE_METHODS,
}
"""Methods that change nothing, by the class of the object."""


def kind_of(node: ast.expr, value: Value) -> type | None:
    """Return the builtin class of a value, where the text shows it.

    Args:
        node: the expression.
        value: what a name is surely bound to.
    """
    if isinstance(node, ast.Name):
        bound = value(node.id)
        return None if bound is None or isinstance(bound, ast.Name) else kind_of(bound, value)
    match node:
        case ast.Dict() | ast.DictComp():
            return dict
        case ast.List() | ast.ListComp():
            return list
        case ast.Set() | ast.SetComp():
            return set
        case ast.JoinedStr() | ast.Constant(value=str()):
            return str
    return None
