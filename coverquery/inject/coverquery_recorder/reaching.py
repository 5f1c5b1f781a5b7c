"""What a function can reach, its class and its text taken into account."""

from types import CodeType, FunctionType

from .calling import Calling
from .classes import class_of, held_by, is_container
from .memos import Known
from .places import Places
from .reach import Roots, parts, roots
from .texts import Texts
from .writes import ANY_NAME, written

OF_SUPER = frozenset({"__class__"})
"""What a method closes over for ``super()``, whether or not it names its class."""


class Reaching:
    """Looks at the functions of a project."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.texts = Texts()
        self._calling = Calling(places.ours, self._alone, self._names)
        self.fills = self._calling.fills

    def of(self, known: Known, first: str = "") -> Roots:
        """Return what code can reach; `first` is its parameter for an object others share."""
        return self._calling.of(known, self._alone(known, first), first)

    def _names(self, code: CodeType, reach: Roots) -> frozenset[str]:
        return written(code, self.texts.of, reach).names - {ANY_NAME}

    def _alone(self, known: Known, first: str) -> Roots:
        """Leave out what it calls."""
        code = known.code
        found = roots(code, known.variables, self._places.ours, first)
        found = found._replace(owners=found.owners | self._own_class(code))
        kind = class_of(code, known.variables)
        if kind is None:
            return found
        me = code.co_varnames[0]
        names = {name for part in parts(code) for name in part.co_names}
        box = first if first and is_container(kind) else ""
        return found._replace(of_class=held_by(kind, names), me=me, box=box)

    def of_closure(self, function: FunctionType) -> Roots:
        """Return what a function that tests share keeps to itself."""
        code = function.__code__
        free = frozenset(code.co_freevars) - OF_SUPER
        taken = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        filled = tuple(function.__defaults__ or ())
        given = dict(zip(taken[: code.co_argcount][::-1], filled[::-1], strict=False))
        given |= function.__kwdefaults__ or {}
        holding = frozenset(n for n, value in given.items() if type(value) in (dict, list, set))
        return Roots(holding | free, self._own_class(code))

    def _own_class(self, code: CodeType) -> frozenset[str]:
        free = OF_SUPER.intersection(code.co_freevars)
        return free if free and self.texts.names_class(code) else frozenset()
