"""Whether a function may write to state that outlives a test, as far as its bytecode tells.

Reading a function's text takes ten times as long, and three in four need not be read.
"""

from opcode import opmap
from types import CodeType

from .mentions import operations
from .reach import Roots, parts

MUTATORS = frozenset(
    {"add", "append", "appendleft", "clear", "difference_update", "discard", "extend",
     "extendleft", "insert", "insort", "intersection_update", "move_to_end", "pop", "popitem",
     "popleft", "push", "put", "put_nowait", "register", "remove", "reverse", "set", "setdefault",
     "sort", "subtract", "symmetric_difference_update", "unregister", "update", "__delattr__",
     "__delitem__", "__setattr__", "__setitem__"}
)  # fmt: skip
OF_FIRST = frozenset({"setattr", "delattr", "setitem", "delitem", "heappush", "heappop",
                       "insort", "insort_left", "insort_right", "shuffle"})  # fmt: skip
_GLOBAL = frozenset(opmap[name] for name in ("STORE_GLOBAL", "DELETE_GLOBAL"))
_STORES = _GLOBAL | {
    opmap[name]
    for name in ("STORE_ATTR", "DELETE_ATTR", "STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE")
    if name in opmap
}
_REBINDS = frozenset({opmap["STORE_DEREF"], opmap["DELETE_DEREF"]})
_FUNCTION = 0x1  # CO_OPTIMIZED: no module and no class body
WHOSE_CLASS = frozenset({"type", "__class__"})
_TELLING = WHOSE_CLASS | {"globals", "modules"}
_ATTRIBUTES = frozenset({"LOAD_ATTR", "STORE_ATTR", "DELETE_ATTR"})


def stores(code: CodeType) -> bool:
    """Tell whether this is a function that may write to anything but its own variables.

    No test is one: what tests leave behind for others is order dependence, not state of the code.
    """
    if not code.co_flags & _FUNCTION or code.co_name.startswith("test"):
        return False
    return any(map(_stores, parts(code)))


def _stores(code: CodeType) -> bool:
    operations = code.co_code[::2]
    return (
        not _STORES.isdisjoint(operations)
        or not MUTATORS.isdisjoint(code.co_names)
        or not OF_FIRST.isdisjoint(code.co_names)
        or (bool(code.co_freevars) and not _REBINDS.isdisjoint(operations))
    )


def stores_global(code: CodeType) -> bool:
    """Tell whether a function declares globals and binds them."""
    return not _GLOBAL.isdisjoint(code.co_code[::2])


def at_hand(code: CodeType, reach: Roots) -> bool:
    """Tell whether a function gets at any state at all, without reading its text.

    Modules, classes and functions count only where an attribute is taken of them that is more
    than called, or where they are the first argument of what may write to it.
    """
    told = reach.things or reach.of_class or reach.handed or reach.given
    if told or not reach.owners.isdisjoint(code.co_varnames):
        return True
    if not _TELLING.isdisjoint((*code.co_names, *reach.owners)) or len(list(parts(code))) > 1:
        return True
    if code.co_freevars and not _REBINDS.isdisjoint(code.co_code[::2]):
        return True
    last = ""
    owned = False
    for operation, name in operations(code):
        if owned and operation in _ATTRIBUTES:
            return True
        owned = operation == "LOAD_GLOBAL" and name in reach.owners
        if owned and (last in MUTATORS or last in OF_FIRST):
            return True
        last = name
    return False
