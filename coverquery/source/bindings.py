"""A changed statement at module or class level that does nothing but bind names.

Such a change concerns those who use the names, and nobody else. Everything that may do more is left
to the caller, which takes it for a change of the whole module.
"""

import ast
from collections.abc import Sequence

from coverquery.lines import LineSet
from coverquery.model import Touch
from coverquery.source.effects import Effect, effect, full_name
from coverquery.source.pairing import COMPOUND, Side, names_of
from coverquery.source.record import Record
from coverquery.source.scopes import bound, own_nodes
from coverquery.source.slices import NeedsWholeError
from coverquery.source.spans import extent, header, span
from coverquery.source.standing import Names, class_bases, class_effect
from coverquery.source.syntax import DEFINITIONS, FUNCTIONS, Definition, symbol_of
from coverquery.source.words import BASES, ORDER, words_of

_ABSTRACT = frozenset({"abstractmethod", "abstractproperty", "fixture"})
_SCOPES = frozenset({"function", "class", "module", "package", "session"})
_BY_TEXT = frozenset({"exec", "globals", "locals", "setattr", "vars"})
"""What binds names that nobody has written down as such."""
_SPOKEN = frozenset({
    "__version__", "__author__", "__license__", "__all__", "__title__", "__email__",
    "__copyright__", "__version_info__", "__description__", "__url__", "__date__",
})  # fmt: skip
"""Names of modules with underscores that nobody reads but by name."""


class Bindings:
    """Judges the changed statements of one file."""

    def __init__(self, old: Side, new: Side, record: Record) -> None:
        self._old, self._new, self._record = old, new, record
        self._names: tuple[Names, Names] | None = None

    def changed(
        self,
        chain: Sequence[Definition],
        old: ast.stmt | None,
        new: ast.stmt | None,
        *,
        guarded: bool = False,
    ) -> bool:
        """Note what a change of one statement means; False if it may do more than bind.

        Args:
            chain: the classes around it in the old version.
            old: the statement; None when it is inserted.
            new: its new form; None when it is deleted.
            guarded: somebody catches what it raises, and goes on otherwise.
        """
        worst = max(self._effect(old, 0), self._effect(new, 1))
        names = sorted({*_names(old), *_names(new)})
        if (
            worst > (Effect.BINDS if guarded else Effect.RAISES)
            or not names
            or any(map(self._odd, names if not chain else ()))
        ):
            return False
        dunder = bool(chain) and any(map(_is_dunder, names))  # `__slots__ = None` is refused
        raises = self._effect(new, 1) == Effect.RAISES or (
            dunder and not isinstance(new, FUNCTIONS)
        )
        prefix = "".join(f"{one.name}." for one in chain)
        for name in names:
            self._touch(chain, f"{prefix}{name}", (old, new), raises=raises)
        return True

    def acts(self, old: ast.stmt, new: ast.stmt) -> bool:
        """May a statement do more than bind, before or now?"""
        return max(self._effect(old, 0), self._effect(new, 1)) == Effect.ACTS

    def reordered(self, chain: Sequence[Definition]) -> None:
        """Note that methods of a class stand in another order."""
        symbol = symbol_of(chain, ORDER)
        self._record.symbol(Touch("symbol", header(chain[-1]), False, symbol))

    def tried(self, node: ast.stmt) -> None:
        """Note that a statement does the same, if it works where it stands now."""
        self._record.symbol(Touch("symbol", LineSet(), False, "", span(node), raises=True))

    def _touch(
        self,
        chain: Sequence[Definition],
        symbol: str,
        both: tuple[ast.stmt | None, ast.stmt | None],
        *,
        raises: bool,
    ) -> None:
        old, new = both
        lines = [_lines(node, whole=None in both) for node in both]
        name = symbol.rpartition(".")[2]
        gone = name not in _names(new) and name not in self._bound_now(chain)
        fixture = old is None and not chain and self._is_asked_for(new)
        wide = not fixture and any(map(_is_wide, both))
        bases: tuple[str, ...] = ()
        if isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef):
            symbol, gone = f"{symbol}.{BASES}", False
        for at, node in enumerate(both):
            if isinstance(node, ast.ClassDef):
                bases += class_bases(node, self._both()[at].around())
        self._record.symbol(
            Touch("symbol", lines[0], False, symbol, lines[1], gone=gone, wide=wide,
                  raises=raises, bases=bases, imports=_imports(both), fixture=fixture,
                  elsewhere=gone and self._may_be_bound(chain, name))
        )  # fmt: skip
        if isinstance(old, FUNCTIONS):
            entered = extent(new.body) if isinstance(new, FUNCTIONS) else LineSet()
            self._record.mark("line", symbol, extent(old.body), entered)

    def _is_asked_for(self, node: ast.stmt | None) -> bool:
        """Is this a fixture under its own name that only those get who ask for it?"""
        if not isinstance(node, FUNCTIONS) or len(node.decorator_list) != 1:
            return False
        (made,) = node.decorator_list
        around = self._both()[1].around(node.lineno)
        if isinstance(made, ast.Call):
            if made.args or not all(map(_is_plain, made.keywords)):
                return False
            made = made.func
        return full_name(made, around) == "pytest.fixture"

    def _effect(self, node: ast.stmt | None, at: int) -> Effect:
        if node is None:
            return Effect.BINDS
        around = self._both()[at].around(node.lineno if at else None)
        if isinstance(node, ast.ClassDef):
            return class_effect(node, around)
        if isinstance(node, ast.Import | ast.ImportFrom):
            return _import_effect(node)
        return effect(node, around)

    def _bound_now(self, chain: Sequence[Definition]) -> set[str]:
        """Return the names that are sure to be bound where the statement stands, today."""
        body: Sequence[ast.stmt] = self._new.syntax.tree.body
        for one in chain:
            found = (n for n in body if isinstance(n, ast.ClassDef) and n.name == one.name)
            body = [inner for node in found for inner in node.body]
        always = [node for node in body if not isinstance(node, COMPOUND)]
        return {name for node, inside in own_nodes(always) if not inside for name in bound(node)}

    def _may_be_bound(self, chain: Sequence[Definition], name: str) -> bool:
        """May a name be bound somewhere in the scope where the statement stood, today?"""
        tree = self._new.syntax.tree
        if any(isinstance(node, ast.Name) and node.id in _BY_TEXT for node in ast.walk(tree)):
            return True
        body: Sequence[ast.stmt] = tree.body
        for one in chain:
            own = [node for node, _ in own_nodes(body) if isinstance(node, ast.ClassDef)]
            body = [inner for node in own if node.name == one.name for inner in node.body]
        return any({name, "*"}.intersection(bound(node)) for node, _ in own_nodes(body))

    def _both(self) -> tuple[Names, Names]:
        if self._names is None:
            if self._old.syntax.whole is not None or self._new.syntax.whole is not None:
                raise NeedsWholeError
            self._names = Names(self._old.syntax.tree), Names(self._new.syntax.tree)
        return self._names

    @staticmethod
    def _odd(name: str) -> bool:
        """Does the interpreter itself look for this name in a module?"""
        return _is_dunder(name) and name not in _SPOKEN


def _is_plain(word: ast.keyword) -> bool:
    """Is this argument of ``pytest.fixture`` one that it surely takes, for whoever asks?"""
    match word:
        case ast.keyword(arg="scope", value=ast.Constant(value=str(scope))):
            return scope in _SCOPES
        case ast.keyword(arg="params" | "ids", value=ast.List() | ast.Tuple()):
            return True
    return False


def _import_effect(node: ast.Import | ast.ImportFrom) -> Effect:
    """Say what an import does, the code of the imported module left out."""
    if isinstance(node, ast.ImportFrom):
        future = node.module == "__future__" and not node.level
        if future or any(alias.name == "*" for alias in node.names):
            return Effect.ACTS
    return Effect.RAISES


def _imports(both: Sequence[ast.stmt | None]) -> tuple[str, ...]:
    """Return what only one of the two imports."""
    nodes = [node for node in both if isinstance(node, ast.Import | ast.ImportFrom)]
    words = [words_of([node]) for node in nodes]
    return tuple(
        sorted(words[0] ^ words[1] if len(words) > 1 else {w for one in words for w in one})
    )


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _names(node: ast.stmt | None) -> list[str]:
    if node is None:
        return []
    return [node.name] if isinstance(node, DEFINITIONS) else [n for n in names_of(node) if n != "*"]


def _lines(node: ast.stmt | None, *, whole: bool) -> LineSet:
    if node is None:
        return LineSet()
    return header(node) if isinstance(node, DEFINITIONS) and not whole else span(node)


def _is_wide(node: ast.stmt | None) -> bool:
    """Does a definition concern more than those who name it: abstract methods, fixtures?"""
    decorators = node.decorator_list if isinstance(node, DEFINITIONS) else []
    inner = (part for one in decorators for part in ast.walk(one))
    return any(
        (isinstance(part, ast.Name) and part.id in _ABSTRACT)
        or (isinstance(part, ast.Attribute) and part.attr in _ABSTRACT)
        for part in inner
    )
