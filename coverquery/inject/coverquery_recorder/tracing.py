"""The engines for Python 3.11: coverage.py's C tracer, and a plain trace function without it."""

import atexit
import importlib
import importlib.util
import os
import sys
import threading
from _thread import get_ident
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from opcode import opmap
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from .monitoring import Told
from .sharing import Other

_OLDEST = (6, 2)
_RESUMABLE = 0x20 | 0x80 | 0x200  # generators, coroutines, asynchronous generators
_RESUME = opmap["RESUME"]


class CTrace:
    """coverage.py's C tracer, read straight from its collector's data."""

    name = "ctrace"

    def __init__(self, fid_of: Callable[[str], int], coverage: ModuleType) -> None:
        self._fid_of = fid_of
        self.told: list[Told] = []
        self._module = coverage
        self._tracer: Any = None
        self._thread = 0
        self._other: Other | None = None
        self._coverage: Any = self._make()

    def fid(self, unit: int) -> int:
        """Return the file of a unit: units are files here."""
        return unit

    def bodies(self, _unit: int) -> frozenset[int]:
        """Return nothing: whose line it was is not known here."""
        return frozenset()

    def start(self) -> None:
        """Begin. Raise RuntimeError where coverage.py has no C tracer for this Python."""
        with _core("ctrace"):
            self._coverage.start()
        self._tracer = sys.gettrace()
        self._thread = get_ident()
        if type(self._tracer).__name__ != "CTracer" or type(self._data()) is not dict:
            self._coverage.stop()
            raise RuntimeError("coverage.py has no C tracer here that we know")

    def stop(self) -> None:
        """Stop tracing; coverage.py objects when the user's is still running."""
        with suppress(AssertionError):
            self._coverage.stop()

    def healthy(self) -> bool:
        """Tell whether the thread in which we began is still traced by us."""
        return get_ident() != self._thread or sys.gettrace() is self._tracer

    def restore(self) -> bool:
        """Trace again; True when it was the user's own coverage.py that began."""
        if type(sys.gettrace()).__name__ not in {"CTracer", "PyTracer"}:
            sys.settrace(self._tracer)
            return False
        other = Other.running(self._module, self._coverage)
        if other is None:  # leave the user's measurement alone
            return False
        atexit.unregister(self._coverage._atexit)
        self._coverage = self._make(branch=other.branch)
        self._other = other
        other.replace(self._coverage, self.start)
        return True

    def switch(self) -> list[tuple[int, set[int]]]:
        """Return what ran since the last time."""
        return [
            (fid, lines) for filename, lines in self._harvest() if (fid := self._fid_of(filename))
        ]

    def numbering(self, _number: object) -> None:
        """`switch` is all there is."""

    def _make(self, **options: Any) -> Any:
        made: Any = self._module.Coverage(
            data_file=None, config_file=False, messages=False, **options
        )
        made.set_option("run:disable_warnings", list(_WARNINGS))
        made._should_trace = self._ours_only(made._should_trace)
        return made

    def _ours_only(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Judge files by our own test: coverage.py's patterns mistake odd names of folders."""

        def should_trace(filename: str, frame: Any) -> Any:
            found = original("<ours>", frame)  # a disposition that says no
            fid = self._fid_of(filename)
            if fid:
                for tell in self.told if frame is not None else ():
                    tell(frame, fid)
                found.original_filename = found.canonical_filename = filename
                found.source_filename = filename
                found.trace, found.reason = True, ""
            return found

        return should_trace

    def _data(self) -> Any:
        return getattr(getattr(self._coverage, "_collector", None), "data", None)

    def _harvest(self) -> Iterator[tuple[str, set[int]]]:
        for filename, raw in list(self._data().items()):
            if raw:
                taken = set(raw)
                # frames that are running hold on to this very set: never replace it
                raw.difference_update(taken)
                if self._other is not None:
                    taken = self._other.feed(filename, taken)
                yield filename, taken


class PyTrace:
    """A trace function in Python: slow, and always there."""

    name = "pytrace"

    def __init__(self, fid_of: Callable[[str], int]) -> None:
        self._fid_of = fid_of
        self.told: list[Told] = []
        self._current: dict[int, set[int]] = {}
        self._thread = 0

    def fid(self, unit: int) -> int:
        """Return the file of a unit: units are files here."""
        return unit

    def bodies(self, _unit: int) -> frozenset[int]:
        """Return nothing: whose line it was is not known here."""
        return frozenset()

    def start(self) -> None:
        """Begin, in this thread and in those that it starts."""
        self._thread = get_ident()
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def stop(self) -> None:
        """Stop tracing."""
        if self.healthy():
            sys.settrace(None)
        if threading.gettrace() == self._enter:
            threading.settrace(None)

    def healthy(self) -> bool:
        """Tell whether the thread in which we began is still traced by us."""
        return get_ident() != self._thread or sys.gettrace() == self._enter

    def restore(self) -> bool:
        """Trace again, unless it is the user's coverage.py that traces now."""
        if type(sys.gettrace()).__name__ not in {"CTracer", "PyTracer"}:
            sys.settrace(self._enter)
        return False

    def switch(self) -> list[tuple[int, set[int]]]:
        """Return what ran since the last time."""
        done, self._current = self._current, {}
        return list(done.items())

    def numbering(self, _number: object) -> None:
        """`switch` is all there is."""

    def _enter(self, frame: FrameType, event: str, _arg: object) -> Any:
        fid = self._fid_of(frame.f_code.co_filename)
        if not fid:
            return None
        if frame.f_code.co_name == "<module>":
            for tell in self.told:
                tell(frame, fid)

        def local(frame: FrameType, event: str, _arg: object) -> Any:
            if event == "line" or (event == "call" and _resumed(frame)):
                self._current.setdefault(fid, set()).add(frame.f_lineno)
            return local

        return local(frame, event, None)


def _resumed(frame: FrameType) -> bool:
    """Tell whether a generator goes on, perhaps in the middle of a line."""
    if not frame.f_code.co_flags & _RESUMABLE or frame.f_lasti < 0:
        return False
    operation, why = frame.f_code.co_code[frame.f_lasti : frame.f_lasti + 2]
    return operation != _RESUME or bool(why & 3)  # 0: at the beginning


def load_coverage(folder: str | None) -> ModuleType | None:
    """Return the project's coverage.py if it is recent enough, else ours, else None.

    Ours leaves no trace in ``sys.modules`` or ``sys.path``: the project must not see a
    package that it does not have.
    """
    if importlib.util.find_spec("coverage") is not None:
        try:
            coverage = importlib.import_module("coverage")
        except ImportError:
            return None
        if tuple(getattr(coverage, "version_info", (0, 0)))[:2] >= _OLDEST:
            return coverage
    return None if folder is None else _aside(Path(folder))


def _aside(folder: Path) -> ModuleType | None:
    old = {name: sys.modules.pop(name) for name in _coverage_modules()}
    init = folder / "__init__.py"
    try:
        spec = importlib.util.spec_from_file_location(
            "coverage", init, submodule_search_locations=[str(folder)]
        )
        if spec is None or spec.loader is None:
            return None
        module = sys.modules["coverage"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        with _core("ctrace"):  # so that what it imports late is imported now
            module.Coverage(data_file=None, config_file=False)._init_for_start()
    except (ImportError, OSError):
        return None
    finally:
        for name in _coverage_modules():
            del sys.modules[name]
        sys.modules.update(old)
    return module


def _coverage_modules() -> list[str]:
    return [n for n in sys.modules if n == "coverage" or n.startswith("coverage.")]


@contextmanager
def _core(name: str) -> Iterator[None]:
    old = os.environ.get("COVERAGE_CORE")
    os.environ["COVERAGE_CORE"] = name
    try:
        yield
    finally:
        if old is None:
            del os.environ["COVERAGE_CORE"]
        else:
            os.environ["COVERAGE_CORE"] = old


_WARNINGS = ("no-data-collected", "module-not-imported", "no-sysmon", "trace-changed")
