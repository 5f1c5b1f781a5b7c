"""The text of a function as a tree, and the nodes of it that tell of writing."""

import ast
import inspect
from types import CodeType
from typing import Any

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DECLARING = (ast.Global, ast.Nonlocal)
STORED = (ast.Attribute, ast.Subscript, ast.Name)
_BINDING = (ast.Assign, ast.NamedExpr, ast.AnnAssign, ast.For, ast.AsyncFor, ast.comprehension,
            ast.withitem, ast.AugAssign)  # fmt: skip
_SEEN = (*STORED, ast.Call, *DECLARING, *_BINDING)
_INNER = (*_DEFINITIONS, ast.ClassDef)
_SKIPPED = (ast.Lambda, ast.Constant, ast.expr_context,
            ast.operator, ast.cmpop, ast.unaryop, ast.boolop)  # fmt: skip


def parsed(code: CodeType, text: list[str]) -> tuple[ast.AST, int] | None:
    """Return the function's definition, and by how much its lines are to be shifted."""
    start = code.co_firstlineno - 1
    tree = _tree(text[start : _end(code, text)]) or _tree(_block(text[start:]))
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, _DEFINITIONS) and node.name == code.co_name:
            return node, start - text[start][:1].isspace()
    return None


def _end(code: CodeType, text: list[str]) -> int:
    """Return the last line of a function, by its indentation.

    Cut off within a statement that goes on further left, what is left does not parse.
    """
    if code.co_firstlineno > len(text):
        return 0
    last = max(line or 0 for _, _, line in code.co_lines())
    margin = _margin(text[code.co_firstlineno - 1])
    end = min(last, len(text))
    while end < len(text) and (_margin(text[end]) > margin or not text[end].strip()):
        end += 1
    return end


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _block(lines: list[str]) -> list[str]:
    try:
        return inspect.getblock(lines)  # all of it, but tokenized in Python
    except (SyntaxError, IndexError):
        return []


def _tree(block: list[str]) -> ast.AST | None:
    if block and block[0][:1].isspace():
        block = ["if 1:\n", *block]
    try:
        return ast.parse("".join(block)) if block else None
    except (SyntaxError, ValueError, RecursionError):
        return None


def _as_call(decorator: ast.expr) -> ast.expr:
    """``@x`` calls x."""
    if isinstance(decorator, ast.Call):
        return decorator
    return ast.copy_location(ast.Call(decorator, [], []), decorator)


def interesting(function: Any) -> list[ast.AST]:
    """Return the nodes of a function that tell of writing, as they stand in it."""
    found: list[ast.AST] = []
    todo: list[ast.AST] = function.body[::-1]
    while todo:
        node = todo.pop()
        if isinstance(node, _SKIPPED):
            continue
        if isinstance(node, _INNER):
            todo += map(_as_call, node.decorator_list[::-1])
            continue
        if isinstance(node, _SEEN):
            found.append(node)
        todo += list(ast.iter_child_nodes(node))[::-1]
    return found
