"""Random small programs with tests: modules of constants, functions, classes that use each other.

Everything is drawn from one ``random.Random``-like object, so Hypothesis or a seed may decide.
Expected values are filled in by ``properties.learn``: a test raises its value under ``LEARN``.
"""

from dataclasses import dataclass, field
from random import Random

LEARN = "LEARNED:"
WORDS = ("alpha", "beta", "gamma")


@dataclass
class Symbol:
    """Something a module offers: ``kind`` is const, func, gen, class or data."""

    module: str
    name: str
    kind: str
    arity: int = 0
    members: dict[str, int] = field(default_factory=dict)


@dataclass
class Program:
    """Files of one package, ``PKG`` standing for its name; expressions of its tests."""

    files: dict[str, str]
    tests: list[str]


class Module:
    """One module being written: its imports, its statements, what its expressions may use."""

    def __init__(self, random: Random, name: str, known: list[Symbol]) -> None:
        self.random = random
        self.name = name
        self.known = known
        self.imports: list[str] = []
        self.body: list[str] = []
        self.own: list[Symbol] = []
        self._forms: dict[str, str] = {}
        self.used: list[str] = []

    def text(self) -> str:
        """Return the module."""
        return "\n".join([*dict.fromkeys(self.imports), "", *self.body]) + "\n"

    def fresh(self, prefix: str) -> str:
        """Return a name unused so far; names repeat between modules now and then, on purpose."""
        shared = "" if self.random.random() < 0.2 else self.name
        name = f"{prefix}{len(self.own)}{shared}"
        self.used.append(name)
        return name

    def call(self, symbol: Symbol) -> str:
        """Return how this module names a symbol, importing it first."""
        if symbol.module == self.name:
            return symbol.name
        key = f"{symbol.module}.{symbol.name}"
        if key not in self._forms:
            self._forms[key] = self._imported(symbol.module, symbol.name)
        return self._forms[key]

    def _imported(self, module: str, name: str) -> str:
        taken = {form.partition(".")[0] for form in self._forms.values()} | set(self.used)
        form = self.random.choice(["from", "as", "module", "dotted", "package", "star", "string",
                                   "importlib", "maybe"])  # fmt: skip
        if form in {"from", "star", "package", "maybe"} and name in taken:
            form = "as"
        alias = f"{name}_of_{module}"
        texts = {
            "from": (f"from PKG.{module} import {name}", name),
            "as": (f"from .{module} import {name} as {alias}", alias),
            "module": (f"from PKG import {module}", f"{module}.{name}"),
            "dotted": (f"import PKG.{module}", f"PKG.{module}.{name}"),
            "package": (f"from PKG import {name} as {alias}", alias),
            "star": (f"from .{module} import *", name),
            "string": (f"from . import {module}", f'getattr({module}, "{name}")'),
            "importlib": ("import importlib", f'importlib.import_module("PKG.{module}").{name}'),
            "maybe": (
                f"try:\n    from PKG.{module} import {name}\nexcept ImportError:\n    {name} = 50",
                name,
            ),
        }
        statement, expression = texts[form]
        self.imports.append(statement)
        return expression


class Writer:
    """Writes statements and expressions into a module."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.random = module.random

    def symbols(self, *kinds: str) -> list[Symbol]:
        """Return what may be used here."""
        return [one for one in self.module.known + self.module.own if one.kind in kinds]

    def expression(self, names: list[str], depth: int = 2) -> str:
        """Return an expression that is an int, mostly."""
        draw = self.random.random()
        if depth == 0 or draw < 0.25:
            return self._leaf(names)
        if draw < 0.5:
            operator = self.random.choice(["+", "-", "*", "+", "%", "//"])
            left, right = self.expression(names, depth - 1), self.expression(names, depth - 1)
            return f"({left} {operator} {right})"
        if draw < 0.55:
            left, test = self.expression(names, depth - 1), self.condition(names)
            return f"({left} if {test} else {self._leaf(names)})"
        if draw < 0.6:
            return f"sum([{self._leaf([*names, 'k'])} for k in range(3)])"
        if draw < 0.63:
            leaf = self._leaf(names)
            return f"len(str({leaf}))" if '"' in leaf else f'len(f"{{{leaf}}}")'
        return self._use(names, depth)

    def _leaf(self, names: list[str]) -> str:
        constants = self.symbols("const")
        if names and self.random.random() < 0.5:
            return self.random.choice(names)
        if constants and self.random.random() < 0.6:
            return self.module.call(self.random.choice(constants))
        return str(self.random.randint(0, 9))

    def _use(self, names: list[str], depth: int) -> str:
        symbols = self.symbols("func", "gen", "class", "data")
        if not symbols:
            return self._leaf(names)
        symbol = self.random.choice(symbols)
        called = self.module.call(symbol)
        given = [self.expression(names, depth - 1) for _ in range(symbol.arity)]
        if symbol.kind == "func":
            return f"{called}({', '.join(given)})"
        if symbol.kind == "gen":
            return f"sum({called}({', '.join(given)}))"
        return self._member(symbol, f"{called}({', '.join(given)})", called, names)

    def _member(self, symbol: Symbol, made: str, called: str, names: list[str]) -> str:
        name = self.random.choice(list(symbol.members))
        arity = symbol.members[name]
        if arity == -2:  # a class attribute
            owner = self.random.choice([made, called])
            if self.random.random() < 0.2:
                return f'getattr({owner}, "{name}")'
            return f"{owner}.{name}"
        if arity == -1:
            return f"{made}.{name}"
        if self.random.random() < 0.1:
            return self.random.choice([
                f"bool({made})", f"len(repr({made})[:1])", f"({made} == {made})",
                f"hasattr({made}, 'ma')",
            ])  # fmt: skip
        given = [self._leaf(names) for _ in range(arity)]
        return f"{made}.{name}({', '.join(given)})"

    def condition(self, names: list[str]) -> str:
        """Return a condition."""
        operator = self.random.choice(["<", ">", "==", "!=", "<="])
        return f"{self._leaf(names)} {operator} {self._leaf(names)}"

    def block(self, names: list[str], depth: int, indent: str, *, loop: bool = False) -> list[str]:
        """Return some statements; ``names`` grows by what they bind."""
        lines: list[str] = []
        for _ in range(self.random.randint(1, 3)):
            lines += self._statement(names, depth, indent, loop=loop)
        return lines

    def _statement(self, names: list[str], depth: int, indent: str, *, loop: bool) -> list[str]:
        draw = self.random.random()
        if depth == 0 or draw < 0.4:
            return self._assignment(names, indent)
        if draw < 0.7:
            return self._nested(names, depth, indent, loop=loop)
        deeper = indent + "    "
        if draw < 0.84:
            body, other = (self.block(list(names), 0, deeper) for _ in range(2))
            return [f"{indent}try:", *body, f"{indent}except ZeroDivisionError:", *other]
        if draw < 0.95:
            leaves = [f"return {self.expression(names)}", "raise ValueError('no')"]
            leaves += ["continue", "break"] if loop else []
            return [f"{indent}if {self.condition(names)}:", f"{deeper}{self.random.choice(leaves)}"]
        inner = [f"{indent}def inner(z):", f"{deeper}return {self.expression([*names, 'z'])}"]
        name, given = self.random.choice(["a", "b"]), self._leaf(names)
        names.append(name)
        return [*inner, f"{indent}{name} = inner({given})"]

    def _assignment(self, names: list[str], indent: str) -> list[str]:
        name = self.random.choice(["a", "b", "c"])
        lines = [f"{indent}{name} = {self.expression(names)}"]
        if name not in names:
            names.append(name)
        return lines

    def _nested(self, names: list[str], depth: int, indent: str, *, loop: bool) -> list[str]:
        deeper = indent + "    "
        if self.random.random() < 0.35:
            body = self.block([*names, "i"], depth - 1, deeper, loop=True)
            return [f"{indent}for i in range({self._leaf(names)} % 4):", *body]
        lines = [f"{indent}if {self.condition(names)}:"]
        lines += self.block(list(names), depth - 1, deeper, loop=loop)
        if self.random.random() < 0.4:
            lines += [f"{indent}else:", *self.block(list(names), depth - 1, deeper, loop=loop)]
        return lines
