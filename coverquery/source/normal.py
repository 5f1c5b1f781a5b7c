"""The meaning of a statement as text: equal texts, equal behaviour.

Positions, formatting, ``u""``, statements without meaning, annotations of a function's own
variables and the body of ``if TYPE_CHECKING:`` leave no trace in it.
"""

import ast
from collections.abc import Callable

from coverquery.source.spans import idle
from coverquery.source.syntax import FUNCTIONS, docstring

SUITES = frozenset({"body", "orelse", "finalbody", "handlers", "cases"})
SKIPPED = frozenset({"ctx", "kind", "type_comment", "type_ignores"})

Node = ast.stmt | ast.excepthandler | ast.match_case


class Normal:
    """Writes normalised texts; ``typing_only`` tells an ``if TYPE_CHECKING:``."""

    def __init__(self, typing_only: Callable[[ast.If], bool]) -> None:
        self._typing_only = typing_only

    def exact(self, node: Node, *, local: bool) -> str:
        """Return the whole statement's meaning; ``local``: it stands in a function."""
        out: list[str] = []
        self._node(node, out, local)
        return "".join(out)

    def header(self, node: Node, *, local: bool) -> str:
        """Return the meaning of a compound statement without its suites."""
        out: list[str] = [type(node).__name__]
        for name in node._fields:
            value = getattr(node, name, None)
            if name in SKIPPED or (name in SUITES and isinstance(value, list)):
                continue
            self._value(value, out, local)
        return "".join(out)

    def _value(self, value: object, out: list[str], local: bool) -> None:
        if isinstance(value, ast.AST):
            self._node(value, out, local)
        elif isinstance(value, list):
            out.append("[")
            for item in value:
                self._value(item, out, local)
            out.append("]")
        else:
            out.append("~" if value is None else f"{value!s},")

    def _node(self, node: ast.AST, out: list[str], local: bool) -> None:
        if isinstance(node, ast.Constant):
            out.append(constant(node.value))
            return
        if isinstance(node, ast.stmt) and self._special(node, out, local):
            return
        out.append(f"({type(node).__name__} ")
        inside = local
        if isinstance(node, FUNCTIONS):
            inside = True
        elif isinstance(node, ast.ClassDef):
            inside = False
        for name in node._fields:
            if name in SKIPPED:
                continue
            value = getattr(node, name, None)
            if name in SUITES and isinstance(value, list):
                self._suite(node, name, value, out, inside)
            else:
                self._value(value, out, local)
        out.append(")")

    def _suite(
        self, node: ast.AST, name: str, suite: list[ast.AST], out: list[str], local: bool
    ) -> None:  # fmt: skip
        out.append("{")
        statements = [item for item in suite if isinstance(item, ast.stmt)]
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            out.append(f"{docstring(statements)!r}")
        elif isinstance(node, ast.If) and name == "body" and self._typing_only(node):
            suite = []
        for item in suite:
            if not (isinstance(item, ast.stmt) and idle(item)):
                self._node(item, out, local)
        out.append("}")

    def _special(self, node: ast.stmt, out: list[str], local: bool) -> bool:
        """Write a function's annotated variable as the assignment it is."""
        if not (local and isinstance(node, ast.AnnAssign)) or _acts(node.annotation):
            return False
        if node.value is None:
            out.append("(Declare ")
            self._node(node.target, out, local)
        else:
            out.append("(Assign [")
            self._node(node.target, out, local)
            out.append("]")
            self._node(node.value, out, local)
        out.append(")")
        return True


def _acts(annotation: ast.expr) -> bool:
    """Does an annotation do more than name a type, even unevaluated?"""
    acting = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)
    return any(isinstance(node, acting) for node in ast.walk(annotation))


def constant(value: object) -> str:
    """Return a constant by type and value (``1``, ``1.0`` and ``True`` differ)."""
    # decimal digits of a huge int are refused by the interpreter
    text = hex(value) if type(value) is int else repr(value)
    return f"<{type(value).__name__} {text}>"
