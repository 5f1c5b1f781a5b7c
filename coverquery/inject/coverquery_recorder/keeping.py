"""Everything about state that is kept between tests, put together."""

from collections.abc import Collection, Iterable
from types import FrameType, FunctionType, ModuleType
from typing import Any

from .brackets import LOST, Brackets
from .cached import Caches
from .contexts import Context, Contexts
from .engine import Engine
from .kept import Kept
from .memos import Known
from .places import Places
from .shared import Shared


class Keeping:
    """Listens for what is loaded, what runs and what lives on."""

    def __init__(self, places: Places, contexts: Contexts, engine: Engine) -> None:
        self._contexts = contexts
        self._engine = engine
        self._kept = Kept(places, contexts)
        self._shared = Shared(places, self._of_class, self._of_function)
        self._brackets = Brackets(self._kept, contexts, self._shared)
        self._caches = Caches(places, contexts, self._kept, self._brackets)

    def start(self) -> None:
        """Begin."""
        self._brackets.start(self._engine.name, getattr(self._engine, "library", None))
        self._engine.told.append(self._first if self._brackets.active else self._later)
        self._contexts.kept = self._saw
        self._caches.start()

    def stop(self) -> None:
        """End."""
        self._contexts.kept = None
        self._engine.told.clear()
        self._brackets.stop()
        self._caches.stop()

    def loaded(self, module: ModuleType) -> None:
        """A module of the project has run."""
        self.lives_on(list(vars(module).values()))

    def lives_on(self, values: Iterable[Any]) -> None:
        """These objects are used by several tests."""
        try:
            self._shared.values(values)
        except Exception:  # noqa: BLE001  (the project must not be disturbed by odd objects of its own)
            self._contexts.distrust(LOST)

    def _saw(self, context: Context, ran: Collection[int]) -> None:
        try:
            if self._caches.any:
                self._caches.look(context)
            self._kept.saw(context, ran)
        except Exception:  # noqa: BLE001  (it would surface in the project's code)
            self._contexts.distrust(LOST)

    def _first(self, frame: FrameType, fid: int) -> None:
        try:
            memo = self._kept.discovered(Known(frame.f_code, fid, frame.f_globals))
            if memo is not None:
                self._brackets.arm(memo)
                self._brackets.enter(memo, frame)
        except Exception:  # noqa: BLE001  (it would surface in the project's code)
            self._contexts.distrust(LOST)

    def _later(self, frame: FrameType, fid: int) -> None:
        self._kept.wait(Known(frame.f_code, fid, frame.f_globals))

    def _of_class(self, kind: type) -> None:
        for memo in self._kept.shared(kind):
            self._brackets.arm(memo)

    def _of_function(self, function: FunctionType) -> None:
        memo = self._kept.closure(function)
        if memo is not None:
            self._brackets.arm(memo)
