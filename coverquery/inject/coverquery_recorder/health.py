"""A test that ran must have left lines of its own; where it left none, something was missed."""

import functools
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

UNSEEN = "no line of the test itself was recorded"
_DEEPEST = 20


def bodies(item: Any) -> tuple[CodeType, ...]:
    """Return the code of a test and of the decorators around it, as far as it is known.

    Runs nothing of the project: attributes are looked up on plain functions only.
    """
    return tuple(_codes(getattr(item, "_obj", None)))


def lines_of(code: CodeType) -> frozenset[int]:
    """Return the lines on which something of this code stands."""
    return frozenset(line for _, _, line in code.co_lines() if line)


def _codes(function: Any) -> Iterator[CodeType]:
    for _ in range(_DEEPEST):
        if isinstance(function, functools.partial):
            function = function.func
        elif isinstance(function, MethodType | staticmethod | classmethod):
            function = function.__func__
        elif isinstance(function, FunctionType):
            yield function.__code__
            function = _inside(vars(function))
        else:
            return


def _inside(said: dict[str, Any]) -> Any:
    handle = said.get("hypothesis")
    if type(handle).__module__.startswith("hypothesis."):
        return getattr(handle, "inner_test", None)
    return said.get("__wrapped__")
