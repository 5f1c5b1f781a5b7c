"""Recognise ``if TYPE_CHECKING:``, whose body no running program enters."""

import ast
import re
from collections.abc import Iterator

from coverquery.source.scopes import bound, parameters
from coverquery.source.slices import NeedsWholeError
from coverquery.source.walking import nodes

TYPING = frozenset({"typing", "typing_extensions"})
FLAG = "TYPE_CHECKING"
_LOADED = frozenset({ast.Name, ast.Attribute})
_BIND_NOTHING = frozenset({ast.Constant, ast.Call, ast.Expr, ast.Compare, ast.Assign, ast.arg})
_RENAMED = re.compile(rb"TYPE_CHECKING[\s\\]+as[\s\\]+(\w+)")


class TypingOnly:
    """Tells a file's typing-only conditions; looks through the file only when asked."""

    def __init__(self, tree: ast.Module, whole: bytes | None = None) -> None:
        self._tree = tree
        self._flags: frozenset[str] | None = None
        self._elsewhere = None if whole is None else _possible(whole)

    def __call__(self, node: ast.If) -> bool:
        """Is the body of this statement for type checkers only?"""
        match node.test:
            case ast.Name(id=name):
                return self._is_flag(name, name)
            case ast.Attribute(value=ast.Name(id=name), attr="TYPE_CHECKING"):
                return self._is_flag(f"{name}.{FLAG}", FLAG)
        return False

    def _is_flag(self, flag: str, mention: str) -> bool:
        if self._elsewhere is None:
            return flag in self._known()
        if mention in self._elsewhere:
            raise NeedsWholeError
        return False

    def _known(self) -> frozenset[str]:
        if self._flags is None:
            flags = frozenset(_imported(self._tree))
            self._flags = flags and flags - frozenset(_rebound(self._tree, flags))
        return self._flags


def _possible(whole: bytes) -> frozenset[str]:
    """Return the names that may stand for the flag somewhere in a file."""
    if FLAG.encode() not in whole:
        return frozenset()
    return frozenset({FLAG, *(name.decode() for name in _RENAMED.findall(whole))})


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module in TYPING and not node.level:
            yield from (a.asname or a.name for a in node.names if a.name == FLAG)
        elif isinstance(node, ast.Import):
            names = (a.asname or a.name for a in node.names if a.name in TYPING)
            yield from (f"{name}.{FLAG}" for name in names)


def _rebound(tree: ast.Module, flags: frozenset[str]) -> Iterator[str]:
    """Yield the flags that anything besides those imports binds, anywhere in the file."""
    imports = {id(alias) for node in tree.body for alias in getattr(node, "names", ())}
    rebound: set[str] = set()
    for node in nodes(tree):
        kind = type(node)
        if kind in _BIND_NOTHING or (kind in _LOADED and type(node.ctx) is ast.Load):
            continue
        if kind is ast.Attribute and isinstance(node.ctx, ast.Store):
            rebound.add(f"*.{node.attr}")
        elif kind is ast.arguments:
            rebound.update(parameters(node))
        elif id(node) not in imports or not isinstance(node, ast.alias) or not _is_typing(node):
            rebound.update(bound(node))
    for flag in flags:
        root, _, attribute = flag.partition(".")
        if root in rebound or (attribute and f"*.{attribute}" in rebound):
            yield flag


def _is_typing(alias: ast.alias) -> bool:
    return alias.name == FLAG or alias.name in TYPING
