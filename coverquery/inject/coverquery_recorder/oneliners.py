"""Functions whose body stands on the line that defines them.

A module runs that line when it defines the function, which says nothing about its body. Left in
the module's lines, whoever imports the module would seem to have run the body.
"""

from types import CodeType

_FUNCTION = 0x1  # fast locals: module and class bodies have none


def bodies_on_own_lines(code: CodeType) -> frozenset[int]:
    """Return the lines of a module's or class's code on which bodies of functions stand."""
    if code.co_flags & _FUNCTION:
        return frozenset()
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    found: set[int] = set()
    for one in inner:
        if one.co_flags & _FUNCTION:
            found |= _body(one)
    return frozenset(found)


def _body(code: CodeType) -> set[int]:
    """Return the lines of a function, the one it is entered on left out if there are others."""
    lines = {line for _, _, line in code.co_lines() if line}
    return lines - {code.co_firstlineno} or lines
