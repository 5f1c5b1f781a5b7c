"""Installed packages: which of them this process has imported or looked for, whoever did it.

What is installed under these names is worked out later, outside of this process. A package that
was imported concerns every test of the process; one that was looked for in vain whoever asked.
"""

import functools
import os
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from .askers import Askers
from .contexts import Contexts
from .data import Data
from .places import Places, blob_id, file_of
from .unseen import frozen, without_me

METADATA = "importlib.metadata"
_STDLIB = sys.stdlib_module_names | {"__main__", "__mp_main__", "coverquery_recorder"}
_LIBRARY = f"{os.path.dirname(os.__file__)}/"  # noqa: PTH120  (a child may not know pathlib)
_OF_PACKAGES = ("/site-packages/", "/dist-packages/")
_EXTENSIONS = (".so", ".pyd")
_ASK_ABOUT_ALL = frozenset({"pkg_resources", "importlib_metadata"})
_AT_EVERY_START = ("sitecustomize", "usercustomize")
_LARGEST = 50_000_000
_COARSE = 0.05  # seconds by which a file system's clock may be behind


class Packages:
    """Facts about packages, in the session's context unless they are of one asker only."""

    def __init__(self, places: Places, contexts: Contexts, data: Data) -> None:
        self._places = places
        self._contexts = contexts
        self._data = data
        self._askers = Askers(places.fid)
        self._started = time.time()
        self._seen: set[str] = set()
        self._noted: set[tuple[str, str]] = set()
        self._foreign: dict[str, str] = {}
        self._last: tuple[int, str | None] = (0, None)
        self._undo: Callable[[], None] | None = None
        self._system = (os.stat, open)

    def start(self) -> None:
        """Note what is loaded, and listen to who asks for metadata."""
        for name in _AT_EVERY_START:
            self._note("package", name)
        self.update()
        if METADATA in sys.modules:
            self.of_metadata(sys.modules[METADATA])

    def of_metadata(self, module: Any) -> None:
        """Listen to who asks a module for metadata."""
        owner, original = module.Distribution, vars(module.Distribution)["discover"]
        owner.discover = classmethod(self._discovering(original.__func__))
        self._undo = lambda: setattr(owner, "discover", original)

    def stop(self) -> None:
        """Note what is loaded by now; listen no more."""
        self.update()
        if self._undo is not None:
            self._undo()
            self._undo = None

    def update(self) -> None:
        """Note what was loaded since the last time."""
        modules = sys.modules
        last = (len(modules), next(reversed(modules), None))
        if last == self._last:
            return
        self._last = last
        for name, module in list(modules.items()):
            self.loaded(name, module)

    def loaded(self, name: Any, module: Any) -> None:
        """Note one module."""
        if name in self._seen or not isinstance(name, str):
            return
        self._seen.add(name)
        top = name.partition(".")[0]
        if top in _STDLIB:
            return
        file = file_of(module)
        folder = self._foreign.get(top)
        if folder is not None and file is not None and file.startswith(folder):
            return
        inner = self._places.relative(file) if file else None
        if inner is not None:
            self._own(top, inner)
        elif file is None or any(folder in file for folder in _OF_PACKAGES):
            self._note("package", top)
            if file is not None and name == top:
                self._foreign[top] = file.removesuffix("__init__.py")
        elif not file.startswith(_LIBRARY):
            self._note("package", top)
            self._outside(file)
        if top in _ASK_ABOUT_ALL:
            self._note("distribution", "*")

    def missing(self, name: str, frame: FrameType | None) -> None:
        """Note that nobody finds a top-level module: it may be installed some day."""
        while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
            frame = frame.f_back
        if name in _STDLIB or "." in name or _is_no_name(name):
            return
        if frame is not None and self._places.fid(frame.f_code.co_filename):
            self._data.fact("package", name, None)
        else:  # a package asks once, whoever needs it
            self._note("package", name)

    def _own(self, top: str, inner: str) -> None:
        """A module of the project: one installed under its name might hide it."""
        if inner.endswith(_EXTENSIONS):
            session = self._contexts.session
            self._data.fact_of(session, "raw", inner, self._data.digest(inner))
        if not top.startswith(("test_", "conftest")) and not top.endswith("_test"):
            self._note("package", top)

    def _outside(self, file: str) -> None:
        """A module from elsewhere (PYTHONPATH, another checkout), unless a test has made it."""
        stat, open_ = self._system
        try:
            status = stat(file)
            if status.st_ctime >= self._started - _COARSE or status.st_size > _LARGEST:
                return
            with open_(file, "rb") as stream:
                oid = blob_id(stream.read())
        except (OSError, ValueError):
            return
        path = os.path.normpath(file).lstrip("/")
        self._data.fact_of(self._contexts.session, "outside", path, oid)

    def _note(self, view: str, name: str) -> None:
        if (view, name) not in self._noted and not _is_no_name(name):
            self._noted.add((view, name))
            self._data.fact_of(self._contexts.session, view, name, None)

    def _discovering(self, original: Any) -> Any:
        asked = self._asked

        @frozen
        def discover(cls: Any, /, **named: Any) -> Any:
            asked(named, sys._getframe(1))
            try:
                return original(cls, **named)
            except BaseException as error:
                without_me(error)
                raise

        return functools.wraps(original)(discover)

    def _asked(self, named: dict[str, Any], frame: FrameType) -> None:
        """Somebody reads the metadata of a distribution, or of all."""
        name = named.get("name") or getattr(named.get("context"), "name", None) or "*"
        if isinstance(name, str) and "/" not in name and self._askers.reads(frame):
            self._data.fact("distribution", name, None)


def _is_no_name(name: str) -> bool:
    """No package goes by it: somebody tries whether a path is a module."""
    return not name or "/" in name or "\0" in name
