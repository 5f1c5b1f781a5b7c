"""The difference between two releases as edits: each file alone, and all together."""

import ast
from pathlib import Path, PurePosixPath

from benchmarks.mutants import Mutant, tracked
from benchmarks.projects import Project

TYPING = frozenset({"typing", "typing_extensions", "__future__"})
GENERATED = (".egg-info/", "PKG-INFO")


def edits(project: Project, old: Path, new: Path) -> list[Mutant]:
    """Return the edits that lead from one checkout to the other.

    Every Python file and everything below sources and tests is one edit; the other files,
    which hardly a test reads, are one together.
    """
    paths = sorted({*tracked(old), *tracked(new)})
    changes = [(path, _content(new / path)) for path in paths if _differs(old / path, new / path)]
    changes = [one for one in changes if not any(word in one[0] for word in GENERATED)]
    single = [one for one in changes if _concerns(project, one[0])]
    rest = [one for one in changes if one not in single]
    found = [Mutant(kind(project, old, *one), one[0], (one,)) for one in single]
    if rest:
        found.append(Mutant("other files", f"{len(rest)} files", tuple(rest)))
    if len(changes) > 1:
        found.append(Mutant("all together", f"{len(changes)} files", tuple(changes)))
    return found


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def _differs(old: Path, new: Path) -> bool:
    return _content(old) != _content(new)


def _concerns(project: Project, path: str) -> bool:
    place = PurePosixPath(path)
    folders = (*project.source, project.tests)
    return place.suffix == ".py" or any(place.is_relative_to(folder) for folder in folders)


def kind(project: Project, old: Path, path: str, content: bytes | None) -> str:
    """Say what the change of one file is."""
    before = _content(old / path)
    if before is not None and content is not None and path.endswith(".py"):
        for name, typing in (("comments and docstrings", False), ("typing", True)):
            if same(before, content, typing=typing):
                return name
    if path.endswith(".pyi"):
        return "typing"
    if PurePosixPath(path).is_relative_to(project.tests):
        return "tests" if path.endswith(".py") else "data of tests"
    return "sources" if path.endswith(".py") else "data of sources"


def same(old: bytes, new: bytes, *, typing: bool) -> bool:
    """Say whether two sources differ in words only; or in annotations as well."""
    try:
        trees = [_Stripped(typing=typing).visit(ast.parse(text)) for text in (old, new)]
    except (SyntaxError, ValueError):
        return False
    return ast.dump(trees[0]) == ast.dump(trees[1])


class _Stripped(ast.NodeTransformer):
    """Takes docstrings away, and what is there for type checkers only."""

    def __init__(self, *, typing: bool) -> None:
        self.typing = typing

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:  # ast calls it so
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.type_comment = None
        if self.typing:
            node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if self.typing:
            node.returns = None
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if self.typing:
            node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.AST]:
        if self.typing and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            return [self.visit(one) for one in node.orelse]
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if self.typing and node.module in TYPING else node

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        only = all(one.name in TYPING for one in node.names)
        return None if self.typing and only else node
