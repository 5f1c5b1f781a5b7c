"""Where functions and classes stand in a file, and which of its lines hold code."""

import ast
import warnings
from collections.abc import Iterator, Sequence
from types import CodeType

from coverquery.lines import LineSet
from coverquery.source.spans import span
from coverquery.source.syntax import (
    DEFINITIONS,
    UNREADABLE,
    Definition,
    UnreadableError,
    docstring,
    parse,
)


def symbol_at(content: bytes, line: int) -> str:
    """Return the qualified name of the innermost definition on a line, ``""`` for none."""
    found = ""
    for name, node in _definitions(content):
        if line in span(node):
            found = name  # inner definitions come after the one around them
    return found


def symbol_lines(content: bytes, qualname: str) -> LineSet | None:
    """Return the lines of every definition of that name; None when there is none."""
    found = [span(node) for name, node in _definitions(content) if name == qualname]
    if not found:
        return None
    lines = LineSet()
    for part in found:
        lines |= part
    return lines


def executable_lines(content: bytes) -> LineSet:
    """Return the lines that hold code, as the compiler sees it; none when it cannot."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(content, "<source>", "exec", dont_inherit=True)
    except UNREADABLE:
        return LineSet()
    return LineSet.of(_code_lines(code))


def docstrings(content: bytes) -> tuple[str, ...] | None:
    """Return all docstrings in order of appearance; None when the file cannot be parsed."""
    try:
        tree = parse(content).tree
    except UnreadableError:
        return None
    owners: list[Sequence[ast.stmt]] = [tree.body]
    owners += [node.body for _, node in _walk(tree)]
    return tuple(text for text in map(docstring, owners) if text is not None)


def _definitions(content: bytes) -> Iterator[tuple[str, Definition]]:
    try:
        yield from _walk(parse(content).tree)
    except UnreadableError:
        return


def _walk(tree: ast.Module) -> Iterator[tuple[str, Definition]]:
    """Yield all definitions with their names, in order; without recursion: ``elif`` nests."""
    stack: list[tuple[str, ast.AST]] = [("", tree)]
    while stack:
        prefix, node = stack.pop()
        if isinstance(node, DEFINITIONS):
            yield f"{prefix}{node.name}", node
            prefix += f"{node.name}."
        inner = [n for n in ast.iter_child_nodes(node) if not isinstance(n, ast.expr)]
        stack.extend((prefix, child) for child in reversed(inner))


def _code_lines(code: CodeType) -> Iterator[int]:
    for _, _, line in code.co_lines():
        if line:  # 0 is the module's own prologue
            yield line
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _code_lines(inner)
