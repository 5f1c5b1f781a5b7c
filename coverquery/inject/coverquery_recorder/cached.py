"""Functions cached by ``functools.lru_cache`` and ``functools.cache``.

The cached function stays what it was: its own counters tell whether somebody was given a value
that was there already. Only the factory is wrapped, to know which ones there are.
"""

import functools
import sys
import weakref
from collections.abc import Callable
from types import CodeType, FunctionType, MethodType
from typing import Any

from .brackets import Brackets
from .contexts import Context, Contexts
from .kept import Kept
from .memos import Known, Memo, base_of
from .places import Places
from .unseen import frozen, without_me

_NAME = "lru_cache"
_frame = sys._getframe  # tests replace it


class _Cached:
    """One cached function; `hits` and `misses` as they stood when last looked at."""

    __slots__ = ("bracketed", "hits", "made_in", "memo", "misses", "reference")

    def __init__(self, memo: Memo, function: Any, made_in: Context) -> None:
        self.memo = memo
        self.bracketed: Callable[[], bool] = bool
        self.reference = weakref.ref(function)
        self.made_in = made_in
        self.hits = self.misses = 0


class Caches:
    """All cached functions of the project, as long as they live."""

    def __init__(self, places: Places, contexts: Contexts, kept: Kept, brackets: Brackets) -> None:
        self._places = places
        self._contexts = contexts
        self._kept = kept
        self._arm = brackets.arm
        self._bracketed = lambda: brackets.active
        self._original: Any = None
        self._young: list[_Cached] = []
        self._old: list[_Cached] = []

    def start(self) -> None:
        """Wrap the factory; ``functools.cache`` calls it."""
        original = self._original = functools.lru_cache
        made = self._made

        @frozen
        def lru_cache(maxsize: Any = 128, typed: Any = False) -> Any:
            try:
                first = original(maxsize, typed)
            except BaseException as error:
                without_me(error)
                raise
            if hasattr(first, "cache_info"):
                made(first, _frame(1))
                return first

            @frozen
            def decorating_function(user_function: Any) -> Any:
                cached = first(user_function)
                made(cached, _frame(1))
                return cached

            return functools.update_wrapper(decorating_function, first)

        setattr(functools, _NAME, functools.wraps(original)(lru_cache))

    def stop(self) -> None:
        """Put the factory back, unless somebody else has wrapped it meanwhile."""
        if getattr(functools.lru_cache, "__wrapped__", None) is self._original:
            setattr(functools, _NAME, self._original)

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self._old or self._young)

    def look(self, context: Context) -> None:
        """See whose counters have moved since the last look: it was in this context."""
        if self._young and self._young[0].made_in is not base_of(context):
            self._grow_up()
        dead = 0
        for one in self._old:
            function = one.reference()
            if function is None:
                dead += 1
                continue
            hits, misses = function.cache_info()[:2]
            if hits != one.hits or misses != one.misses:
                self._moved(one, context, (hits, misses))
        if dead:
            self._old = [one for one in self._old if one.reference() is not None]

    def _grow_up(self) -> None:
        """What a test has made and left behind is watched from now on."""
        young, self._young = self._young, []
        for one in young:
            function = one.reference()
            if function is not None:
                self._old.append(one)
                self._moved(one, one.made_in, function.cache_info()[:2])

    def _moved(self, one: _Cached, context: Context, now: tuple[int, int]) -> None:
        before = one.hits, one.misses
        one.hits, one.misses = now
        if now[1] != before[1] and not one.bracketed():
            self._kept.absorb(one.memo, context)
        if now[0] != before[0]:
            self._kept.used(one.memo, context)

    def _made(self, cached: Any, frame: Any) -> None:
        inner = _inside(getattr(cached, "__wrapped__", None))
        own = inner is not None and bool(self._places.fid(inner.__code__.co_filename))
        code = inner.__code__ if inner is not None and own else self._asking(frame)
        if code is None:
            return
        known = Known(code, self._places.fid(code.co_filename), {})
        memo = self._kept.memo(known) if own else self._kept.apart(known)
        memo.cached = True
        memo.shared_self = ""
        one = _Cached(memo, cached, base_of(self._contexts.current))
        (self._young if one.made_in.kind == "test" else self._old).append(one)
        if own:
            self._arm(memo)
            one.bracketed = self._bracketed

    def _asking(self, frame: Any) -> CodeType | None:
        """Return the project's code that wants something foreign cached."""
        if frame.f_globals.get("__name__") == "functools":
            frame = frame.f_back
        code: CodeType = frame.f_code
        return code if self._places.fid(code.co_filename) else None


def _inside(function: Any) -> FunctionType | None:
    while not isinstance(function, FunctionType):
        if isinstance(function, functools.partial):
            function = function.func
        elif isinstance(function, MethodType | staticmethod | classmethod):
            function = function.__func__
        else:
            return None
    return function
