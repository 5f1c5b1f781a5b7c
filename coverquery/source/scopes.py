"""Which names a function binds and mentions, and what kind each of them is there."""

import ast
from collections.abc import Iterable, Iterator
from enum import Enum

from coverquery.source.syntax import DEFINITIONS, FUNCTIONS, Definition

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
CAPTURES = (ast.MatchAs, ast.MatchStar)
NAMESPACE_READERS = frozenset({"locals", "eval", "exec", "vars", "dir"})


class Kind(Enum):
    """Where a name of a scope lives."""

    LOCAL = "local"
    GLOBAL = "global"
    NONLOCAL = "nonlocal"
    FREE = "free"


def kinds(scope: Definition) -> dict[str, Kind]:
    """Return the kind of every name mentioned anywhere in a function or class body."""
    found = dict.fromkeys(mentions(scope.body), Kind.FREE)
    if not isinstance(scope, ast.ClassDef):
        found.update(dict.fromkeys(parameters(scope.args), Kind.LOCAL))
    declared: dict[str, Kind] = {}
    for node, comprehended in own_nodes(scope.body):
        if isinstance(node, ast.Global):
            declared.update(dict.fromkeys(node.names, Kind.GLOBAL))
        elif isinstance(node, ast.Nonlocal):
            declared.update(dict.fromkeys(node.names, Kind.NONLOCAL))
        elif not (comprehended and isinstance(node, ast.Name)):
            found.update(dict.fromkeys(bound(node), Kind.LOCAL))
    return found | declared


def parameters(args: ast.arguments) -> Iterator[str]:
    """Yield the names of all parameters."""
    for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
        if arg is not None:
            yield arg.arg


def bound(node: ast.AST) -> Iterator[str]:
    """Yield the names this one node binds in the scope it belongs to."""
    match node:
        case ast.Name(ctx=ast.Store() | ast.Del()):
            yield node.id
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.alias():
            yield node.asname or node.name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name
        case ast.NamedExpr(target=ast.Name(id=name)):
            yield name


def own_nodes(body: Iterable[ast.AST]) -> Iterator[tuple[ast.AST, bool]]:
    """Yield the nodes that run in a scope itself, and whether inside a comprehension."""
    stack = [(node, False) for node in body]
    while stack:
        node, comprehended = stack.pop()
        yield node, comprehended
        inner = comprehended or isinstance(node, COMPREHENSIONS)
        stack.extend((child, inner) for child in _children(node))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, DEFINITIONS):
        yield from node.decorator_list
        if isinstance(node, ast.ClassDef):
            yield from node.bases
            yield from node.keywords
            return
        yield node.args
        if node.returns is not None:
            yield node.returns
    elif isinstance(node, ast.Lambda):
        yield node.args
    else:
        yield from ast.iter_child_nodes(node)


def mentions(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Return every name these nodes mention or bind, in nested scopes too."""
    found: set[str] = set()
    for root in nodes:
        for node in ast.walk(root):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Global | ast.Nonlocal):
                found.update(node.names)
            else:
                found.update(bound(node))
    # zero-argument super() reads this name behind the scenes
    return frozenset(found | {"__class__"}) if "super" in found else frozenset(found)


def suspends(scope: Definition) -> bool:
    """Does the function yield, that is: is it a generator?"""
    return isinstance(scope, FUNCTIONS) and any(
        isinstance(node, ast.Yield | ast.YieldFrom) for node, _ in own_nodes(scope.body)
    )


def reshaped(old: Definition, new: Definition, kept: Iterable[ast.AST]) -> bool:
    """Does a name that unchanged statements mention live elsewhere now?

    Args:
        old: the old function, or class inside a function.
        new: its new form.
        kept: the nodes of the old one that stand unchanged in the new one.
    """
    before, after = kinds(old), kinds(new)
    moved = {n for n in before.keys() & after.keys() if before[n] is not after[n]}
    if moved & mentions(kept):
        return True
    if NAMESPACE_READERS & before.keys():
        return _locals(before) != _locals(after)
    return False


def _locals(names: dict[str, Kind]) -> set[str]:
    return {name for name, kind in names.items() if kind is Kind.LOCAL}
