"""One Python file to be mutated: its bytes, its tree, and which scope each statement is in."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

Definition = ast.FunctionDef | ast.AsyncFunctionDef
BODIES = ("body", "orelse", "finalbody")


@dataclass(frozen=True, slots=True)
class Placed:
    """A statement and where it stands.

    Attributes:
        node: the statement.
        level: ``module``, ``class`` or ``function``.
        owners: the definitions around it, outermost first.
        suite: the statements it stands among.
    """

    node: ast.stmt
    level: str
    owners: tuple[ast.stmt, ...]
    suite: list[ast.stmt]

    @property
    def first(self) -> int:
        """First line, decorators included."""
        decorators: list[ast.expr] = getattr(self.node, "decorator_list", [])
        return min([self.node.lineno, *(one.lineno for one in decorators)])

    @property
    def header(self) -> tuple[int, int]:
        """First and last line of what runs at the statement itself: a suite of its own is not."""
        last = self.node.end_lineno or self.node.lineno
        body = getattr(self.node, "body", None)
        if isinstance(body, list) and body:
            last = max(self.node.lineno, body[0].lineno - 1)
        return self.first, last


class ModuleText:
    """Offsets count bytes from the beginning; lines count from 1, columns in bytes from 0."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path, self.content = path, content
        self.tree = ast.parse(content)
        self.starts = [0]
        for line in content.splitlines(keepends=True):  # bytes: only \n, \r and \r\n end lines
            self.starts.append(self.starts[-1] + len(line))
        self.placed = list(_placed(self.tree, "module", ()))
        self.innermost: dict[int, Placed] = {}
        for placed in self.placed:  # inner ones come later
            lines = range(placed.first, (placed.node.end_lineno or placed.node.lineno) + 1)
            self.innermost.update(dict.fromkeys(lines, placed))

    def offset(self, line: int, column: int) -> int:
        """Return where a line and column are."""
        return self.starts[line - 1] + column

    def span(self, node: ast.expr | ast.stmt | ast.arg | ast.alias) -> tuple[int, int]:
        """Return the first offset of a node and the one behind it, without decorators."""
        start = self.offset(node.lineno, node.col_offset)
        return start, self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def whole(self, placed: Placed) -> tuple[int, int]:
        """Return the span of a statement with its decorators, from its indentation on."""
        start = self.offset(placed.first, placed.node.col_offset)
        return start, self.span(placed.node)[1]

    def text(self, node: ast.expr | ast.stmt) -> str:
        """Return how a node is written."""
        start, end = self.span(node)
        return self.content[start:end].decode()

    def alone(self, placed: Placed) -> bool:
        """Say whether nothing stands on the statement's lines besides it."""
        start, end = self.whole(placed)
        before = self.content[self.starts[placed.first - 1] : start]
        after = self.content[end : self.starts[placed.node.end_lineno or placed.node.lineno]]
        return not before.strip() and (not after.strip() or after.strip().startswith(b"#"))

    def at(self, line: int) -> Placed | None:
        """Return the innermost statement on a line."""
        return self.innermost.get(line)


def _placed(owner: ast.AST, level: str, owners: tuple[ast.stmt, ...]) -> Iterator[Placed]:
    """Yield the statements below, outer ones first."""
    for suite in _suites(owner):
        for node in suite:
            yield Placed(node, level, owners, suite)
            inner, around = level, owners
            if isinstance(node, Definition):
                inner, around = "function", (*owners, node)
            elif isinstance(node, ast.ClassDef):
                inner, around = ("class" if level != "function" else level), (*owners, node)
            yield from _placed(node, inner, around)


def _suites(owner: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in BODIES:
        suite = getattr(owner, name, None)
        if isinstance(suite, list) and suite and isinstance(suite[0], ast.stmt):
            yield suite
    for part in (*getattr(owner, "handlers", ()), *getattr(owner, "cases", ())):
        yield part.body
