"""Who uses what in one file: the statements that run at import, and the words of its functions."""

import ast
from collections.abc import Iterable, Iterator, Sequence

from coverquery.lines import LineSet
from coverquery.source.effects import Effect, effect
from coverquery.source.scopes import bound, own_nodes, parameters
from coverquery.source.spans import extent, header, idle, span
from coverquery.source.standing import Names, binds, class_bases, class_header, imported
from coverquery.source.syntax import DEFINITIONS, FUNCTIONS, Function, Syntax
from coverquery.source.typing_only import TypingOnly
from coverquery.source.usage import Mentions, Origin, Piece
from coverquery.source.words import Hidden, words_of


def mentions(syntax: Syntax) -> Mentions:
    """Go through a parsed file."""
    reader = _Reader(syntax)
    reader.suite(syntax.tree.body, "")
    stars = [o for o in reader.imported if o[2] == "*"]
    return Mentions(
        {name: tuple(sorted(found)) for name, found in reader.origins.items()},
        tuple(dict.fromkeys(stars)),
        tuple(reader.pieces),
        {word: str(LineSet(bits)) for word, bits in reader.uses.items()},
        frozenset(reader.fixtures),
    )


class _Reader:
    def __init__(self, syntax: Syntax) -> None:
        self._names = Names(syntax.tree)
        self._around = self._names.around()
        self._typing_only = TypingOnly(syntax.tree)
        self.origins: dict[str, set[Origin]] = {}
        self.imported: list[Origin] = []
        self.pieces: list[Piece] = []
        self.uses: dict[str, int] = {}
        self.fixtures: set[str] = set()

    def suite(self, body: Sequence[ast.stmt], owner: str) -> LineSet:
        """Read what runs at import; return the lines of the functions met."""
        bodies = LineSet()
        for node in body:
            if isinstance(node, FUNCTIONS):
                bodies |= self._function(node, owner)
            elif isinstance(node, ast.ClassDef):
                bodies |= self._class(node, owner)
            elif isinstance(node, ast.If | ast.Try | ast.TryStar):
                bodies |= self._compound(node, owner)
            elif not idle(node):
                bodies |= self._simple(node, owner)
        return bodies

    def _function(self, node: Function, owner: str) -> LineSet:
        lines = extent(node.body)
        found = effect(node, self._around)
        words, notes = _header_words(node), _note_words(node)
        if found == Effect.ACTS:  # who decorates may read annotations
            words, notes = words | notes, frozenset()
        elif self._names.late:
            notes = frozenset()
        self.pieces.append(Piece(owner, (node.name,), "def", found, words, notes, lines))
        self._body(node, frozenset())
        return lines

    def _class(self, node: ast.ClassDef, owner: str) -> LineSet:
        name = f"{owner}.{node.name}" if owner else node.name
        at = len(self.pieces)
        bodies = self.suite(node.body, name)
        heads = [*node.decorator_list, *node.bases, *(k.value for k in node.keywords)]
        bases = class_bases(node, self._around)
        worst = class_header(node, self._around)
        plain = not node.keywords and not node.decorator_list
        words = frozenset(words_of(heads))
        self.pieces.insert(
            at,
            Piece(
                owner, (node.name,), "class", worst, words, frozenset(), bodies, bases, plain,
            ),
        )  # fmt: skip
        return bodies

    def _compound(self, node: ast.If | ast.Try | ast.TryStar, owner: str) -> LineSet:
        bodies = LineSet()
        if isinstance(node, ast.If):
            if self._typing_only(node):
                return self.suite(node.orelse, owner)
            if not owner and _is_main(node.test):
                self._statements(node.body, frozenset())
                return self.suite(node.orelse, owner)
            words = frozenset(words_of([node.test]))
            self._head(owner, words)
        else:
            for handler in node.handlers:
                words = frozenset(words_of([handler.type]))
                self._head(owner, words)
                bodies |= self.suite(handler.body, owner)
            bodies |= self.suite(node.finalbody, owner)
        at = len(self.pieces)
        bodies |= self.suite(node.body, owner)
        if not isinstance(node, ast.If) and node.handlers:
            self.pieces[at:] = [one._replace(guarded=True) for one in self.pieces[at:]]
        bodies |= self.suite(node.orelse, owner)
        if isinstance(node, ast.If):
            self.pieces[at:] = [one._replace(perhaps=True) for one in self.pieces[at:]]
        return bodies

    def _head(self, owner: str, words: frozenset[str]) -> None:
        self.pieces.append(Piece(owner, (), "head", Effect.ACTS, words, frozenset()))

    def _simple(self, node: ast.stmt, owner: str) -> LineSet:
        """Read any other statement, loops and ``with`` included, as one piece."""
        found = effect(node, self._around)
        bodies = LineSet()
        words = words_of(_leaving_definitions([node]))
        notes: set[str] = set()
        if isinstance(node, ast.AnnAssign):
            words = words_of([node.target, node.value])
            notes = words_of([node.annotation])
        for inner in ast.walk(node):
            if isinstance(inner, FUNCTIONS):
                words |= _header_words(inner) | _note_words(inner)
                bodies |= extent(inner.body)
                self._body(inner, frozenset())
            elif isinstance(inner, ast.Import | ast.ImportFrom):
                self._import(inner)
        kind = "import" if isinstance(node, ast.Import | ast.ImportFrom) else "other"
        bound_here = tuple(binds(node))
        self.pieces.append(
            Piece(
                owner,
                bound_here,
                kind,
                found,
                frozenset(words),
                frozenset(notes),
                bodies,
            )
        )
        return bodies

    def _body(self, node: Function, outer: Hidden) -> None:
        """Note the words of each statement of a function, nested functions included."""
        own = set(parameters(node.args))
        self.fixtures |= own
        free: set[str] = set()
        for inner, comprehended in own_nodes(node.body):
            if isinstance(inner, ast.Global):
                free.update(inner.names)
            elif isinstance(inner, ast.alias):
                free.update(bound(inner))
            elif not (comprehended and isinstance(inner, ast.Name)):
                own.update(bound(inner))
        self._statements(node.body, (outer | own) - free)

    def _statements(self, body: Iterable[ast.stmt], hidden: Hidden) -> None:
        for node in body:
            if idle(node):
                continue
            if isinstance(node, FUNCTIONS):
                self._use(_header_words(node, hidden) | _note_words(node, hidden), header(node))
                self._body(node, hidden)
                continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
            suites = list(_suites(node))
            if not suites:
                self._use(words_of([node], hidden), span(node))
                continue
            if not isinstance(node, ast.Try | ast.TryStar):
                self._use(words_of(_heads(node), hidden), header(node))
            for arm in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                parts = [getattr(arm, name, None) for name in ("type", "pattern", "guard")]
                self._use(words_of(parts, hidden), header(arm))
            for suite in suites:
                self._statements(suite, hidden)

    def _use(self, words: Iterable[str], lines: LineSet) -> None:
        for word in words:
            self.uses[word] = self.uses.get(word, 0) | lines.bits

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, origin in imported(node):
            self.imported.append(origin)
            if name != "*":
                self.origins.setdefault(name, set()).add(origin)


def _header_words(node: Function, hidden: Hidden = frozenset()) -> frozenset[str]:
    """Return what is mentioned where a function is defined, not where it runs."""
    args = node.args
    return frozenset(words_of([*node.decorator_list, *args.defaults, *args.kw_defaults], hidden))


def _note_words(node: Function, hidden: Hidden = frozenset()) -> frozenset[str]:
    args = node.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    notes = [one.annotation for one in every if one is not None]
    return frozenset(words_of([*notes, node.returns], hidden))


def _is_main(test: ast.expr) -> bool:
    match test:
        case ast.Compare(
            left=ast.Name(id="__name__"),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value="__main__")],
        ):
            return True
    return False


def _leaving_definitions(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Yield the parts that run themselves: no bodies of functions."""
    stack = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, DEFINITIONS):
            stack.extend(node.decorator_list)
            if isinstance(node, ast.ClassDef):
                stack.extend([*node.bases, *(k.value for k in node.keywords), *node.body])
        elif isinstance(node, ast.excepthandler | ast.match_case) or (
            isinstance(node, ast.stmt) and any(_suites(node))
        ):
            stack.extend(ast.iter_child_nodes(node))
        else:
            yield node


def _heads(node: ast.stmt) -> list[ast.AST]:
    """Return the expressions of a compound statement's header."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(k.value for k in node.keywords)]
    if isinstance(node, ast.With | ast.AsyncWith):
        return list(node.items)
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _suites(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        suite = getattr(node, name, None)
        if isinstance(suite, list) and suite:
            yield suite
    for arm in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield arm.body
