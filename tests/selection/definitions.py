"""Random top-level definitions: constants, functions, classes, and whole programs of them."""

from random import Random

from tests.selection.programs import Module, Program, Symbol, Writer


class Definer(Writer):
    """Writes definitions into a module."""

    def define(self) -> None:
        """Add one definition of some kind."""
        kinds = [
            self.constant, self.function, self.function, self.klass, self.generator,
            self.decorated, self.dataclass, self.conditional, self.registry, self.enum,
        ]  # fmt: skip
        self.random.choice(kinds)()

    def _add(self, lines: list[str], symbol: Symbol) -> None:
        self.module.body += lines
        self.module.own.append(symbol)

    def _symbol(self, name: str, kind: str, arity: int = 0) -> Symbol:
        return Symbol(self.module.name, name, kind, arity)

    def constant(self) -> None:
        name = self.module.fresh("K")
        self._add([f"{name} = {self.expression([], 1)}"], self._symbol(name, "const"))

    def conditional(self) -> None:
        name = self.module.fresh("K")
        lines = [f"if {self.condition([])}:", f"    {name} = {self.expression([], 1)}", "else:",
                 f"    {name} = {self.expression([], 1)}"]  # fmt: skip
        self._add(lines, self._symbol(name, "const"))

    def _parameters(self) -> tuple[str, list[str], int]:
        arity = self.random.randint(0, 2)
        names = ["x", "y"][:arity]
        defaults = [f"d={self.expression([], 1)}"] if self.random.random() < 0.3 else []
        return ", ".join([*names, *defaults]), [*names, *(["d"] if defaults else [])], arity

    def function(self, decorator: str = "") -> None:
        parameters, names, arity = self._parameters()
        name = self.module.fresh("f")
        lines = [f"def {name}({parameters}):"]
        if self.random.random() < 0.2:
            lines.append(f"    {self._lazy(names)}")
        lines += self.block(names, 2, "    ")
        lines.append(f"    return {self.expression(names)}")
        if decorator:
            lines.insert(0, f"@{decorator}")
        self._add(lines, self._symbol(name, "func", arity))

    def _lazy(self, names: list[str]) -> str:
        foreign = [one for one in self.module.known if one.kind == "const"]
        if not foreign:
            return "pass"
        symbol = self.random.choice(foreign)
        names.append("lazy")
        return f"from PKG.{symbol.module} import {symbol.name} as lazy"

    def generator(self) -> None:
        parameters, names, arity = self._parameters()
        name = self.module.fresh("g")
        lines = [f"def {name}({parameters}):", *self.block(names, 1, "    ")]
        lines += [f"    for n in range({self._leaf(names)} % 3):",
                  f"        yield {self.expression([*names, 'n'], 1)}",
                  f"    yield {self.expression(names, 1)}"]  # fmt: skip
        self._add(lines, self._symbol(name, "gen", arity))

    def decorated(self) -> None:
        name = self.module.fresh("deco")
        self.module.body += [
            f"def {name}(function):",
            "    def wrapper(*given):",
            f"        return function(*given) + {self._leaf([])}",
            "    return wrapper",
        ]
        self.module.own.append(self._symbol(name, "decorator"))
        self.function(name)

    def registry(self) -> None:
        table = self.module.fresh("TABLE")
        self.module.body += [f"{table} = {{}}"]
        names = []
        for _ in range(2):
            self.function()
            names.append(self.module.own[-1])
        lines = [f'{table}["{one.name}"] = {one.name}' for one in names]
        name = self.module.fresh("f")
        lines += [f"def {name}():", f"    return sum(len(k) for k in {table})"]
        self._add(lines, self._symbol(name, "func"))

    def enum(self) -> None:
        name = self.module.fresh("E")
        self.module.imports.append("import enum")
        values = self.random.sample(range(9), 2)
        lines = [f"class {name}(enum.IntEnum):", f"    P = {values[0]}", f"    Q = {values[1]}"]
        self._add(lines, self._symbol(name, "enum"))
        reader = self.module.fresh("f")
        text = self.random.choice([
            f"{name}.P + 1", f"len({name})", f"len({name}({values[1]}).name)", f"sum({name})",
        ])  # fmt: skip
        self._add([f"def {reader}():", f"    return {text}"], self._symbol(reader, "func"))

    def dataclass(self) -> None:
        name = self.module.fresh("D")
        self.module.imports.append("from dataclasses import dataclass")
        lines = [
            "@dataclass", f"class {name}:", "    u: int", f"    v: int = {self._leaf([])}",
            "    def mt(self):", f"        return self.u + {self._leaf(['self.v'])}",
        ]  # fmt: skip
        symbol = self._symbol(name, "data", 1)
        symbol.members = {"u": -1, "v": -1, "mt": 0}
        self._add(lines, symbol)

    def klass(self) -> None:
        bases = self.symbols("class")
        base = self.random.choice(bases) if bases and self.random.random() < 0.6 else None
        name = self.module.fresh("C")
        symbol = self._symbol(name, "class", 1)
        symbol.members = dict(base.members) if base else {"A": -2, "x": -1}
        mixin = [one for one in bases if one is not base and "mb" in one.members]
        above = [self.module.call(base)] if base else []
        if base and mixin and self.random.random() < 0.2:
            above.append(self.module.call(self.random.choice(mixin)))
        lines = [f"class {name}({', '.join(above)}):"]
        if not base or self.random.random() < 0.4:
            lines.append(f"    A = {self._leaf([])}")
        if not base:
            lines += ["    def __init__(self, x=0):", "        self.x = x"]
        for method in self.random.sample(["ma", "mb", "mc", "md"], self.random.randint(1, 3)):
            lines += self._method(symbol, method, base)
        self._add(lines, symbol)

    def _method(self, symbol: Symbol, method: str, base: Symbol | None) -> list[str]:
        names = ["self.x", "self.A"]
        inherited = base.members.get(method) if base else None
        if inherited is None:
            callable_ones = [k for k, arity in symbol.members.items() if arity == 0]
            names += [f"self.{k}()" for k in callable_ones[:1]]
            decorator = self.random.choice(["", "", "", "@property", "@classmethod"])
        else:
            decorator = "@property" if inherited == -1 else ""
            if inherited == 0:
                names.append(f"super().{method}()")
        symbol.members[method] = -1 if decorator == "@property" else 0
        lines = [f"    {decorator}"] if decorator else []
        if decorator == "@classmethod":
            return [*lines, f"    def {method}(cls):",
                    f"        return {self.expression(['cls.A'], 1)}"]  # fmt: skip
        lines.append(f"    def {method}(self):")
        if self.random.random() < 0.4:
            lines += self.block(names, 1, "        ")
        return [*lines, f"        return {self.expression(names, 1)}"]


def program(random: Random) -> Program:
    """Draw a program."""
    files: dict[str, str] = {}
    known: list[Symbol] = []
    exports: list[str] = []
    for name in ["p", "q", "r"][: random.randint(2, 3)]:
        module = Module(random, name, list(known))
        definer = Definer(module)
        for _ in range(random.randint(2, 5)):
            definer.define()
        files[f"{name}.py"] = module.text()
        known += module.own
        exports += [f"from .{name} import {one.name}" for one in module.own]
    files["__init__.py"] = "\n".join(_needed(files, exports)) + "\n"
    tests = Module(random, "test_it", known)
    writer = Writer(tests)
    expressions = []
    for number in range(random.randint(4, 8)):
        expression = writer.expression([], 2)
        expressions.append(expression)
        tests.body += _test(number, expression)
    files["test_it.py"] = tests.text()
    return Program(files, expressions)


def _needed(files: dict[str, str], exports: list[str]) -> list[str]:
    """Return the re-exports somebody relies on; a package that exports all hides every edge."""
    asked = "".join(files.values())
    return [line for line in exports if f"from PKG import {line.rpartition(' ')[2]} as" in asked]


def _test(number: int, expression: str) -> list[str]:
    return [
        f"def test_{number}():",
        "    try:",
        f"        got = repr({expression})",
        "    except Exception as error:",
        "        got = type(error).__name__",
        f"    assert got == EXPECTED_{number}",
    ]
