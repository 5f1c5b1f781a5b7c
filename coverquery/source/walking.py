"""Going through all nodes of a tree, faster than `ast.walk`: leaves are not searched."""

import ast
from collections.abc import Iterator
from typing import Any

_NO_NODES = frozenset({"ctx", "op", "ops", "id", "attr", "type_comment"})

FIELDS: dict[type, tuple[str, ...]] = {
    kind: tuple(field for field in kind._fields if field not in _NO_NODES)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
"""Where a node may keep other nodes; fields that never hold any are left out."""
FIELDS[ast.Constant] = ()


def nodes(tree: ast.AST) -> Iterator[Any]:
    """Yield every node but operators and expression contexts, in no order."""
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        fields = FIELDS.get(type(node))
        if fields is None:
            continue  # a string, a number, None
        yield node
        for field in fields:
            value = getattr(node, field, None)
            if type(value) is list:
                stack += value
            else:
                stack.append(value)
