"""Which state that outlives a test a function writes to, read from its code and its text.

State has names: of module globals, of attributes of modules, classes and functions, of free
variables. What cannot be read counts as writing to everything it mentions.
"""

import ast
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any, NamedTuple

from .definitions import DECLARING, STORED, interesting, parsed
from .reach import Roots, parts
from .storing import MUTATORS, OF_FIRST, WHOSE_CLASS, at_hand, stores_global

_SAME = frozenset({"getattr", "vars", "iter", "reversed", "cast", "enumerate"})
_ANEW = frozenset(
    {"copy", "deepcopy", "count", "decode", "encode", "format", "index", "isdisjoint", "issubset",
     "join", "lower", "match", "replace", "search", "split", "startswith", "strip", "union",
     "upper"}
)  # fmt: skip
_HARMLESS = frozenset(
    {"len", "isinstance", "getattr", "hasattr", "setattr", "delattr", "list", "dict", "set",
     "tuple", "bool", "type", "IndexError", "KeyError", "ValueError", "TypeError", "RuntimeError",
     "AttributeError", "LookupError"}
)  # fmt: skip
_ALL = "__dict__"  # a namespace: what is stored by its name in there
_OF_ENUM = frozenset({"_member_map_", "_value2member_map_"})  # nobody reads these by their names
ANY_NAME = "*"
"""State that is written by a computed name."""
_DEEP = 3  # what an alias of an alias stands for
# tuples: ``X | Y`` would be made anew each time


class Writes(NamedTuple):
    """What a function writes to.

    Attributes:
        names: the state's names; whoever mentions one of them may read it.
        lines: where the writing stands; empty: not known, anywhere.
        alone: no other code of the project can run in it, as far as its text tells.
    """

    names: frozenset[str]
    lines: frozenset[int]
    alone: bool = False


NOTHING = Writes(frozenset(), frozenset())


def written(code: CodeType, text_of: Callable[[CodeType], list[str]], reach: Roots) -> Writes:
    """Return what a function writes to.

    Args:
        code: a function's.
        text_of: returns the lines of its file.
        reach: what it can reach.
    """
    globals_stored = stores_global(code)
    classes = reach.owners or WHOSE_CLASS.intersection(code.co_names)
    if not (globals_stored or reach.things or classes):
        return NOTHING
    if not globals_stored and not at_hand(code, reach):
        return NOTHING
    found = parsed(code, text_of(code))
    if found is None:
        return Writes(reach.things, frozenset())
    node, shift = found
    reader = _Reader(reach)
    reader.read(node)
    names = frozenset(said for name in reader.names for said in _as_compiled(name, code))
    alone = bool(names) and _alone(node, reach.simple)
    return Writes(names, frozenset(n + shift for n in reader.lines), alone)


def _as_compiled(name: str, code: CodeType) -> Iterable[str]:
    """Return a name as the code has it: a class's private ones begin with the name of the class."""
    if name in _OF_ENUM:
        return (ANY_NAME,)
    if not name.startswith("__"):
        return (name,)
    if name.endswith("__"):
        return ()
    every = {one for part in parts(code) for one in (*part.co_names, *part.co_freevars)}
    return [one for one in every if one.endswith(name) and one[:1] == "_" and one != name]


def _alone(function: Any, simple: frozenset[str]) -> bool:
    """Tell whether only Python's own containers are called."""
    return not function.decorator_list and all(
        _calls_nobody(node, simple) for part in function.body for node in ast.walk(part)
    )


def _calls_nobody(node: ast.AST, simple: frozenset[str]) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in _HARMLESS
    if isinstance(node, ast.Call | ast.Attribute):
        while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
            node = node.func if isinstance(node, ast.Call) else node.value
        return isinstance(node, ast.Name) and node.id in simple
    return not isinstance(
        node, ast.With | ast.AsyncWith | ast.Await | ast.Yield | ast.YieldFrom | ast.JoinedStr
        | ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.Import | ast.ImportFrom
    )  # fmt: skip


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


class _Reader:
    """Walks one function, without the functions and classes in it."""

    def __init__(self, reach: Roots) -> None:
        self._things = {name: frozenset({name}) for name in reach.things}
        self._owners = reach.owners
        self._set_up = reach.set_up
        self._of_class = reach.of_class
        self._me = reach.me
        self._box = reach.box
        self._handed = reach.handed
        self._given = reach.given
        self._declared: set[str] = set()
        self.names: set[str] = set()
        self.lines: set[int] = set()

    def read(self, function: Any) -> None:
        """Read the whole function, until nothing more is known of its variables."""
        nodes = interesting(function)
        for _ in range(_DEEP):
            before = self._things.copy(), len(self._declared)
            for node in nodes:
                self._see(node)
            if before == (self._things, len(self._declared)):
                break

    def _see(self, node: Any) -> None:
        if isinstance(node, STORED):
            if not isinstance(node.ctx, ast.Load):
                self._stored(node)
        elif isinstance(node, ast.Call):
            self._called(node)
        elif isinstance(node, DECLARING):
            self._declared.update(node.names)
        else:
            self._bound(node)

    def _stored(self, node: ast.Attribute | ast.Subscript | ast.Name) -> None:
        if isinstance(node, ast.Name):
            self._note({node.id} & self._declared, node)
        elif isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id == self._set_up:
                return  # other classes have their own; who looks in there leans on its tests
            found = {node.attr} if self._owned(node.value) else self._of(node.value)
            self._note({*found, node.attr} if found else (), node)
        else:
            found = self._keyed(self._of(node.value), [node.slice])
            self._note({ANY_NAME} if self._is_box(node.value) else found, node)

    def _keyed(self, found: frozenset[str], keys: list[Any]) -> frozenset[str]:
        """Return names, those that are said to be in a namespace in its place."""
        if _ALL not in found:
            return found
        said = {str(n.value) for n in keys if isinstance(n, ast.Constant)}
        return found - {_ALL} | (said or {ANY_NAME})

    def _is_box(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            return bool(self._box) and isinstance(node.func, ast.Name) and node.func.id == "super"
        return isinstance(node, ast.Name) and node.id == self._box != ""

    def _called(self, node: ast.Call) -> None:
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if node.args or node.keywords:
            self._note(self._given.get(_text(function), ()), node)
        if isinstance(function, ast.Attribute) and name in MUTATORS:
            keys = [*node.args[:1], *(ast.Constant(said.arg) for said in node.keywords if said.arg)]
            found = self._keyed(self._of(function.value), keys)
            self._note({ANY_NAME} if self._is_box(function.value) else found, node)
        if name in OF_FIRST | MUTATORS and node.args:
            first = node.args[0]
            said = node.args[1:2]
            found = frozenset({_ALL}) if self._owns(first) else self._of(first)
            self._note(self._keyed(found, said), node)

    def _bound(self, node: ast.AST) -> None:
        """Note what else a variable stands for."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._alias(target, node.value)
        elif isinstance(node, ast.NamedExpr | ast.AnnAssign) and node.value is not None:
            self._alias(node.target, node.value)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            self._alias(node.target, node.iter)
        elif isinstance(node, ast.AugAssign):
            self._note(self._of(node.target), node)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._alias(node.optional_vars, node.context_expr)

    def _alias(self, target: ast.AST, value: ast.AST) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for inner in target.elts:
                self._alias(inner, value)
        elif isinstance(target, ast.Starred):
            self._alias(target.value, value)
        elif isinstance(target, ast.Name) and target.id not in self._declared:
            found = self._of(value)
            if found:
                self._things[target.id] = self._things.get(target.id, frozenset()) | found

    def _owns(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self._owners
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Name) and node.func.id == "type"
        if isinstance(node, ast.Subscript):  # sys.modules[__name__]
            return isinstance(node.value, ast.Attribute) and node.value.attr == "modules"
        return isinstance(node, ast.Attribute) and node.attr == "__class__"

    def _owns_any(self, nodes: list[ast.expr]) -> bool:
        return bool(nodes) and self._owns(nodes[0])

    def _owned(self, node: ast.AST) -> bool:
        """Tell whether an attribute of this is reached by attributes only: ``package.module``."""
        while isinstance(node, ast.Attribute) and not self._owns(node):
            node = node.value
        return self._owns(node)

    def _of(self, node: ast.AST) -> frozenset[str]:
        """Return the names of the state that an expression reaches into."""
        called = node.func if isinstance(node, ast.Call) else node  # or a property
        return self._handed.get(_text(called)) or self._into(node)

    def _into(self, node: ast.AST) -> frozenset[str]:
        if isinstance(node, ast.Name):
            return self._things.get(node.id, frozenset())
        if isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name) and node.value.id == self._me
            if (own and node.attr in self._of_class) or self._owned(node.value):
                return frozenset({node.attr})
            return self._of(node.value)
        if isinstance(node, ast.Subscript | ast.Starred | ast.Await | ast.NamedExpr):
            return self._of(node.value)
        if isinstance(node, ast.BoolOp | ast.IfExp):
            parts = node.values if isinstance(node, ast.BoolOp) else (node.body, node.orelse)
            return frozenset().union(*map(self._of, parts))
        return self._of_call(node) if isinstance(node, ast.Call) else frozenset()

    def _of_call(self, node: ast.Call) -> frozenset[str]:
        function = node.func
        if isinstance(function, ast.Name):
            if function.id == "globals" or (function.id == "vars" and self._owns_any(node.args)):
                return frozenset({_ALL})
            if function.id == "getattr" and self._owns_any(node.args):
                return self._keyed(frozenset({_ALL}), node.args[1:2])
            if function.id in _SAME:
                return frozenset().union(*map(self._of, node.args))
            return frozenset()
        if not isinstance(function, ast.Attribute) or function.attr in _ANEW:
            return frozenset()
        return self._of(function.value)

    def _note(self, names: Iterable[str], node: ast.expr | ast.stmt) -> None:
        if names:
            self.names.update(names)
            self.lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
