"""Who opens this file, who starts this child? Python's own machinery and pytest do not count."""

import os
import sys
from collections.abc import Callable
from types import FrameType

_STDLIB = f"{os.path.dirname(os.__file__)}/"  # noqa: PTH120  (a child may not know pathlib)


def _machinery() -> tuple[str, ...]:
    """Return our own folder, and pytest's where it runs the tests that are recorded."""
    files = [getattr(sys.modules.get(name), "__file__", None) for name in ("_pytest", "pluggy")]
    folders = [os.path.dirname(str(file)) for file in (*files, __file__) if file]  # noqa: PTH120
    return tuple(f"{folder}/" for folder in folders)


_MACHINERY = _machinery()

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
_ASKING_THE_SYSTEM = frozenset(
    {
        "platform.py",
        "uuid.py",
        "sysconfig.py",
        "ctypes/util.py",
        "multiprocessing/resource_tracker.py",
    }
)

PASS, _QUIET, _IGNORE, _COUNT, _FROZEN, _DOCTEST = range(6)
NO_ASKER = frozenset({_QUIET, _IGNORE, _FROZEN})
_LOOKING_FOR_SOURCE = frozenset({"linecache", "tokenize", "inspect", "tempfile"})
_WHETHER_LINK = frozenset({"realpath", "_joinrealpath", "resolve"})
_WHETHER_THERE = frozenset(
    {"exists", "lexists", "isfile", "isdir", "islink", "ismount", "samefile", "is_file", "is_dir",
     "is_symlink", "is_mount", "is_junction", "walk", "_walk", "makedirs", "mkdir", "which",
     "_access_check", "rmtree", "_rmtree_safe_fd", "_rmtree_unsafe", "glob", "iglob", "_iglob",
     "glob0", "_glob0", "rglob"}
)  # fmt: skip


class Askers:
    """Judges stacks; what a file name means is remembered.

    Attributes:
        kinds: of the file names judged so far.
    """

    def __init__(self, fid_of: Callable[[str], int]) -> None:
        self._fid_of = fid_of
        self.kinds: dict[str, int] = {}
        self.workers_apart = True

    def reads(self, frame: FrameType | None) -> bool:
        """Tell whether project code, or a library on its behalf, reads."""
        while frame is not None:
            code = frame.f_code
            kind = self._kind_of(code.co_filename)
            if kind > _QUIET:
                # pkgutil.get_data and doctest.testfile read for somebody
                asked = {_FROZEN: "get_data", _DOCTEST: "_load_testfile"}.get(kind)
                if asked != code.co_name:
                    return kind == _COUNT
            frame = frame.f_back
        return False

    def none_of_ours(self, frame: FrameType | None) -> bool:
        """Tell whether `looks` returns None, as far as that is known without looking at files."""
        while frame is not None:
            kind = self.kinds.get(frame.f_code.co_filename)
            if kind != PASS:
                return kind in NO_ASKER
            frame = frame.f_back
        return False

    def looks(self, frame: FrameType | None) -> str | None:
        """Tell what is asked of a file by project code, or by a library on its behalf.

        Returns:
            ``"link"`` when only where it leads to, ``"exists"`` when only whether it is there,
            ``"raw"`` when its size or date as well; None when nobody of interest asks.
        """
        asked = "raw"
        while frame is not None:
            code = frame.f_code
            kind = self._kind_of(code.co_filename)
            if kind != PASS:
                return asked if kind in {_COUNT, _DOCTEST} else None
            if code.co_name in _WHETHER_LINK:
                asked = "link"
            elif code.co_name in _WHETHER_THERE and asked == "raw":
                asked = "exists"
            frame = frame.f_back
        return None

    def starts_child(self, frame: FrameType | None) -> bool:
        """Tell whether a child process may run the project's code.

        Not xdist's workers (unless a test has them), not Python asking the system who it is,
        and not what a library does while it is itself imported.
        """
        while frame is not None:
            code = frame.f_code
            if self._fid_of(code.co_filename):
                return True
            if code.co_name == "<module>" and not code.co_filename.startswith(_MACHINERY):
                return frame.f_globals.get("__name__") == "__main__"
            if code.co_filename.removeprefix(_STDLIB) in _ASKING_THE_SYSTEM:
                return False
            if self.workers_apart and _in_packages(code.co_filename).startswith(_STARTING):
                return False
            frame = frame.f_back
        return True

    def are_foreign(self, frame: FrameType | None) -> bool:
        """Tell whether no code of the project had a part in it: a plugin of pytest acts alone.

        What calls it does not count, in pluggy's own checkout either.
        """
        while frame is not None:
            filename = frame.f_code.co_filename
            if self._fid_of(filename) and not filename.startswith(_MACHINERY):
                return False
            frame = frame.f_back
        return True

    def _kind_of(self, filename: str) -> int:
        kind = self.kinds.get(filename)
        if kind is None:
            kind = self.kinds[filename] = self._kind(filename)
        return kind

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
    if name in _LOOKING_FOR_SOURCE:
        return _QUIET
    return PASS if name in _THROUGH or inner.startswith(_THROUGH_PACKAGES) else _COUNT


def _in_packages(filename: str) -> str:
    for folder in ("/site-packages/", "/dist-packages/"):
        head, _, tail = filename.rpartition(folder)
        if head:
            return tail
    return ""
