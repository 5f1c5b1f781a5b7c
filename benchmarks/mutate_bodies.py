"""Mutations inside functions: of single expressions, and of statements."""

import ast
from collections.abc import Callable, Iterator

from benchmarks.edits import Source
from benchmarks.module_text import Definition, ModuleText, Placed
from benchmarks.mutants import Splice

SAME_REACH = frozenset(
    {"constant", "comparison", "boolean", "arithmetic", "return", "condition", "deleted call"}
)
"""Kinds that change one statement and no name: exactly its tests are concerned."""


def expressions(text: ModuleText) -> Iterator[Splice]:
    """Yield the single-line edits, named for the scope they are in."""
    decoded = text.content.decode()
    source = Source(decoded)
    if len(source.lines) != len(text.starts) - 1:
        return  # form feeds and the like: lines are not what we take them for
    for kind, line, start, end, new in source.sites():
        placed = text.at(line)
        if placed is None or kind in {"deletion", "raise"}:
            continue
        offsets = text.offset(line, start), text.offset(line, end)
        yield _named(placed, Splice(kind, text.path, line, *offsets, new))


def _named(placed: Placed, site: Splice) -> Splice:
    """Give the kind its scope; a default or decorator belongs to the scope of the definition."""
    _, last = placed.header
    if placed.level != "function":
        kind = site.kind.removeprefix("module ")
        return site._replace(kind=f"{placed.level}: {kind}")
    if isinstance(placed.node, Definition | ast.ClassDef) and site.line <= last:
        return site._replace(kind=f"function: inner {site.kind}")
    exact = placed.header if site.kind in SAME_REACH else None
    return site._replace(kind=f"function: {site.kind}", statement=exact)


def statements(text: ModuleText) -> Iterator[Splice]:
    """Yield deletions and insertions of whole statements inside functions."""
    for placed in text.placed:
        if placed.level == "function" and text.alone(placed) and not docstring(placed):
            for finder in INSIDE:
                yield from finder(text, placed)


def docstring(placed: Placed) -> bool:
    """Say whether the statement is a bare constant."""
    return isinstance(placed.node, ast.Expr) and isinstance(placed.node.value, ast.Constant)


def deleted(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Put ``pass`` for it."""
    if isinstance(placed.node, ast.Pass):
        return
    start, end = text.whole(placed)
    call = isinstance(placed.node, ast.Expr) and isinstance(placed.node.value, ast.Call)
    kind = "deleted call" if call else "deleted statement"
    lines = placed.header if call else None
    yield Splice(f"function: {kind}", text.path, placed.first, start, end, "pass", lines)


def inserted(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Put something before it."""
    start, _ = text.whole(placed)
    indent = " " * placed.node.col_offset
    for kind, new in (
        ("early return", "return None"),
        ("early raise", 'raise RuntimeError("edited")'),
        ("added statement", "assert True"),
        ("comment", "# a comment"),
    ):
        name = kind if kind == "comment" else f"function: {kind}"
        yield Splice(name, text.path, placed.first, start, start, f"{new}\n{indent}")


def shaped(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Make the function a generator, or a global name of it a local one."""
    owner = placed.owners[-1]
    if not isinstance(owner, Definition) or placed.suite is not owner.body:
        return
    start, end = text.whole(placed)
    indent = " " * placed.node.col_offset
    first = owner.body[1:2] if ast.get_docstring(owner) else owner.body[:1]
    if [placed.node] == first:
        new = f"if False: yield\n{indent}"
        yield Splice("function: added yield", text.path, placed.first, start, start, new)
    if placed.node is owner.body[-1]:
        for name in sorted(_globals(owner)):
            new = f"\n{indent}if False: {name} = None"
            yield Splice("function: global made local", text.path, placed.first, end, end, new)


def _globals(owner: Definition) -> set[str]:
    """Return names the function reads and never binds."""
    names = [node for node in ast.walk(owner) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in ast.walk(owner) if isinstance(node, ast.arg)}
    return {node.id for node in names if isinstance(node.ctx, ast.Load)} - bound


def reformatted(text: ModuleText, placed: Placed) -> Iterator[Splice]:
    """Write a returned or assigned value in brackets over three lines."""
    value = getattr(placed.node, "value", None)
    if isinstance(placed.node, ast.Return | ast.Assign) and isinstance(value, ast.Call):
        start, end = text.span(value)
        new = f"(\n{text.text(value)}\n)"
        yield Splice("reformatting", text.path, placed.first, start, end, new)


INSIDE: tuple[Callable[[ModuleText, Placed], Iterator[Splice]], ...] = (
    deleted, inserted, shaped, reformatted,
)  # fmt: skip
