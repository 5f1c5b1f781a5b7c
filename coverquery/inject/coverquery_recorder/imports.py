"""Imports of project modules: code run while importing belongs to the module imported."""

import functools
import importlib
import importlib._bootstrap_external
import os
import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from .contexts import Context, Contexts
from .data import Data
from .journal import Journal
from .places import Places, file_of
from .unseen import frozen, without_me

_REWRITING = "_pytest.assertion.rewrite"
_LIBRARY = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120 - as in sys.path
_PACKAGES = f"{os.sep}site-packages{os.sep}"


class Imports:
    """Import contexts, and who made whom import what."""

    def __init__(self, places: Places, contexts: Contexts, data: Data, journal: Journal) -> None:
        self._places = places
        self._contexts = contexts
        self._data = data
        self._journal = journal
        self._edges: set[tuple[int, int]] = set()
        self._undo: list[tuple[Any, str, Any]] = []
        self.foreign: Callable[[Any, Any], None] | None = None
        self.loaded: Callable[[ModuleType], None] | None = None
        self.after: dict[str, Callable[[Any], None]] = {}

    def start(self) -> None:
        """Wrap the places every import passes."""
        loader = importlib._bootstrap_external._LoaderBasics  # type: ignore[attr-defined]
        self._wrap(loader, "exec_module", self._executing)
        self._wrap(importlib, "import_module", self._asking)
        self.after[_REWRITING] = self._of_pytest
        if _REWRITING in sys.modules:
            self._of_pytest(sys.modules[_REWRITING])
        self._loaded_before()

    def _loaded_before(self) -> None:
        """Note the names of modules that are here already: pytest imports some for its options."""
        for name, module in list(sys.modules.items()):
            file = file_of(module)
            if file is None or file.startswith(_LIBRARY) or _PACKAGES in file:
                continue
            fid = self._places.fid(file)
            if fid:
                self._places.named(fid, name)
                self._parents(fid, name)

    def _wrap(self, owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
        original = getattr(owner, name)
        self._undo.append((owner, name, original))
        setattr(owner, name, wrap(original))

    def _of_pytest(self, module: Any) -> None:
        """Pytest loads test modules, conftests and plugins by itself."""
        self._wrap(module.AssertionRewritingHook, "exec_module", self._executing)

    def stop(self) -> None:
        """Take the wrappers off again."""
        while self._undo:
            owner, name, original = self._undo.pop()
            setattr(owner, name, original)

    def _executing(self, original: Any) -> Any:
        begin, end, self_ = self._begin, self._contexts.leave, self
        broken = self._broken

        @frozen
        def exec_module(self: Any, module: Any) -> Any:
            context = begin(module)
            if context is None:
                try:
                    found = original(self, module)
                except BaseException as error:
                    without_me(error)
                    raise
                followed = self_.after.get(module.__name__)
                if followed is not None:
                    followed(module)
                return found
            try:
                return original(self, module)
            except BaseException as error:
                broken(context)
                without_me(error)
                raise
            finally:
                end(context)
                if self_.loaded is not None:
                    self_.loaded(module)

        return functools.wraps(original)(exec_module)

    def _asking(self, original: Any) -> Any:
        asked = self.asked

        @frozen
        def import_module(name: Any, package: Any = None) -> Any:
            asked(name, package)
            try:
                return original(name, package)
            except BaseException as error:
                without_me(error)
                raise

        return functools.wraps(original)(import_module)

    def _broken(self, context: Context) -> None:
        """Note that an import did not come to its end: whoever goes on without proves nothing."""
        self._data.fact_of(context, "raised", self._places.path(context.file), None)

    def _begin(self, module: Any) -> Any:
        fid = self._fid(module)
        if not fid:
            if self.foreign is not None:
                self.foreign(getattr(module, "__name__", ""), module)
            self._unpacked(module)
            return None
        name = str(getattr(module, "__name__", ""))
        self._places.named(fid, name)
        self._triggered(fid, sys._getframe(2))
        self._parents(fid, name)
        context = self._contexts.known("import", self._places.path(fid))
        context.file = fid
        self._contexts.enter(context)
        self._data.links(self._places.way(_origin(module)).links)
        return context

    def _fid(self, module: Any) -> int:
        origin = _origin(module)
        return self._places.loaded(origin, str(getattr(module, "__name__", ""))) if origin else 0

    def _unpacked(self, module: Any) -> None:
        """A module out of an archive: everybody depends on all of the archive."""
        loader = getattr(getattr(module, "__spec__", None), "loader", None)
        archive = getattr(loader, "archive", None)
        path, links = self._places.way(archive) if isinstance(archive, str) else (None, ())
        session = self._contexts.session
        for own, target in links:
            self._data.fact_of(session, "link", own, target)
        if path is not None:
            self._data.fact_of(session, "raw", path, self._data.digest(path))

    def asked(self, name: Any, package: Any) -> None:
        """`import_module` of what is there already: no code runs, yet somebody needs it."""
        if not isinstance(name, str):
            return
        if name.startswith("."):
            try:
                name = _resolved(name, package)
            except (ImportError, TypeError, ValueError, AttributeError):
                return
        while name:
            fid = self._present(name)
            if fid:
                self._triggered(fid, sys._getframe(2))
            name = name.rpartition(".")[0]

    def _present(self, name: str) -> int:
        file = getattr(sys.modules.get(name), "__file__", None)
        return self._places.fid(file) if isinstance(file, str) else 0

    def _triggered(self, fid: int, frame: FrameType | None) -> None:
        importer = self._importer(frame)
        current = self._contexts.current
        if current.kind == "import":
            importer = importer or current.file  # in a thread
        elif importer or self._places.path(fid).rpartition("/")[2] != "conftest.py":
            self._contexts.touch(current).files.add(fid)
        self._edge(importer, fid)

    def _importer(self, frame: FrameType | None) -> int:
        fid_of = self._places.fid
        while frame is not None:
            fid = fid_of(frame.f_code.co_filename)
            if fid:
                return fid
            frame = frame.f_back
        return 0

    def _parents(self, fid: int, name: str) -> None:
        """A module's packages were imported with it, whoever came first."""
        while name := name.rpartition(".")[0]:
            parent = self._present(name)
            if parent:
                self._edge(fid, parent)

    def _edge(self, importer: int, imported: int) -> None:
        if importer != imported and (importer, imported) not in self._edges:
            self._edges.add((importer, imported))
            self._journal.add("i", importer or None, imported)


def _resolved(name: str, package: Any) -> str:
    tail = name.lstrip(".")
    found: str = importlib._bootstrap._resolve_name(  # type: ignore[attr-defined]
        tail, package, len(name) - len(tail)
    )
    return found


def _origin(module: Any) -> str:
    spec = getattr(module, "__spec__", None)
    origin = getattr(spec, "origin", None) or getattr(module, "__file__", None)
    return origin if isinstance(origin, str) else ""
