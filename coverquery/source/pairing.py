"""Likeness of old and new statements, with the normalised texts computed once."""

import ast
from collections.abc import Callable, Sequence
from typing import NamedTuple

from coverquery.source.align import Likeness
from coverquery.source.normal import Node, Normal
from coverquery.source.scopes import bound, own_nodes
from coverquery.source.spans import first_line, idle, last_line
from coverquery.source.syntax import DEFINITIONS, Syntax
from coverquery.source.typing_only import TypingOnly

Arm = ast.ExceptHandler | ast.match_case
COMPOUND = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar,
    ast.Match,
)  # fmt: skip

EQUAL, SAME_HEADER, SAME_LABEL = 0, 1, 2
"""Levels of likeness, as they stand in ``Step.level``."""


class Side:
    """One version of the file: its syntax and what its statements mean."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self.typing_only = TypingOnly(syntax.tree, syntax.whole)
        self._normal = Normal(self.typing_only)
        self._exact: dict[tuple[int, bool], str] = {}

    def meaningful(self, suite: Sequence[ast.stmt], *, local: bool) -> list[ast.stmt]:
        """Return the statements of a suite that do something where they stand."""
        return [node for node in suite if not (idle(node) or self._void(node, local))]

    def _void(self, node: ast.stmt, local: bool) -> bool:
        """Does a statement do nothing itself? (the kind of its names is ``scopes``'s matter)."""
        if isinstance(node, ast.If):
            return not node.orelse and self.typing_only(node)
        if isinstance(node, ast.AnnAssign):
            return local and node.value is None and isinstance(node.target, ast.Name)
        return local and isinstance(node, ast.Global | ast.Nonlocal)

    def conditions(self) -> list[tuple[bytes, ...]]:
        """Return the text of the top-level ``if`` statements."""
        return [self.text(node) for node in self.syntax.tree.body if isinstance(node, ast.If)]

    def unread(self) -> list[tuple[bytes, ...]]:
        """Return the text of the top-level statements for type checkers only."""
        found = [n for n in self.syntax.tree.body if isinstance(n, ast.If) and self._void(n, False)]
        return [self.text(node) for node in found]

    def text(self, node: ast.stmt) -> tuple[bytes, ...]:
        """Return the lines a statement stands on."""
        return self.syntax.lines[first_line(node) - 1 : last_line(node)]

    def exact(self, node: Node, *, local: bool) -> str:
        """Return the meaning of a statement, arm or case."""
        key = (id(node), local)
        if key not in self._exact:
            self._exact[key] = self._normal.exact(node, local=local)
        return self._exact[key]

    def header(self, node: Node, *, local: bool) -> str:
        """Return the meaning of its header; of a simple statement, all of it."""
        if isinstance(node, (*DEFINITIONS, *COMPOUND, ast.ExceptHandler, ast.match_case)):
            return self._normal.header(node, local=local)
        return self.exact(node, local=local)


class Pairing(NamedTuple):
    """The two versions of the file, and what makes their statements alike."""

    old: Side
    new: Side

    def statements(self, *, local: bool) -> Likeness[ast.stmt]:
        """Return the likeness of statements; ``local``: inside a function."""

        def same(old: ast.stmt, new: ast.stmt) -> bool:
            if self.written_alike(old, new):
                return True
            return self.old.exact(old, local=local) == self.new.exact(new, local=local)

        return Likeness(
            same, _keys(self.old, "old", local=local), _keys(self.new, "new", local=local)
        )

    def arms(self, *, local: bool) -> Likeness[Arm]:
        """Return the likeness of ``except`` and ``case`` arms."""

        def same(old: Arm, new: Arm) -> bool:
            return self.old.exact(old, local=local) == self.new.exact(new, local=local)

        return Likeness(same, _arm_keys(self.old, local), _arm_keys(self.new, local))

    def written_alike(self, old: ast.stmt, new: ast.stmt) -> bool:
        """Are the two the same text, column by column? False where bytes are not characters."""
        if self.old.syntax.charset or self.new.syntax.charset:
            return False
        if (old.col_offset, old.end_col_offset) != (new.col_offset, new.end_col_offset):
            return False
        return self.old.text(old) == self.new.text(new)

    def typing_only(self, old: ast.stmt, new: ast.stmt) -> bool:
        """Are both ``if TYPE_CHECKING:``?"""
        if not (isinstance(old, ast.If) and isinstance(new, ast.If)):
            return False
        return self.old.typing_only(old) and self.new.typing_only(new)


def _keys(side: Side, name: str, *, local: bool) -> tuple[Callable[[ast.stmt], str], ...]:
    def exact(node: ast.stmt) -> str:
        return side.exact(node, local=local)

    def header(node: ast.stmt) -> str:
        return side.header(node, local=local)

    def label(node: ast.stmt) -> str:
        if isinstance(node, DEFINITIONS):
            return f"{type(node).__name__} {node.name}"
        if isinstance(node, COMPOUND):
            return type(node).__name__
        names = "" if local else " ".join(names_of(node))
        # a simple statement that binds nothing is like no other
        return f"= {names}" if names else name

    return exact, header, label


def _arm_keys(side: Side, local: bool) -> tuple[Callable[[Arm], str], ...]:
    return (
        lambda arm: side.exact(arm, local=local),
        lambda arm: side.header(arm, local=local),
        lambda _: "",
    )


def names_of(node: ast.stmt) -> list[str]:
    """Return the names a simple statement binds."""
    nodes = (inner for inner, comprehended in own_nodes([node]) if not comprehended)
    return sorted({name for inner in nodes for name in bound(inner)})
