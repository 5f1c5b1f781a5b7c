"""Mutations of what runs when a module is imported: modules, classes, definitions, imports."""

import ast
import re
from collections.abc import Callable, Iterator

from benchmarks.module_text import Definition, ModuleText, Placed
from benchmarks.mutants import Splice
from benchmarks.mutate_bodies import docstring

DUNDERS = (
    "def __bool__(self): return False",
    "def __eq__(self, other): return False",
    'def __repr__(self): return "edited"',
    "def __len__(self): return 0",
    "__hash__ = None",
    'def __init_subclass__(cls, **keywords): raise RuntimeError("edited")',
    'def __getattr__(self, name): raise RuntimeError("edited")',
)


class Family:
    """Classes of the project by their plain names: which methods a subclass could override."""

    def __init__(self, texts: list[ModuleText]) -> None:
        self.methods: dict[str, list[str]] = {}
        for text in texts:
            for placed in text.placed:
                if isinstance(placed.node, ast.ClassDef):
                    names = [one.name for one in placed.node.body if isinstance(one, Definition)]
                    self.methods.setdefault(placed.node.name, names)

    def inherited(self, node: ast.ClassDef) -> list[str]:
        """Return methods of the bases that the class does not define."""
        own = {one.name for one in node.body if isinstance(one, Definition)}
        names: list[str] = []
        for base in node.bases:
            names += self.methods.get(ast.unparse(base).rpartition(".")[2], [])
        return [name for name in names if name not in own]


def scopes(text: ModuleText, family: Family) -> Iterator[Splice]:
    """Yield mutations of every statement at module and class level."""
    for placed in text.placed:
        if placed.level == "function" or not text.alone(placed):
            continue
        if docstring(placed):
            yield from documented(text, placed)
            continue
        for finder in OUTSIDE:
            yield from finder(text, placed)
        if isinstance(placed.node, ast.ClassDef):
            yield from members(text, placed, family)
    yield from appended(text)


def _site(kind: str, text: ModuleText, placed: Placed, span: tuple[int, int], new: str) -> Splice:
    return Splice(kind, text.path, placed.first, *span, new)


def documented(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Change what a docstring says."""
    value = getattr(placed.node, "value", None)
    said = isinstance(value, ast.Constant) and isinstance(value.value, str)
    if said and placed.node is placed.suite[0]:
        yield _site("docstring", text, placed, text.span(placed.node), '"""Edited."""')


def removed(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Put ``pass`` for a statement: a definition, an import, a binding, a call."""
    if isinstance(placed.node, ast.Pass):
        return
    what = "statement"
    if isinstance(placed.node, Definition | ast.ClassDef):
        what = "definition"
    elif isinstance(placed.node, ast.Import | ast.ImportFrom):
        what = "import"
    yield _site(f"{placed.level}: deleted {what}", text, placed, text.whole(placed), "pass")


def rebound(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Bind the name to something else."""
    value = getattr(placed.node, "value", None)
    binds = isinstance(placed.node, ast.Assign | ast.AnnAssign)
    if binds and isinstance(value, ast.expr) and not isinstance(value, ast.Constant):
        yield _site(f"{placed.level}: rebound", text, placed, text.span(value), "None")


def annotated(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Change annotations of fields and parameters."""
    found: list[ast.expr] = []
    if isinstance(placed.node, ast.AnnAssign):
        found = [placed.node.annotation]
    elif isinstance(placed.node, Definition):
        arguments = placed.node.args
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        found = [one.annotation for one in every if one.annotation]
        found += [placed.node.returns] if placed.node.returns else []
    for annotation in found:
        yield _site("annotation", text, placed, text.span(annotation), "bytearray")


def renamed(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Rename a function or class where it is defined, and nowhere else."""
    if not isinstance(placed.node, Definition | ast.ClassDef):
        return
    span = _name(text, placed.node)
    if span:
        new = f"{placed.node.name}_renamed"
        yield _site(f"{placed.level}: renamed", text, placed, span, new)


def _name(text: ModuleText, node: Definition | ast.ClassDef) -> tuple[int, int] | None:
    start, end = text.span(node)
    found = re.search(rb"\b" + node.name.encode() + rb"\b", text.content[start:end])
    return (start + found.start(), start + found.end()) if found else None


def signatures(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Rename the last parameter, or demand one more."""
    if not isinstance(placed.node, Definition):
        return
    arguments = placed.node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    kind = f"{placed.level}: signature"
    for last in plain[-1:]:
        start = text.span(last)[0]
        span = start, start + len(last.arg.encode())
        yield _site(kind, text, placed, span, f"{last.arg}_renamed")
    if arguments.vararg or arguments.kwonlyargs or arguments.kwarg:
        return
    if plain:
        end = text.span(arguments.defaults[-1] if arguments.defaults else plain[-1])[1]
        yield _site(kind, text, placed, (end, end), ", *, demanded")


def decorated(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Remove decorators of several lines, add one."""
    if not isinstance(placed.node, Definition | ast.ClassDef):
        return
    start = text.whole(placed)[0]
    indent = " " * placed.node.col_offset
    new = f"@(lambda found: None)\n{indent}"
    yield _site(f"{placed.level}: decorator added", text, placed, (start, start), new)
    for one in placed.node.decorator_list:
        if one.end_lineno != one.lineno:
            span = text.span(one)
            yield _site(f"{placed.level}: decorator", text, placed, span, "(lambda found: found)")


def imports(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Import something under another name, or another thing under the same name."""
    if not isinstance(placed.node, ast.ImportFrom) or placed.node.names[0].name == "*":
        return
    if placed.node.module == "__future__":
        return
    names = placed.node.names
    for at, alias in enumerate(names):
        bound = alias.asname or alias.name
        span = text.span(alias)
        kind = f"{placed.level}: changed import"
        yield _site(kind, text, placed, span, f"{alias.name} as {bound}_renamed")
        if len(names) > 1:
            yield _site(kind, text, placed, span, f"{names[at - 1].name} as {bound}")


def bases(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Take a base class away, or all its order."""
    if not isinstance(placed.node, ast.ClassDef):
        return
    for base in placed.node.bases:
        yield _site("class: base removed", text, placed, text.span(base), "object")
    for one, other in zip(placed.node.bases, placed.node.bases[1:], strict=False):
        span = text.span(one)[0], text.span(other)[1]
        new = f"{text.text(other)}, {text.text(one)}"
        yield _site("class: bases swapped", text, placed, span, new)


def swapped(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Exchange two neighbours."""
    at = placed.suite.index(placed.node)
    if at + 1 == len(placed.suite) or placed.level == "function":
        return
    other = Placed(placed.suite[at + 1], placed.level, placed.owners, placed.suite)
    if text.alone(other):
        first, second = text.whole(placed), text.whole(other)
        between = text.content[first[1] : second[0]]
        parts = text.content[slice(*second)], between, text.content[slice(*first)]
        new = b"".join(parts).decode()
        yield _site(f"{placed.level}: swapped", text, placed, (first[0], second[1]), new)


def members(text: ModuleText, placed: Placed, family: Family) -> Iterator[Splice]:
    """Add a method that overrides one, a dunder, and a name nobody knows."""
    node = placed.node
    if not isinstance(node, ast.ClassDef):
        return
    at = text.span(node)[1]
    indent = "\n" + " " * node.body[-1].col_offset
    names = [one for one in family.inherited(node) if one != "__init_subclass__"]
    for name in dict.fromkeys(names):
        new = f'{indent}def {name}(self, *some, **more): raise RuntimeError("edited")'
        yield _site("class: override added", text, placed, (at, at), new)
    own = {one.name for one in node.body if isinstance(one, Definition)}
    for line in DUNDERS:
        if not any(f"{name}(" in line for name in own):
            yield _site("class: dunder added", text, placed, (at, at), indent + line)
    yield _site("class: member added", text, placed, (at, at), f"{indent}edited_member = 1")


def appended(text: ModuleText) -> Iterator[Splice]:
    """Put something at the end of the module."""
    end = len(text.content)
    last = len(text.starts) - 1
    for kind, new in (
        ("module: raise", 'raise RuntimeError("edited")\n'),
        ("module: side effect", "import warnings\nwarnings.simplefilter('error')\n"),
        ("module: name added", "edited_name = object()\n"),
        ("syntax error", "def edited(:\n"),
    ):
        yield Splice(kind, text.path, last, end, end, f"\n\n{new}")
    for placed in text.placed:
        if placed.level == "module" and isinstance(placed.node, Definition | ast.ClassDef):
            new = f"\n\n{placed.node.name} = None\n"
            yield Splice("module: rebound at the end", text.path, last, end, end, new)


OUTSIDE: tuple[Callable[[ModuleText, Placed], Iterator[Splice]], ...] = (
    removed, rebound, annotated, renamed, signatures, decorated, imports, bases, swapped,
)  # fmt: skip
