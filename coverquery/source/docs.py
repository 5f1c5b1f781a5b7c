"""Who may read a docstring: can code we do not see get hold of it?"""

import ast
from typing import TYPE_CHECKING

from coverquery.source.slices import NeedsWholeError
from coverquery.source.syntax import Definition, Syntax

if TYPE_CHECKING:
    from coverquery.source.effects import Surroundings

HARMLESS_FOR_CLASSES = frozenset({
    "dataclasses.dataclass", "functools.total_ordering", "typing.final",
    "typing_extensions.final",
})  # fmt: skip

ACCESSORS = frozenset({"setter", "getter", "deleter"})


class DocReaders:
    """Answers for one version of a file; looks through it only when asked."""

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax
        self._around: Surroundings | None = None

    def escapes(self, chain: tuple[Definition, ...]) -> bool:
        """May whoever makes one of these read its docstring: a decorator, a metaclass?

        Args:
            chain: the definitions around the docstring, from the outermost to its owner;
                empty for the module's own.
        """
        return any(
            getattr(node, "keywords", ())
            or not all(self._harmless(d, node) for d in node.decorator_list)
            for node in chain
        )

    def _harmless(self, decorator: ast.expr, owner: Definition) -> bool:
        from coverquery.source.effects import HARMLESS, full_name  # start-up time

        match decorator:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if attribute in ACCESSORS:
                return name == owner.name
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        harmless = HARMLESS_FOR_CLASSES if isinstance(owner, ast.ClassDef) else HARMLESS
        return full_name(node, self._surroundings()) in harmless

    def _surroundings(self) -> "Surroundings":
        if self._around is None:
            from coverquery.source.standing import Names  # start-up time

            if self._syntax.whole is not None:
                raise NeedsWholeError
            self._around = Names(self._syntax.tree).around()
        return self._around
