"""Statements at module or class level that only changed their place."""

import ast
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from coverquery.source.align import Step
from coverquery.source.effects import Effect, effect
from coverquery.source.pairing import Side
from coverquery.source.scopes import bound, own_nodes
from coverquery.source.slices import NeedsWholeError
from coverquery.source.standing import Names, binds, class_effect
from coverquery.source.syntax import DEFINITIONS, FUNCTIONS
from coverquery.source.words import words_of

IMPORTS = (ast.Import, ast.ImportFrom)


class Suites(NamedTuple):
    """The statements around, in both versions; of a class the order of its fields counts."""

    old: Sequence[ast.stmt]
    new: Sequence[ast.stmt]
    functions_only: bool = False


def without_moved(
    steps: Sequence[Step[ast.stmt]], suites: Suites, old: Side, new: Side
) -> tuple[list[Step[ast.stmt]], list[Step[ast.stmt]]]:
    """Leave out what was taken from one place and put at another without a meaning.

    Returns:
        The other steps, and of those left out the imports: their order may matter to themselves.
    """
    gone = {old.exact(s.old, local=False): s for s in steps if s.old is not None and s.new is None}
    come = {new.exact(s.new, local=False): s for s in steps if s.new is not None and s.old is None}
    both = gone.keys() & come.keys()
    if not both:
        return list(steps), []
    if old.syntax.whole is not None or new.syntax.whole is not None:
        raise NeedsWholeError
    judge = _Judge(suites, old, new)
    left_out: set[int] = set()
    imports = []
    for text in both:
        step = come[text]
        if suites.functions_only and not isinstance(step.new, FUNCTIONS):
            continue
        if step.new is not None and judge.means_nothing(text, step.new):
            left_out |= {id(gone[text]), id(step)}
            if isinstance(step.new, IMPORTS):
                imports.append(step)
    return [step for step in steps if id(step) not in left_out], imports


class _Judge:
    def __init__(self, suites: Suites, old: Side, new: Side) -> None:
        self._places = (self._places_of(suites.old, old), self._places_of(suites.new, new))
        self._names = Names(new.syntax.tree)
        self._bound = [
            Counter(name for node, inside in own_nodes(suite) if not inside for name in bound(node))
            for suite in (suites.old, suites.new)
        ]

    @staticmethod
    def _places_of(suite: Sequence[ast.stmt], side: Side) -> dict[str, list[tuple[int, ast.stmt]]]:
        places: dict[str, list[tuple[int, ast.stmt]]] = {}
        for number, node in enumerate(suite):
            places.setdefault(side.exact(node, local=False), []).append((number, node))
        return places

    def means_nothing(self, text: str, node: ast.stmt) -> bool:
        """Does nothing it passed on its way care?"""
        names = set(binds(node))
        once = all(counts[name] == 1 for counts in self._bound for name in names)
        if not names or not once or any(len(found[text]) != 1 for found in self._places):
            return False
        plain = isinstance(node, IMPORTS)
        if not plain and self._effect(node) != Effect.BINDS:
            return False
        read = _read(node)
        return all(
            self._indifferent(other, names, read, plain=plain) for other in self._passed(text)
        )

    def _passed(self, text: str) -> list[ast.stmt]:
        """Return the statements on whose other side it stands now, new ones included."""
        (before, _), (after, _) = (found[text][0] for found in self._places)
        passed = []
        for other, found in self._places[1].items():
            was = self._places[0].get(other)
            for number, node in found:
                if other != text and (
                    was is None or len(was) != 1 or (was[0][0] < before) != (number < after)
                ):
                    passed.append(node)
        return passed

    def _indifferent(
        self, other: ast.stmt, names: set[str], read: set[str], *, plain: bool
    ) -> bool:
        if isinstance(other, ast.ImportFrom) and other.names[0].name == "*":
            return False  # it may bind the same
        if isinstance(other, IMPORTS):
            return plain or read.isdisjoint(binds(other))
        if self._effect(other) == Effect.ACTS:
            return False
        return read.isdisjoint(binds(other)) and names.isdisjoint(_read(other))

    def _effect(self, node: ast.stmt) -> Effect:
        around = self._names.around(node.lineno)
        if isinstance(node, ast.ClassDef):
            return class_effect(node, around)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return Effect.BINDS
        return effect(node, around)


def _read(node: ast.stmt) -> set[str]:
    """Return the names a statement looks up when it runs."""
    nodes: list[ast.AST] = [node]
    if isinstance(node, DEFINITIONS):
        nodes = list(node.decorator_list)
        if isinstance(node, ast.ClassDef):
            nodes += [*node.bases, *(k.value for k in node.keywords), *node.body]
        else:
            nodes += [node.args, *([node.returns] if node.returns else [])]
    inner = [n for n in nodes if isinstance(n, FUNCTIONS)]
    found = words_of(n for n in nodes if not isinstance(n, FUNCTIONS))
    found = found.union(*(_read(one) for one in inner))
    return {word.partition(".")[0] for word in found if word[0].isidentifier()}
