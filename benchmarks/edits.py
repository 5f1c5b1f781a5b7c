"""Single-line edits of Python sources, drawn from a seed; every one still parses.

Sites are found on the syntax tree and edited in the text, so the rest of a file keeps its
bytes. Kinds are drawn first, then the site, so that no common kind crowds out a rare one.
"""

import ast
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Lines = Mapping[str, frozenset[int]]
"""Executed lines of each file, by its path from the repository."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace one line of one file (or put one before it)."""

    kind: str
    file: str
    line: int
    old: str
    new: str

    def apply(self, root: Path) -> None:
        """Make the edit."""
        file = root / self.file
        with file.open(encoding="utf-8", newline="") as stream:
            lines = stream.read().splitlines(keepends=True)
        if lines[self.line - 1].rstrip("\r\n") != self.old:
            raise ValueError(f"{self.file}:{self.line} is not what this edit was made for")
        lines[self.line - 1] = lines[self.line - 1].replace(self.old, self.new, 1)
        with file.open("w", encoding="utf-8", newline="") as stream:
            stream.write("".join(lines))


Site = tuple[str, int, int, int, str]
"""Kind, line, columns from and to, and what stands there instead."""

FLIPPED = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
ARITHMETIC = {ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.FloorDiv: "*", ast.Mod: "*"}
DELETED = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise, ast.Delete, ast.Import, ast.ImportFrom)


class Source:
    """One file's text and tree, and the sites on it."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.tree = ast.parse(text)
        self.statement: dict[int, int] = {}
        for node in ast.walk(self.tree):  # outer ones come first
            if isinstance(node, ast.stmt):
                inside = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                self.statement.update(dict.fromkeys(inside, node.lineno))

    def executed(self, line: int, lines: frozenset[int]) -> bool:
        """Say whether the line, or the statement it goes on with, was executed."""
        return line in lines or self.statement.get(line) in lines

    def cut(self, line: int, start: int, end: int) -> str:
        """Return the text between two columns (bytes, as the tree counts)."""
        return self.lines[line - 1].encode()[start:end].decode()

    def sites(self) -> Iterator[Site]:
        """Find everything that can be edited."""
        for node in ast.walk(self.tree):
            for finder in FINDERS:
                yield from finder(self, node)

    def edited(self, site: Site) -> str:
        """Return the line as it stands after the edit."""
        _, line, start, end, text = site
        old = self.lines[line - 1].encode()
        return (old[:start] + text.encode() + old[end:]).decode()


def whole(kind: str, node: ast.expr | ast.stmt, text: str) -> Iterator[Site]:
    """Replace a whole node, where it stands on one line."""
    if node.end_lineno == node.lineno and node.end_col_offset is not None:
        yield kind, node.lineno, node.col_offset, node.end_col_offset, text


def other(value: object) -> str | None:
    """Return a different constant of the same type."""
    match value:
        case bool():
            return repr(not value)
        case int():
            return repr(value + 1)
        case float():
            return repr(value + 1.5)
        case str() if value:
            return repr(value + "X")
        case None:
            return "0"
        case _:
            return None


def constants(source: Source, node: ast.AST) -> Iterator[Site]:
    """Change numbers, strings and names of constants; docstrings mean nothing."""
    if not isinstance(node, ast.Constant) or node.end_lineno != node.lineno:
        return
    text = other(node.value)
    written = source.cut(node.lineno, node.col_offset, node.end_col_offset or 0)
    if text is not None and (not isinstance(node.value, str) or written[:1] in "'\""):
        yield from whole("constant", node, text)


def comparisons(source: Source, node: ast.AST) -> Iterator[Site]:
    """Flip an operator of a comparison."""
    if not isinstance(node, ast.Compare):
        return
    left = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        yield from between(source, ("comparison", FLIPPED[type(operator)]), left, right)
        left = right


def booleans(source: Source, node: ast.AST) -> Iterator[Site]:
    """Swap and, or."""
    if isinstance(node, ast.BoolOp):
        text = "or" if isinstance(node.op, ast.And) else "and"
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield from between(source, ("boolean", text), left, right)


def arithmetic(source: Source, node: ast.AST) -> Iterator[Site]:
    """Swap an arithmetic operator."""
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield from between(source, ("arithmetic", ARITHMETIC[type(node.op)]), node.left, node.right)


def between(
    source: Source, what: tuple[str, str], left: ast.expr, right: ast.expr
) -> Iterator[Site]:
    """Replace the operator between two operands of one line."""
    kind, text = what
    end = left.end_col_offset
    if end is None or left.end_lineno != right.lineno:
        return
    gap = source.cut(right.lineno, end, right.col_offset)
    found = re.search(r"[^\s()]+( +(?:in|not)\b)?", gap)
    if found and gap.isascii():
        yield kind, right.lineno, end + found.start(), end + found.end(), text


def returns(_: Source, node: ast.AST) -> Iterator[Site]:
    """Return something else."""
    if isinstance(node, ast.Return) and node.value is not None:
        nothing = isinstance(node.value, ast.Constant) and node.value.value is None
        yield from whole("return", node.value, "1" if nothing else "None")


def deletions(_: Source, node: ast.AST) -> Iterator[Site]:
    """Put ``pass`` for a statement."""
    bare = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if isinstance(node, DELETED) and not bare:
        yield from whole("deletion", node, "pass")


def conditions(source: Source, node: ast.AST) -> Iterator[Site]:
    """Negate the condition of an if, a while or a conditional expression."""
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        test = node.test
        text = source.cut(test.lineno, test.col_offset, test.end_col_offset or 0)
        yield from whole("condition", test, f"(not ({text}))")


def functions(source: Source, node: ast.AST) -> Iterator[Site]:
    """Change defaults, drop decorators, raise as soon as a function is entered."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    for default in (*node.args.defaults, *node.args.kw_defaults):
        if isinstance(default, ast.Constant) and (text := other(default.value)):
            yield from whole("default", default, text)
    for decorator in node.decorator_list:
        start = decorator.col_offset - 1
        if source.lines[decorator.lineno - 1].strip().startswith("@"):
            for _, line, _, end, _ in whole("", decorator, ""):
                yield "decorator", line, start, end, "# no decorator"
    first = node.body[0]
    indented = not source.lines[first.lineno - 1].encode()[: first.col_offset].strip()
    if indented and not (isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)):
        text = 'raise RuntimeError("edited"); '
        if isinstance(first, ast.Return | ast.Assign | ast.AugAssign | ast.Expr | ast.Raise):
            yield "raise", first.lineno, first.col_offset, first.col_offset, text


def module_constants(_: Source, node: ast.AST) -> Iterator[Site]:
    """Change what a name of a module or class is bound to."""
    if not isinstance(node, ast.Module | ast.ClassDef):
        return
    for statement in node.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            value = statement.value
            if isinstance(value, ast.Constant) and (text := other(value.value)):
                yield from whole("module constant", value, text)


FINDERS: tuple[Callable[[Source, ast.AST], Iterator[Site]], ...] = (
    constants, comparisons, booleans, arithmetic, returns, deletions, conditions, functions,
    module_constants,
)  # fmt: skip


def candidates(root: Path, executed: Lines) -> dict[str, list[Edit]]:
    """Find every edit on an executed line, by kind."""
    found: dict[str, list[Edit]] = {}
    for file, lines in sorted(executed.items()):
        with (root / file).open(encoding="utf-8", newline="") as stream:
            text = stream.read()
        source = Source(text)
        if len(source.lines) != text.count("\n") + (not text.endswith("\n")):
            continue  # form feeds and the like: lines are not what we take them for
        for site in source.sites():
            if source.executed(site[1], lines):
                old = source.lines[site[1] - 1]
                edit = Edit(site[0], file, site[1], old, source.edited(site))
                found.setdefault(site[0], []).append(edit)
    return {kind: sorted(set(edits), key=_place) for kind, edits in sorted(found.items())}


def _place(edit: Edit) -> tuple[str, int, str]:
    return edit.file, edit.line, edit.new


def draw(root: Path, kinds: Mapping[str, Sequence[Edit]], number: int, seed: int) -> list[Edit]:
    """Draw different edits that parse; the first n of a longer draw are the shorter one."""
    chance = random.Random(seed)
    drawn: list[Edit] = []
    for _ in range(number * 50):
        if len(drawn) == number:
            break
        edit = chance.choice(kinds[chance.choice(sorted(kinds))])
        if edit not in drawn and edit.old != edit.new and _parses(root, edit):
            drawn.append(edit)
    return drawn


def _parses(root: Path, edit: Edit) -> bool:
    """Say whether the file is still Python after the edit, and a different one."""
    lines = (root / edit.file).read_text(encoding="utf-8").splitlines()
    old = ast.dump(ast.parse("\n".join(lines)))
    lines[edit.line - 1] = edit.new
    try:
        return ast.dump(ast.parse("\n".join(lines))) != old
    except SyntaxError:
        return False
