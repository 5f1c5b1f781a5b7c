"""Who may read a docstring: can code we do not see get hold of it?"""

import ast
from collections.abc import Iterator

from coverquery.source.scopes import bound
from coverquery.source.slices import NeedsWholeError
from coverquery.source.syntax import Definition, Syntax

HARMLESS = frozenset({
    "property", "staticmethod", "classmethod",
    "functools.wraps", "functools.cache", "functools.lru_cache", "functools.cached_property",
    "functools.total_ordering", "contextlib.contextmanager", "contextlib.asynccontextmanager",
    "typing.overload", "typing.override", "typing.final", "typing_extensions.overload",
    "typing_extensions.override", "typing_extensions.final", "abc.abstractmethod",
    "pytest.fixture",
})  # fmt: skip
"""Decorators that hand a docstring on without reading it."""

HARMLESS_FOR_CLASSES = frozenset({
    "dataclasses.dataclass", "functools.total_ordering", "typing.final",
    "typing_extensions.final",
})  # fmt: skip

SPECIAL = frozenset({
    ast.Call, ast.Subscript, ast.AnnAssign, ast.arguments, ast.ClassDef, ast.ExceptHandler,
    ast.FunctionDef, ast.AsyncFunctionDef,
})  # fmt: skip
"""Nodes that hand on something else than whatever stands directly in them (see `passed`)."""

ACCESSORS = frozenset({"setter", "getter", "deleter"})
TYPE_TESTS = frozenset({"isinstance", "issubclass"})


class DocReaders:
    """Answers for one version of a file; looks through it only when asked."""

    def __init__(self, syntax: Syntax) -> None:
        self._tree = syntax.tree
        self._is_part = syntax.whole is not None
        self._origins: dict[str, str] = {}
        self._defined: set[str] = set()
        self._scanned = False

    def escapes(self, chain: tuple[Definition, ...]) -> bool:
        """May whoever makes one of these read its docstring: a decorator, a metaclass?

        Args:
            chain: the definitions around the docstring, from the outermost to its owner;
                empty for the module's own.
        """
        if not any(node.decorator_list or getattr(node, "keywords", ()) for node in chain):
            return False
        self._scan()
        return any(self._shown(node) for node in chain)

    def _scan(self) -> None:
        if self._scanned:
            return
        if self._is_part:
            raise NeedsWholeError
        self._scanned = True
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
            elif not isinstance(node, ast.alias):
                self._defined.update(bound(node))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        base = "" if isinstance(node, ast.Import) else f"{'.' * node.level}{node.module or ''}."
        for alias in node.names:
            name = next(bound(alias))
            origin = base + (alias.name if alias.asname or base else name)
            if self._origins.setdefault(name, origin) != origin:
                self._defined.add(name)

    def _shown(self, node: Definition) -> bool:
        """Is this definition handed to code that may look at it?"""
        if isinstance(node, ast.ClassDef) and node.keywords:
            return True
        harmless = HARMLESS_FOR_CLASSES if isinstance(node, ast.ClassDef) else HARMLESS
        return not all(
            self._accessor(d, node) or self._origin(d) in harmless for d in node.decorator_list
        )

    def _origin(self, decorator: ast.expr) -> str | None:
        """Return the full name of a decorator; None where it may be anything."""
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in self._defined:
            return None
        return ".".join([self._origins.get(node.id, node.id), *reversed(parts)])

    @staticmethod
    def _accessor(decorator: ast.expr, owner: Definition) -> bool:
        """Is this ``@name.setter`` above a function of that very name?"""
        match decorator:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                return name == owner.name and attribute in ACCESSORS
        return False


def passed(node: ast.AST) -> Iterator[str]:
    """Yield names whose value this node hands on."""
    match node:
        case ast.Attribute() | ast.Compare() | ast.arg():
            return
        case ast.Call(func=ast.Name(id=name), args=[_, *_]) if name in TYPE_TESTS:
            return
    for value in _values(node):
        if isinstance(value, ast.Name) and isinstance(value.ctx, ast.Load):
            yield value.id
        elif isinstance(value, ast.Attribute) and isinstance(value.ctx, ast.Load):
            yield value.attr


def _values(node: ast.AST) -> Iterator[ast.AST | None]:
    match node:
        case ast.Call():
            yield from node.args
            yield from (keyword.value for keyword in node.keywords)
        case ast.Subscript(ctx=ast.Store()):
            yield node.slice
        case ast.AnnAssign() | ast.Subscript():
            yield node.value
        case ast.arguments():
            yield from node.defaults
            yield from node.kw_defaults
        case ast.ClassDef() | ast.ExceptHandler() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return
        case _:
            yield from ast.iter_child_nodes(node)
