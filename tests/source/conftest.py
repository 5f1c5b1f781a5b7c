"""How these tests write a comparison down, and the random programs they edit."""

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from textwrap import dedent

import pytest

from coverquery.model import Impact, Oid, RepoPath
from coverquery.source.impact import Version, impact

Compare = Callable[[str | bytes, str | bytes | None], Impact]
Programs = Callable[[int], tuple[str, str]]
Said = Callable[[Impact], tuple[str, ...]]
FLAGS = ("whole", "escapes", "gone", "wide", "raises")
NAMES = "abcxy"
HEAD = "a = 10\nb = 20\n\n\n"


def version(text: str | bytes) -> Version:
    content = text if isinstance(text, bytes) else dedent(text).encode()
    blob = b"blob %d\0%s" % (len(content), content)
    return Version(Oid(hashlib.sha1(blob).hexdigest()), content)


@pytest.fixture
def compare() -> Compare:
    """Return what the difference between two texts means."""

    def compared(old: str | bytes, new: str | bytes | None) -> Impact:
        return impact(RepoPath("m.py"), version(old), None if new is None else version(new))

    return compared


@pytest.fixture
def said() -> Said:
    """Return an impact as one string a touch: ``why symbol lines [flags]``."""

    def words(found: Impact) -> tuple[str, ...]:
        return tuple(sorted(
            " ".join([
                t.why, t.symbol or "-", str(t.old_lines) or "-",
                *(flag for flag in FLAGS if getattr(t, flag)),
            ])
            for t in found.touches
        ))  # fmt: skip

    return words


@dataclass
class Stmt:
    """A simple statement, or a compound one of headers and suites."""

    text: str = ""
    parts: list[tuple[str, list["Stmt"]]] = field(default_factory=list)
    inline: bool = False

    def copy(self) -> "Stmt":
        parts = [(header, [s.copy() for s in suite]) for header, suite in self.parts]
        return Stmt(self.text, parts, self.inline)


def render(suite: list[Stmt], indent: int = 1) -> str:
    pad, out = "    " * indent, ""
    for i, stmt in enumerate(suite):
        if not stmt.parts:
            joined = stmt.inline and i > 0 and not suite[i - 1].parts
            out = f"{out[:-1]}; {stmt.text}\n" if joined else f"{out}{pad}{stmt.text}\n"
        for header, inner in stmt.parts:
            out += "".join(f"{pad}{line}\n" for line in header.split("\n"))
            simple = all(not s.parts for s in inner)
            if stmt.inline and simple and "\n" not in header and not header.startswith("match"):
                out = f"{out[:-1]} {'; '.join(s.text for s in inner) or 'pass'}\n"
            else:
                out += render(inner, indent + 1) or f"{pad}    pass\n"
    return out


class Writer:
    """Writes random statements."""

    def __init__(self, rnd: random.Random) -> None:
        self.rnd = rnd

    def name(self) -> str:
        return self.rnd.choice(NAMES)

    def value(self) -> str:
        n, k = self.name(), self.rnd.randrange(4)
        return self.rnd.choice([
            n, str(k), f"{n} + {k}", f"{n} * 2", f"{n} > {k}", f"not {n}", f"10 // {n}",
            f"[{n} for {n} in range({k})]", f"({n} := {k})", f"(lambda: {n})()", f"g({n})",
            f"[({n} := i) for i in range({k})]", f"({n},\n{'    ' * 9}{self.name()} // {k})",
            f"list(h({n}))", f"f'{{{n}}}'", f"K.{n}",
        ])  # fmt: skip

    def simple(self) -> str:
        rnd, n = self.rnd, self.name()
        return rnd.choice([
            f"{n} = {self.value()}", f"{n} = {self.value()}", f"log({self.value()})",
            f"log({self.value()})", f"{n} += {self.value()}", f"return {self.value()}",
            f"raise ValueError({n})", "pass", "...", "'text'", f"{n}: int",
            f"{n}: int = {self.value()}", f"global {n}", f"del {n}", f"assert {self.value()}",
            "break", "continue", f"yield {self.value()}", f"nonlocal {n}",
            f"import os as {n}", "log(sorted(locals()))", "return", "raise",
            f"*{n}, {self.name()} = [1, 2, 3]", "1 + 2", f"x.__class__ = {n}",
        ])  # fmt: skip

    def suite(self, depth: int, least: int = 0) -> list[Stmt]:
        size = self.rnd.randrange(least, 4)
        return [self.stmt(depth) for _ in range(size)]

    def stmt(self, depth: int) -> Stmt:
        inline = self.rnd.random() < 0.1
        if depth <= 0 or self.rnd.random() < 0.5:
            return Stmt(self.simple(), inline=inline)
        return Stmt(parts=self.compound(depth - 1), inline=inline)

    def compound(self, depth: int) -> list[tuple[str, list[Stmt]]]:
        rnd, n, v = self.rnd, self.name(), self.value()
        body, other = self.suite(depth), self.suite(depth)
        optional = rnd.random() < 0.5
        forms: list[Callable[[], list[tuple[str, list[Stmt]]]]] = [
            lambda: [(f"if {v}:", body), *([("else:", other)] if optional else [])],
            lambda: [(f"if {v}:", body), (f"elif {n}:", other), ("else:", self.suite(depth))],
            lambda: [(f"for {n} in range({rnd.randrange(3)}):", body),
                     *([("else:", other)] if optional else [])],
            lambda: [(f"while more() and {v}:", body), *([("else:", other)] if optional else [])],
            lambda: [("while True:\n    if not more(): break", body)],
            lambda: [("try:", body), (f"except ValueError as {n}:", other),
                     *([("else:", self.suite(depth))] if optional else [])],
            lambda: [("try:", body), ("except (NameError, ZeroDivisionError):", other),
                     ("except Exception:", self.suite(depth)), ("finally:", self.suite(depth))],
            lambda: [("try:", body), ("finally:", other)],
            lambda: [(f"with scope({v}) as {n}:", body)],
            lambda: self.match(v, body, other),
            lambda: [(f"def g({rnd.choice(['', n, n + '=1', '*' + n])}):", body)],
            lambda: [("def h(i=0):", body)],
            lambda: [("def g(*i):", [*body, Stmt(f"yield {v}")])],
            lambda: [("class K:", body)],
            lambda: [(f"if {rnd.choice(['0', 'False', 'not 1', '1'])}:", body)],
        ]  # fmt: skip
        return rnd.choice(forms)()

    def match(self, v: str, body: list[Stmt], other: list[Stmt]) -> list[tuple[str, list[Stmt]]]:
        pattern = self.rnd.choice(["[_, *c]", self.name(), "_", "1 | 2", "int(real=a)"])
        first = Stmt(parts=[(f"case {self.rnd.randrange(3)}:", body)])
        return [(f"match {v}:", [first, Stmt(parts=[(f"case {pattern}:", other)])])]


def is_case(stmt: Stmt) -> bool:
    return bool(stmt.parts) and stmt.parts[0][0].startswith("case")


def suites(suite: list[Stmt]) -> Iterator[list[Stmt]]:
    if not any(map(is_case, suite)):
        yield suite
    for stmt in suite:
        for _, inner in stmt.parts:
            yield from suites(inner)


def edit(writer: Writer, program: list[Stmt]) -> list[Stmt]:
    """Return the program with one random edit."""
    rnd = writer.rnd
    program = [stmt.copy() for stmt in program]
    places = list(suites(program))
    suite = rnd.choice(places)
    at = rnd.randrange(len(suite) + 1)
    kinds = ["insert", "delete", "change", "swap", "wrap", "rename", "part", "part", "move"]
    kind = rnd.choice(kinds)
    if kind == "insert" or not suite:
        suite.insert(at, writer.stmt(1))
        return program
    at = min(at, len(suite) - 1)
    stmt = suite[at]
    if kind == "delete":
        del suite[at]
    elif kind == "change":
        suite[at] = writer.stmt(1)
    elif kind == "swap":
        other = rnd.randrange(len(suite))
        suite[at], suite[other] = suite[other], stmt
    elif kind == "wrap":
        suite[at] = Stmt(parts=writer.compound(0))
        suite[at].parts[0] = (suite[at].parts[0][0], [stmt])
    elif kind == "move":
        del suite[at]
        rnd.choice(places).append(stmt)
    elif kind == "part" and any(s.parts for place in places for s in place):
        change_part(writer, rnd.choice([s for place in places for s in place if s.parts]))
    else:
        old, new = writer.name(), writer.name()
        rename(program, old, new)
    return program


def change_part(writer: Writer, stmt: Stmt) -> None:
    """Change a header, or add or drop a clause."""
    rnd, header = writer.rnd, stmt.parts[0][0]
    fresh, suite = writer.compound(1), writer.suite(1)
    last = len(stmt.parts) - (stmt.parts[-1][0] == "finally:")
    cases = stmt.parts[0][1]
    if all(map(is_case, cases)) and cases:
        case = Stmt(parts=[(rnd.choice(["case 3:", "case True:", "case [*_]:"]), suite)])
        cases.insert(rnd.randrange(len(cases)), case)
    elif rnd.random() < 0.3 and len(stmt.parts) > 1:
        del stmt.parts[rnd.randrange(1, len(stmt.parts))]
    elif header == "try:" and rnd.random() < 0.7:
        name = rnd.choice(["KeyError", "ValueError", "NameError", "TypeError", "Exception"])
        clause = rnd.choice([f"except {name}:", f"except {name}:", "finally:"])
        stmt.parts.insert(1 if clause != "finally:" else last, (clause, suite))
    elif header.startswith("if") and rnd.random() < 0.5:
        stmt.parts.insert(1, (f"elif {writer.value()}:", suite))
    elif len(stmt.parts) == 1 and header.startswith(("if", "for", "while m")):
        stmt.parts.append(("else:", suite))
    else:
        stmt.parts[0] = (fresh[0][0], stmt.parts[0][1])


def rename(suite: list[Stmt], old: str, new: str) -> None:
    for stmt in suite:
        stmt.text = stmt.text.replace(f"{old} ", f"{new} ")
        stmt.parts = [(h.replace(f" {old}", f" {new}"), inner) for h, inner in stmt.parts]
        for _, inner in stmt.parts:
            rename(inner, old, new)


def compiles(text: str) -> bool:
    try:
        compile(text, "<program>", "exec")
    except SyntaxError:
        return False
    return True


def write(program: list[Stmt]) -> str:
    return f"{HEAD}def f(x, y):\n{render(program) or '    pass' + chr(10)}"


def program_pair(rnd: random.Random) -> tuple[str, str]:
    """Return a program that compiles and an edited form of it, which may not."""
    writer = Writer(rnd)
    program = writer.suite(3, least=1)
    while not compiles(write(program)):
        program = writer.suite(3, least=1)
    for _ in range(4):
        changed = program if rnd.random() < 0.95 else writer.suite(3)
        for _ in range(rnd.choice([1, 1, 1, 2, 4])):
            changed = edit(writer, changed)
        if compiles(write(changed)):
            break
    return write(program), write(changed)


@pytest.fixture(scope="session")
def programs() -> Programs:
    """Return an old and a new program for a seed."""
    return lambda seed: program_pair(random.Random(seed))
