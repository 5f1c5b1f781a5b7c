"""What changed inside functions, statement by statement.

The reasoning: up to the first place where old and new differ, both do the same, so a run
that behaves differently reached that place in the old version too.
"""

import ast
from collections.abc import Sequence
from typing import NamedTuple

from coverquery.lines import LineSet
from coverquery.source.align import Step, align
from coverquery.source.normal import SKIPPED, SUITES
from coverquery.source.pairing import EQUAL, SAME_HEADER, Arm, Pairing
from coverquery.source.record import Record
from coverquery.source.scopes import reshaped, suspends
from coverquery.source.spans import (
    entry,
    evidence,
    extent,
    head_evidence,
    header,
    idle,
    skippable,
    span,
)  # fmt: skip
from coverquery.source.syntax import DEFINITIONS, Definition, docstring

Compound = (
    ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try
    | ast.TryStar | ast.Match
)  # fmt: skip


class Place(NamedTuple):
    """Where a suite stands.

    Attributes:
        symbol: qualified name of the function or class around it.
        local: the suite belongs to a function, not to a class in one.
        anchor: the lines that tell its beginning was reached, for a suite that leaves none.
    """

    symbol: str
    local: bool
    anchor: LineSet


class Bodies:
    """Compares pairs of functions whose headers are equal."""

    def __init__(self, pairing: Pairing, record: Record) -> None:
        self._pairing = pairing
        self._record = record
        self._kept: list[ast.AST] = []

    def scope(self, old: Definition, new: Definition, symbol: str) -> None:
        """Compare two functions, or two classes inside a function."""
        start = len(self._kept)
        local = not isinstance(old, ast.ClassDef)
        place = Place(symbol, local, entry(old) if local else header(old))
        self._suite(place, old.body, new.body)
        if reshaped(old, new, self._kept[start:]):
            self._record.mark("shape", symbol, entry(old), entry(new))

    def _suite(
        self, place: Place, old: Sequence[ast.stmt], new: Sequence[ast.stmt]
    ) -> None:  # fmt: skip
        place = _with_idle(place, old)
        mine = self._pairing.old.meaningful(old, local=place.local)
        other = self._pairing.new.meaningful(new, local=place.local)
        for step in align(mine, other, self._pairing.statements(local=place.local)):
            self._step(place, mine, step)

    def _step(self, place: Place, suite: Sequence[ast.stmt], step: Step[ast.stmt]) -> None:
        old, new = step.old, step.new
        if old is not None and step.level == EQUAL:
            self._kept.append(old)
        elif isinstance(old, DEFINITIONS) and isinstance(new, DEFINITIONS):
            self._definition(place, old, new, step.level)
        elif isinstance(old, Compound) and isinstance(new, Compound):
            self._compound(place, old, new, step.level)
        else:
            if new is not None:
                lines = _reach(suite, step.at, place.anchor)
                self._record.mark("line", place.symbol, lines, span(new))
            if old is not None:
                self._record.mark("line", place.symbol, span(old))

    def _definition(self, place: Place, old: Definition, new: Definition, level: int) -> None:
        if level != SAME_HEADER:
            self._record.mark("line", place.symbol, span(old), span(new))
            return
        self._kept += _header_nodes(old)
        symbol = f"{place.symbol}.{old.name}"
        if docstring(old.body) != docstring(new.body):
            self._record.mark("line", symbol, header(old), header(new))
        if suspends(old) != suspends(new):
            self._record.mark("shape", symbol, span(old), span(new))
        self.scope(old, new, symbol)

    def _compound(self, place: Place, old: Compound, new: Compound, level: int) -> None:
        if level == SAME_HEADER:
            self._kept += _header_nodes(old)
        else:
            self._record.mark("line", place.symbol, head_evidence(old), header(new))
        whole = place._replace(anchor=span(old))
        head = place._replace(anchor=head_evidence(old))
        if not self._pairing.typing_only(old, new):
            self._suite(head, getattr(old, "body", []), getattr(new, "body", []))
        for name in ("orelse", "finalbody"):
            self._suite(whole, getattr(old, name, []), getattr(new, name, []))
        for name in ("handlers", "cases"):
            self._arms(whole, getattr(old, name, []), getattr(new, name, []))

    def _arms(self, place: Place, old: Sequence[Arm], new: Sequence[Arm]) -> None:
        """Compare ``except`` or ``case`` arms; ``place`` is anchored at their statement."""
        for step in align(old, new, self._pairing.arms(local=place.local)):
            mine, other = step.old, step.new
            if mine is None and other is not None:
                self._record.mark("line", place.symbol, place.anchor, span(other))
            elif mine is not None and other is None:
                self._record.mark("line", place.symbol, span(mine))
            elif mine is not None and other is not None:
                self._arm(place, mine, other, step.level)

    def _arm(self, place: Place, old: Arm, new: Arm, level: int) -> None:
        if level == EQUAL:
            self._kept.append(old)
            return
        if level == SAME_HEADER:
            self._kept += _header_nodes(old)
        else:
            self._record.mark("line", place.symbol, span(old), header(new))
        self._suite(place._replace(anchor=header(old)), old.body, new.body)


def _with_idle(place: Place, suite: Sequence[ast.stmt]) -> Place:
    """Let a suite's ``pass`` tell its beginning too, besides what stands above it."""
    return place._replace(anchor=place.anchor | extent([n for n in suite if idle(n)]))


def _reach(suite: Sequence[ast.stmt], at: int, anchor: LineSet) -> LineSet:
    """Return lines one of which is seen whenever control reaches the place before ``at``."""
    lines = LineSet()
    for node in suite[at:]:
        lines |= evidence(node)
        if not skippable(node):
            return lines
    for node in reversed(suite[:at]):
        lines |= evidence(node)
        if not skippable(node):
            return lines
    return lines | anchor


def _header_nodes(node: ast.AST) -> list[ast.AST]:
    """Return the nodes of a header: what it mentions, and the name it binds."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if name == "name" and isinstance(value, str):
            found.append(ast.Name(value, ast.Store()))
        elif isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list) and name not in SUITES | SKIPPED:
            found += [item for item in value if isinstance(item, ast.AST)]
    return found
