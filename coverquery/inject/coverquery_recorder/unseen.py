"""Wrapping functions of Python and pytest without showing in tracebacks or warnings."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

FROZEN = "<frozen importlib._bootstrap>"
"""``warnings`` passes over frames of this file when it counts stack levels."""


def frozen(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function's frames look like the import system's."""
    assert isinstance(function, FunctionType)  # noqa: S101  (for the type checker)
    function.__code__ = function.__code__.replace(co_filename=FROZEN)
    return function


def without_me(error: BaseException) -> None:
    """Take the frame that catches this error out of its traceback; then use a bare ``raise``."""
    if error.__traceback__ is not None:
        error.__traceback__ = error.__traceback__.tb_next
