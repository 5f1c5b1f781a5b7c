"""Fixtures wider than a function: one context an instance, linked by whoever asks for it."""

from collections.abc import Callable, Iterable
from typing import Any

from _pytest.fixtures import FixtureDef, FixtureRequest

from .contexts import Context, Contexts
from .unseen import without_me


class _Asker:
    """A wide fixture while `execute` runs: what it asks for, and the instance it becomes."""

    def __init__(self) -> None:
        self.uses: dict[int, Context] = {}
        self.entered: Context | None = None
        self.owner: Any = None


class Fixtures:
    """The instances alive, and who is asking for fixtures at the moment."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._session: Any = None
        self._instances: dict[Any, Context] = {}
        self._asking: list[_Asker] = []
        self._undo: list[tuple[Any, str, Any]] = []
        self.lives_on: Callable[[Iterable[Any]], None] | None = None

    def start(self, session: Any) -> None:
        """Wrap pytest's fixture definitions, for this session only."""
        self._session = session
        wrappers = (
            (FixtureDef, "execute", self._execute),
            (FixtureDef, "finish", self._finish),
            (FixtureRequest, "_get_active_fixturedef", self._get),
        )
        if not all(hasattr(owner, name) for owner, name, _ in wrappers):
            self._contexts.everybody = "this pytest does not show who uses a fixture"
            return
        for owner, name, wrap in wrappers:
            original = getattr(owner, name)
            self._undo.append((owner, name, original))
            setattr(owner, name, wrap(original))

    def stop(self) -> None:
        """Take the wrappers off again."""
        while self._undo:
            owner, name, original = self._undo.pop()
            setattr(owner, name, original)

    def set_up(self, fixturedef: Any, request: Any) -> None:
        """A fixture's function is about to be called: a new instance until `execute` returns."""
        if fixturedef.scope == "function" or request.session is not self._session:
            return
        instance = self._contexts.context("fixture", _label(fixturedef, request), None)
        self._instances[fixturedef] = instance
        if self._asking:
            for used in self._asking[-1].uses.values():
                self._contexts.link(instance, used)
            self._asking[-1].entered = instance
            self._asking[-1].owner = getattr(request, "cls", None)
            self._contexts.enter(instance)

    def _execute(self, original: Any) -> Any:
        fixtures = self

        def execute(self: Any, request: Any) -> Any:
            wide = self.scope != "function" and request.session is fixtures._session
            if wide:
                fixtures._asking.append(_Asker())
            try:
                return original(self, request)
            except BaseException as error:
                without_me(error)
                raise
            finally:
                if wide:
                    fixtures._answered(self, fixtures._asking.pop())

        return execute

    def _answered(self, fixturedef: Any, asker: "_Asker") -> None:
        if asker.entered is not None:
            self._contexts.leave(asker.entered)
        if asker.entered is not None and self.lives_on is not None:
            made = getattr(fixturedef, "cached_result", None)
            self.lives_on((made[0] if made else None, asker.owner))
        instance = self._instances.get(fixturedef)
        if instance is None:  # what it depends on failed
            for used in asker.uses.values():
                self._link(used)
            return
        for used in asker.uses.values():
            self._contexts.link(instance, used)
        self._link(instance)

    def _link(self, used: Context) -> None:
        if self._asking:
            self._asking[-1].uses[used.cid] = used
        self._contexts.link(self._contexts.current, used)

    def _get(self, original: Any) -> Any:
        """Who asks for what is already active in its test does not come by `execute`."""
        fixtures = self

        def _get_active_fixturedef(self: Any, argname: str) -> Any:
            try:
                found = original(self, argname)
            except BaseException as error:
                without_me(error)
                raise
            instance = fixtures._instances.get(found) if isinstance(found, FixtureDef) else None
            if instance is not None:
                fixtures._link(instance)
            return found

        return _get_active_fixturedef

    def _finish(self, original: Any) -> Any:
        fixtures = self

        def finish(self: Any, request: Any) -> Any:
            instance = fixtures._instances.get(self)
            if instance is not None:
                fixtures._contexts.enter(instance)
            try:
                return original(self, request)
            except BaseException as error:
                without_me(error)
                raise
            finally:
                if instance is not None:
                    fixtures._contexts.leave(instance)
                    if self.cached_result is None:
                        fixtures._instances.pop(self, None)

        return finish


def _label(fixturedef: Any, request: Any) -> str:
    param = getattr(request, "param", None)
    text = ""
    if hasattr(request, "param"):
        plain = isinstance(param, str | int | float | bool | None)
        text = f"[{param if plain else getattr(request, 'param_index', 0)}]"
    return f"{fixturedef.argname}{text}@{getattr(request.node, 'nodeid', '')}"
