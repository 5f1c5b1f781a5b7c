"""Who opens this file, who starts this child? Python's own machinery and pytest do not count."""

import os
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import _pytest
import pluggy

_STDLIB = f"{Path(os.__file__).parent}/"
_MACHINERY = tuple(f"{Path(str(m)).parent}/" for m in (_pytest.__file__, pluggy.__file__, __file__))

_THROUGH = frozenset(
    {"linecache", "tokenize", "inspect", "io", "_pyio", "codecs", "pathlib", "glob", "os",
     "fnmatch", "shutil", "genericpath", "posixpath", "tempfile", "fileinput", "zipfile"}
)  # fmt: skip
_THROUGH_PACKAGES = ("importlib/", "pathlib/", "zipfile/")
_PYTHONS_OWN = frozenset(
    {"traceback", "warnings", "pdb", "bdb", "cmd", "code", "runpy", "site", "trace",
     "platform", "uuid", "sysconfig", "py_compile", "compileall", "zipimport"}
)  # fmt: skip
_PYTHONS_OWN_FILES = frozenset({"ctypes/util.py", "logging/__init__.py"})
_TOOLS = frozenset(
    {"coverage", "pytest_cov", "hypothesis", "xdist", "execnet", "_hypothesis_pytestplugin",
     "IPython", "pydevd"}
)  # fmt: skip
_STARTING = ("execnet/", "xdist/")
_ASKING_THE_SYSTEM = frozenset({"platform.py", "uuid.py", "sysconfig.py", "ctypes/util.py"})

_PASS, _IGNORE, _COUNT, _FROZEN, _DOCTEST = range(5)


class Askers:
    """Judges stacks; what a file name means is remembered."""

    def __init__(self, fid_of: Callable[[str], int]) -> None:
        self._fid_of = fid_of
        self._kinds: dict[str, int] = {}

    def reads(self, frame: FrameType | None) -> bool:
        """Tell whether project code, or a library on its behalf, reads."""
        while frame is not None:
            code = frame.f_code
            kind = self._kinds.get(code.co_filename)
            if kind is None:
                kind = self._kinds[code.co_filename] = self._kind(code.co_filename)
            if kind != _PASS:
                # pkgutil.get_data and doctest.testfile read for somebody
                asked = {_FROZEN: "get_data", _DOCTEST: "_load_testfile"}.get(kind)
                if asked != code.co_name:
                    return kind == _COUNT
            frame = frame.f_back
        return False

    def starts_child(self, frame: FrameType | None) -> bool:
        """Tell whether a child process may run the project's code.

        Not xdist's workers, not Python asking the system who it is, and not what a library
        does while it is itself imported.
        """
        while frame is not None:
            code = frame.f_code
            if self._fid_of(code.co_filename):
                return True
            if code.co_name == "<module>" and not code.co_filename.startswith(_MACHINERY):
                return False
            if code.co_filename.removeprefix(_STDLIB) in _ASKING_THE_SYSTEM:
                return False
            if _in_packages(code.co_filename).startswith(_STARTING):
                return False
            frame = frame.f_back
        return True

    def _kind(self, filename: str) -> int:
        if self._fid_of(filename):
            return _COUNT
        if filename.startswith("<frozen importlib"):
            return _FROZEN
        if filename.startswith("<frozen "):
            return _of_stdlib(filename[len("<frozen ") :].rstrip(">").replace(".", "/") + ".py")
        inner = _in_packages(filename)
        tool = inner.partition("/")[0].removesuffix(".py") in _TOOLS
        if tool or filename.startswith(_MACHINERY):
            return _IGNORE
        stdlib = filename.startswith(_STDLIB) and not inner
        return _of_stdlib(filename[len(_STDLIB) :]) if stdlib else _COUNT


def _of_stdlib(inner: str) -> int:
    name = inner.partition("/")[0].removesuffix(".py")
    if name == "doctest":
        return _DOCTEST
    if name in _PYTHONS_OWN or inner in _PYTHONS_OWN_FILES:
        return _IGNORE
    return _PASS if name in _THROUGH or inner.startswith(_THROUGH_PACKAGES) else _COUNT


def _in_packages(filename: str) -> str:
    for folder in ("/site-packages/", "/dist-packages/"):
        head, _, tail = filename.rpartition(folder)
        if head:
            return tail
    return ""
