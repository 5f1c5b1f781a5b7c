"""Which lines a statement stands on, and which of them are sure to be seen when it runs.

Since PEP 626 every executed statement leaves a line event except declarations, bare
annotations and what the compiler folds away. Those are *silent*: control passes through
them unseen, so evidence must be looked for in their neighbours too.
"""

import ast
from collections.abc import Sequence

from coverquery.lines import LineSet
from coverquery.source.syntax import DEFINITIONS, Definition, docstring_node


def first_line(node: ast.stmt) -> int:
    """Return a statement's first line, decorators included."""
    decorators = node.decorator_list if isinstance(node, DEFINITIONS) else []
    return min([node.lineno, *(d.lineno for d in decorators)])


def last_line(node: ast.stmt | ast.expr | ast.excepthandler | ast.pattern) -> int:
    """Return a node's last line."""
    return node.end_lineno or node.lineno


def span(node: ast.stmt | ast.excepthandler | ast.match_case) -> LineSet:
    """Return all lines of a statement, handler or case."""
    if isinstance(node, ast.match_case):
        return LineSet.span(node.pattern.lineno, last_line(node.body[-1]))
    first = first_line(node) if isinstance(node, ast.stmt) else node.lineno
    return LineSet.span(first, last_line(node))


def extent(statements: Sequence[ast.stmt]) -> LineSet:
    """Return the lines from the first statement to the last."""
    if not statements:
        return LineSet()
    return LineSet.span(first_line(statements[0]), last_line(statements[-1]))


def header(node: ast.stmt | ast.excepthandler | ast.match_case) -> LineSet:
    """Return the lines of a compound statement above its first suite."""
    if isinstance(node, ast.match_case):
        guard = last_line(node.guard) if node.guard else 0
        return LineSet.span(node.pattern.lineno, max(last_line(node.pattern), guard))
    if isinstance(node, ast.Try | ast.TryStar):
        return span(node)
    first = first_line(node) if isinstance(node, ast.stmt) else node.lineno
    body = getattr(node, "body", None)
    ends = [node.lineno, first_line(body[0]) - 1 if body else node.lineno]
    parts = [n for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr)]
    if isinstance(node, ast.With | ast.AsyncWith):
        parts += [item.context_expr for item in node.items]
    return LineSet.span(first, max(ends + [last_line(part) for part in parts]))


def head_evidence(node: ast.stmt) -> LineSet:
    """Return lines one of which is seen whenever this compound statement is reached."""
    if isinstance(node, DEFINITIONS):
        return header(node)
    if isinstance(node, ast.If | ast.While) and folds(node.test):
        return span(node)
    return header(node)


def evidence(node: ast.stmt) -> LineSet:
    """Return the lines that tell that control reached a statement."""
    return header(node) if isinstance(node, DEFINITIONS) else span(node)


def entry(node: Definition) -> LineSet:
    """Return lines one of which is seen whenever a function is entered."""
    rest = node.body[1:] if docstring_node(node.body) else node.body
    # a body of declarations alone is seen on the `def` line only
    return extent(node.body) if any(map(speaks, rest)) else span(node)


def speaks(node: ast.stmt) -> bool:
    """Does a statement leave a line event where nothing else stands in its suite?"""
    return isinstance(node, ast.Pass) or idle(node) or not silent(node)


def idle(node: ast.stmt) -> bool:
    """Is this a statement without meaning (``pass``, ``...``), docstrings aside?"""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Pass)


def silent(node: ast.stmt) -> bool:
    """May control pass through this statement without a line event?"""
    if isinstance(node, ast.If | ast.While):
        if isinstance(node.test, ast.Constant) and node.test.value:
            return all(map(silent, node.body))
        return folds(node.test)
    if isinstance(node, ast.Try | ast.TryStar):
        return all(map(silent, node.body))
    if isinstance(node, ast.Expr):
        return folds(node.value)
    if isinstance(node, ast.AnnAssign):
        return node.value is None and isinstance(node.target, ast.Name)
    return isinstance(node, ast.Pass | ast.Global | ast.Nonlocal)


def skippable(node: ast.stmt) -> bool:
    """Is a statement silent, if only under ``python -O``?"""
    return silent(node) or isinstance(node, ast.Assert)


def folds(node: ast.expr) -> bool:
    """May the compiler know this expression's value or truth beforehand?"""
    if isinstance(node, ast.BoolOp):
        return any(map(folds, node.values))
    if isinstance(node, ast.UnaryOp):
        return folds(node.operand)
    if isinstance(node, ast.IfExp):
        return folds(node.test)
    names = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return all(n.id == "__debug__" for n in names) and not _computes(node)


def _computes(node: ast.expr) -> bool:
    """Does an expression without names still need running?"""
    running = (ast.Call, ast.Yield, ast.YieldFrom, ast.Await, ast.Lambda)
    return any(isinstance(inner, running) for inner in ast.walk(node))
