"""What a statement at module or class level does besides binding its names.

A statement that only *binds* concerns those who use the names. One that may *raise* can besides
break the import of its module. One that *acts* may do anything, such as register something.
"""

import ast
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

from coverquery.source.chains import chain
from coverquery.source.scopes import COMPREHENSIONS, parameters
from coverquery.source.syntax import Function
from coverquery.source.values import METHODS, PURE_METHODS, Value, kind_of


class Effect(IntEnum):
    """What running a statement may do besides binding names; the larger, the worse."""

    BINDS = 0
    RAISES = 1
    ACTS = 2


PURE = frozenset({
    "re.compile", "collections.namedtuple", "collections.OrderedDict", "collections.defaultdict",
    "collections.deque", "collections.Counter", "typing.TypeVar", "typing.NewType",
    "typing.ParamSpec", "typing.TypeVarTuple", "typing.cast", "typing_extensions.TypeVar",
    "typing_extensions.ParamSpec", "logging.getLogger", "pathlib.Path", "pathlib.PurePath",
    "pathlib.PurePosixPath", "datetime.timedelta", "datetime.datetime", "datetime.date",
    "datetime.time", "datetime.timezone", "decimal.Decimal", "fractions.Fraction",
    "operator.itemgetter", "operator.attrgetter", "operator.methodcaller", "functools.partial",
    "threading.Lock", "threading.RLock", "threading.local", "contextvars.ContextVar",
    "textwrap.dedent", "struct.Struct", "weakref.WeakKeyDictionary", "weakref.WeakValueDictionary",
    "weakref.WeakSet", "enum.auto", "os.path.join", "os.path.dirname", "os.path.abspath",
    "os.path.basename", "os.path.normpath", "itertools.count", "string.Template", "uuid.UUID",
    "types.MappingProxyType", "types.SimpleNamespace",
    # builtins
    "frozenset", "set", "dict", "list", "tuple", "object", "int", "float", "complex", "str",
    "bytes", "bytearray", "bool", "len", "min", "max", "sum", "abs", "sorted", "range", "type",
    "zip", "enumerate", "reversed", "ord", "chr", "round", "repr", "isinstance", "issubclass",
    "hasattr", "property", "staticmethod", "classmethod", "slice", "divmod", "pow", "hash",
    "any", "all", "memoryview", "hex", "bin", "oct", "format", "callable", "id",
})  # fmt: skip
"""Calls that do nothing but return a new object, by full name. The one table of them."""

HARMLESS = frozenset({
    "property", "staticmethod", "classmethod",
    "functools.wraps", "functools.cache", "functools.lru_cache", "functools.cached_property",
    "functools.total_ordering", "contextlib.contextmanager", "contextlib.asynccontextmanager",
    "typing.overload", "typing.override", "typing.final", "typing_extensions.overload",
    "typing_extensions.override", "typing_extensions.final", "abc.abstractmethod",
    "pytest.fixture",
})  # fmt: skip
"""Decorators that register nothing and read no docstring."""

MARKS = ("pytest.mark.", "pytest.param")
_CONSTANT_KEYS = (ast.Constant, ast.Name)
_EVALUATED_LATE = (3, 14)


def _unknown(_: str) -> ast.expr | None:
    return None


class Surroundings(NamedTuple):
    """What is known where a statement stands.

    Attributes:
        origins: full name by local name, of imports; names bound twice are left out.
        known: names that are sure to be bound there.
        late: annotations are not evaluated (``from __future__ import annotations``).
        lasting: the statement ran before and is the same; only what it uses is different.
        value: what a name is surely bound to, wherever in the file it is looked up.
    """

    origins: Callable[[str], str | None]
    known: Container[str]
    late: bool = False
    lasting: bool = False
    value: Value = _unknown

    def without(self, names: Container[str]) -> "Surroundings":
        """Return what is known where these names are local."""
        return self._replace(
            origins=lambda name: None if name in names else self.origins(name),
            value=lambda name: None if name in names else self.value(name),
        )


def effect(node: ast.stmt, around: Surroundings) -> Effect:  # noqa: PLR0911 - one for each kind
    """Say what a simple statement, import, function or class header does besides binding.

    The bodies of classes and compound statements are left to the caller.
    """
    match node:
        case ast.Assign(targets=targets, value=value):
            return max(_targets(targets), expression(value, around))
        case ast.AnnAssign(target=ast.Name(), value=value, annotation=annotation):
            own = Effect.BINDS if value is None else expression(value, around)
            return max(own, _annotation(annotation, around))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _function(node, around)
        case ast.Import():
            plain = all(_is_standard(alias.name) and "." not in alias.name for alias in node.names)
            return Effect.BINDS if plain else Effect.ACTS
        case ast.ImportFrom():
            return _imported(node)
        case ast.Pass():
            return Effect.BINDS
        case ast.Expr(value=ast.Constant()):
            return Effect.BINDS
    return Effect.ACTS


def _targets(targets: Iterable[ast.expr]) -> Effect:
    worst = Effect.BINDS
    for target in targets:
        if isinstance(target, ast.Tuple | ast.List):
            names = all(isinstance(inner, ast.Name) for inner in target.elts)
            worst = max(worst, Effect.RAISES if names else Effect.ACTS)
        elif not isinstance(target, ast.Name):
            return Effect.ACTS
    return worst


def _imported(node: ast.ImportFrom) -> Effect:
    if node.module == "__future__" and not node.level:
        return Effect.ACTS
    if node.level or not _is_standard(node.module or "") or any(a.name == "*" for a in node.names):
        return Effect.ACTS
    return Effect.RAISES


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names and module not in {
        "this",
        "antigravity",
    }


def _function(node: Function, around: Surroundings) -> Effect:
    worst = Effect.BINDS
    for decorator in node.decorator_list:
        worst = max(worst, decorated(decorator, around))
    for default in (*node.args.defaults, *node.args.kw_defaults):
        if default is not None:
            worst = max(worst, expression(default, around))
    args = node.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    annotations = [arg.annotation for arg in every if arg is not None] + [node.returns]
    return max([worst, *(_annotation(one, around) for one in annotations if one is not None)])


def decorated(node: ast.expr, around: Surroundings) -> Effect:
    """Say what a decorator does besides wrapping what it decorates."""
    name = full_name(node.func if isinstance(node, ast.Call) else node, around)
    if name is not None and (name in HARMLESS or name.startswith(MARKS)):
        inner = (
            [*node.args, *(k.value for k in node.keywords)] if isinstance(node, ast.Call) else []
        )
        given = Effect.RAISES if inner else Effect.BINDS  # another value may be refused
        return max([given, *(expression(one, around) for one in inner)])
    match node:
        case ast.Attribute(value=ast.Name(), attr="setter" | "getter" | "deleter"):
            return Effect.BINDS
    return Effect.ACTS


def _annotation(node: ast.expr, around: Surroundings) -> Effect:
    if around.late or sys.version_info >= _EVALUATED_LATE:
        return Effect.BINDS
    return expression(node, around)


def expression(  # noqa: C901, PLR0911 - one for each kind
    node: ast.expr, around: Surroundings
) -> Effect:
    """Say what evaluating an expression may do; operators are taken for pure."""
    match node:
        case ast.Constant():
            return Effect.BINDS
        case ast.Name(id=name):
            return Effect.BINDS if name in around.known else Effect.RAISES
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            return _all(elts, around)
        case ast.Dict(keys=keys, values=values):
            plain = all(isinstance(key, _CONSTANT_KEYS[:1]) for key in keys)
            found = _all([*(key for key in keys if key is not None), *values], around)
            return found if plain else max(found, Effect.RAISES)
        case ast.Lambda(args=args):
            defaults = [*args.defaults, *(d for d in args.kw_defaults if d is not None)]
            return _all(defaults, around)
        case ast.Set(elts=elts):
            plain = all(isinstance(one, ast.Constant) for one in elts)
            return max(_all(elts, around), Effect.BINDS if plain else Effect.RAISES)
        case ast.UnaryOp(operand=ast.Constant(value=int() | float())):
            return Effect.BINDS
        case ast.Call():
            return _call(node, around)
        case ast.Await() | ast.Yield() | ast.YieldFrom() | ast.NamedExpr():
            return Effect.ACTS
    if isinstance(node, ast.Attribute) and around.lasting and full_name(node, around) is not None:
        return Effect.BINDS  # of an imported module, where it was found before
    if isinstance(node, COMPREHENSIONS):
        return _all_inside(node, around)
    inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return max(Effect.RAISES, _all(inner, around))


def _all(nodes: Iterable[ast.expr], around: Surroundings) -> Effect:
    return max((expression(node, around) for node in nodes), default=Effect.BINDS)


def _all_inside(node: ast.AST, around: Surroundings) -> Effect:
    inner = [n for n in ast.walk(node) if isinstance(n, ast.expr | ast.arg) and n is not node]
    local = {name for one in inner for name in _bound_here(one)}
    around = around.without(local) if local else around
    acts = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
    worst = Effect.RAISES
    for one in inner:
        if isinstance(one, acts) or (isinstance(one, ast.Call) and not _is_pure(one, around)):
            worst = Effect.ACTS
    return worst


def _bound_here(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id


def _call(node: ast.Call, around: Surroundings) -> Effect:
    given = [*node.args, *(k.value for k in node.keywords)]
    if not _is_pure(node, around) or any(_runs(k, around) for k in node.keywords):
        return Effect.ACTS
    bodies = [
        expression(one.body, around.without(set(parameters(one.args))))
        for one in given
        if isinstance(one, ast.Lambda)
    ]
    return max([Effect.RAISES, _all(given, around), *bodies])


def _runs(keyword: ast.keyword, around: Surroundings) -> bool:
    """Is this a function that nobody knows, which the call calls: ``key=register``?"""
    if keyword.arg != "key" or isinstance(keyword.value, ast.Lambda | ast.Constant):
        return False
    called = keyword.value.func if isinstance(keyword.value, ast.Call) else keyword.value
    full = full_name(called, around)
    return full is None or full not in PURE


def _is_pure(node: ast.Call, around: Surroundings) -> bool:
    match node.func:
        case ast.Attribute(value=ast.Constant(value=str() | bytes()), attr=name):
            return name in PURE_METHODS
        case ast.Attribute(value=value, attr=name) if kind := kind_of(value, around.value):
            return name in METHODS[kind]
    full = full_name(node.func, around)
    if full == "type" and len(node.args) != 1:
        return False  # it makes a class
    return full is not None and (full in PURE or full.startswith(MARKS))


def full_name(node: ast.expr, around: Surroundings) -> str | None:
    """Return ``collections.namedtuple`` for what it was imported as; None where nobody knows."""
    text = chain(node)
    if text is None:
        return None
    root, dot, rest = text.partition(".")
    origin = around.origins(root)
    return None if origin is None else f"{origin}{dot}{rest}"
