"""Attribute chains: ``a.b.c`` as text."""

import ast


def chain(node: ast.expr) -> str | None:
    """Return ``a.b.c`` for an attribute chain that begins with a name, else None."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def last_name(node: ast.expr) -> str:
    """Return ``c`` of ``….c`` and ``c``, else an empty text."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
