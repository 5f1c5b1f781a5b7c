"""A memo: a function of the project that keeps what it computed, and the contexts of memos."""

from collections.abc import Mapping
from types import CodeType
from typing import Any, NamedTuple

from .contexts import Context
from .mentions import State
from .writes import Writes


class Known(NamedTuple):
    """Code of the project, with its file and its globals."""

    code: CodeType
    fid: int
    variables: Mapping[str, Any]


class Memo:
    """One function that keeps what it computed.

    Attributes:
        context: what it ran in order to compute it, in all tests.
        writes: names of the state, and the lines where it is written; no lines: every call counts.
        cached: whatever runs in it counts, written or not.
        shared_self: the parameter that must hold an object others share, or "".
        filled: the contexts in which it computed something.
    """

    __slots__ = ("cached", "code", "context", "fid", "filled", "held", "shared_self", "state",
                 "variables", "writes")  # fmt: skip

    def __init__(self, context: Context, known: "Known", writes: Writes) -> None:
        self.context = context
        self.code, self.fid, self.variables = known
        self.writes = writes
        self.held: list[object] | None = None
        self.state = State(frozenset(), ())
        self.cached = False
        self.shared_self = ""
        self.filled: set[int] = set()


class Bracket(Context):
    """From where a memo is entered to where it is left; what is in it goes to both sides."""

    __slots__ = ("frame", "memo", "parent")

    def __init__(self, memo: Memo, parent: Context, frame: Any) -> None:
        super().__init__(parent.cid, "bracket", "", None)
        self.memo = memo
        self.parent = parent
        self.frame = frame


def base_of(context: Context) -> Context:
    """Return the context in which brackets have been opened."""
    while isinstance(context, Bracket):
        context = context.parent
    return context
