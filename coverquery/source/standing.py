"""What is known where a statement at module or class level stands: names, imports, classes."""

import ast
import builtins
from collections.abc import Iterable, Iterator

from coverquery.source.effects import Effect, Surroundings, decorated, effect, expression, full_name
from coverquery.source.pairing import COMPOUND
from coverquery.source.scopes import bound, own_nodes
from coverquery.source.usage import Origin

_WRITERS = frozenset({"globals", "exec", "vars", "locals", "setattr"})
"""Who uses these may bind any name of the module."""

MAKERS_OF_BASES = frozenset({"collections.namedtuple"})
"""Calls whose result is a class that looks at nothing when others derive from it."""


class Names:
    """What the names of a module stand for, as far as its text shows: see ``Surroundings``."""

    def __init__(self, tree: ast.Module) -> None:
        self.late = any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in tree.body
        )  # fmt: skip
        self._tree = tree
        self._values: dict[str, ast.expr] | None = None
        own = [inner for inner, _ in own_nodes(tree.body)]
        self.top = _bound_for_sure(tree, own)
        self._full: dict[str, str | None] = {}
        for inner in own:
            for name, origin in _full_names(inner):
                self._full[name] = origin if self._full.get(name, origin) == origin else None
        for inner in own:
            self._full |= dict.fromkeys(_rebound(inner))

    def origin(self, name: str) -> str | None:
        """Return the full name an imported or builtin name stands for, None for others."""
        if name in self._full:
            return self._full[name]
        return name if name in vars(builtins) else None

    def around(self, line: int | None = None) -> Surroundings:
        """Return what is known at a line; None: every name is, for the module was imported."""
        if line is None:
            everything = _Everything()
            return Surroundings(self.origin, everything, self.late, lasting=True, value=self.value)
        return Surroundings(self.origin, _Above(self, line), self.late, value=self.value)

    def value(self, name: str) -> ast.expr | None:
        """Return what one statement of the module binds a name to, where no other in the file does.

        Functions and classes count, too: they may rebind it, or hide it where it is looked up.
        """
        if self._values is None:
            self._values = _bound_once(self._tree)
        return self._values.get(name)


def _bound_for_sure(tree: ast.Module, own: Iterable[ast.AST]) -> dict[str, int]:
    """Return the line from which on a name is there: not bound under a condition, nor deleted."""
    lines: dict[str, int] = {}
    for node in tree.body:
        if not isinstance(node, COMPOUND):
            for name in binds(node):
                lines.setdefault(name, node.lineno)
    for inner in own:
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Del):
            lines.pop(inner.id, None)
    return lines


def _bound_once(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the values of names of which the whole file holds but one binding."""
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
    seen: set[str] = set()
    for inner in ast.walk(tree):
        names = [inner.arg] if isinstance(inner, ast.arg) else list(bound(inner))
        if "*" in names or (isinstance(inner, ast.Name) and inner.id in _WRITERS):
            return {}
        for name in seen.intersection(names):
            found.pop(name, None)
        seen.update(names)
    return found


def _rebound(node: ast.AST) -> Iterator[str]:
    """Yield the names that are not what they were imported as, or builtin, everywhere below."""
    if not isinstance(node, ast.alias):
        yield from bound(node)
    if isinstance(node, ast.ClassDef):  # where `property` may be something else
        for inner, _ in own_nodes(node.body):
            yield from vars(builtins).keys() & set(bound(inner))


class _Everything:
    def __contains__(self, name: object) -> bool:
        return True


class _Above:
    """The names bound for sure above a line, and the builtin ones."""

    def __init__(self, names: Names, line: int) -> None:
        self._top, self._line = names.top, line

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        return self._top.get(name, self._line) < self._line or name in vars(builtins)


CLASS_DECORATORS = frozenset({
    "functools.total_ordering", "typing.final", "typing_extensions.final",
    "typing.runtime_checkable", "enum.unique", "dataclasses.dataclass",
})  # fmt: skip
"""Class decorators that register nothing; all of them look at the members."""


def class_header(node: ast.ClassDef, around: Surroundings) -> Effect:
    """Say what making a class does, its bases and its body left out."""
    worst = max([Effect.BINDS, *(_class_decorator(d, around) for d in node.decorator_list)])
    for keyword in node.keywords:
        known = keyword.arg == "metaclass" and full_name(keyword.value, around) == "abc.ABCMeta"
        worst = worst if known else Effect.ACTS
    return worst


def class_effect(node: ast.ClassDef, around: Surroundings) -> Effect:
    """Say what a class statement does with all of its body, its bases left out."""
    worst = class_header(node, around)
    if node.bases:
        worst = max(worst, Effect.RAISES)
    for inner in node.body:
        if isinstance(inner, ast.ClassDef):
            worst = max(worst, class_effect(inner, around))
        else:
            worst = max(worst, effect(inner, around))
    return worst


def class_bases(node: ast.ClassDef, around: Surroundings) -> tuple[str, ...]:
    """Return the bases of a class as ``usage.Piece`` holds them."""
    return tuple(_base(base, around) for base in node.bases)


def _base(node: ast.expr, around: Surroundings) -> str:
    if isinstance(node, ast.Subscript):  # Generic[T]
        node = node.value
    if isinstance(node, ast.Call) and full_name(node.func, around) in MAKERS_OF_BASES:
        node = node.func
    full = full_name(node, around)
    if full is None and isinstance(node, ast.Name):
        return f"={node.id}"
    return full or "?"


def _class_decorator(node: ast.expr, around: Surroundings) -> Effect:
    name = full_name(node.func if isinstance(node, ast.Call) else node, around)
    if name in CLASS_DECORATORS:
        inner = (
            [*node.args, *(k.value for k in node.keywords)] if isinstance(node, ast.Call) else []
        )
        return max([Effect.RAISES, *(expression(one, around) for one in inner)])
    return max(Effect.RAISES, decorated(node, around))


def binds(node: ast.stmt) -> Iterator[str]:
    """Yield the names a statement binds where it stands."""
    nodes = (inner for inner, comprehended in own_nodes([node]) if not comprehended)
    yield from sorted({name for inner in nodes for name in bound(inner) if name != "*"})


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Origin]]:
    """Yield each name an import binds, and what it stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            yield (alias.asname, (0, alias.name, "")) if alias.asname else (root, (0, root, ""))
    else:
        for alias in node.names:
            yield alias.asname or alias.name, (node.level, node.module or "", alias.name)


def _full_names(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for name, (level, module, taken) in imported(node):
            full = f"{'.' * level}{module}"
            dot = "." if module and taken else ""  # the dots of ``from . import x`` are enough
            yield name, f"{full}{dot}{taken}"
