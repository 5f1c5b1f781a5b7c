"""The recorder's hot path in C: built once for each of the user's Pythons, where that is possible.

Never by the project's interpreter during a session, and never twice for nothing: that it did
not work is remembered as long as the compilers and headers look the same. Whatever goes wrong,
the recorder does the same in Python, only slower. ``COVERQUERY_FAST=0`` switches it off.
"""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from coverquery.runner.interpreter import Interpreter
from coverquery.runner.plan import INJECT
from coverquery.runner.remembered import CACHE_NAME, Remembered

SWITCH = "COVERQUERY_FAST"
SOURCE = INJECT / "coverquery_recorder" / "_fast.c"
_PARTS = ("_fast.c", "_audit.c", "_files.c", "_gates.c", "_looks.c", "_rows.c", "_units.c",
          "_events.c", "_switch.c")  # fmt: skip
"""The first includes the others."""
_OLDEST = (3, 12)
_COMPILERS = ("cc", "gcc", "clang")
_OPTIONS = ("-O2", "-fPIC", "-fno-strict-aliasing")
_SHARED = ("-bundle", "-undefined", "dynamic_lookup") if sys.platform == "darwin" else ("-shared",)
_COMPILING = 120.0
_ASKING = 30.0
_OTHERS_MAY_WRITE = 0o022

_FACTS = r"""
import json, sys, sysconfig
print(json.dumps({
    "build": [sys.version, sys.base_prefix, sysconfig.get_config_var("SOABI") or ""],
    "include": sorted({sysconfig.get_path("include"), sysconfig.get_path("platinclude")}),
    "gil": not sysconfig.get_config_var("Py_GIL_DISABLED"),
}))
"""
_TRIAL = r"""
import importlib.machinery, importlib.util, sys
loader = importlib.machinery.ExtensionFileLoader("_fast", sys.argv[1])
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("_fast", loader))
loader.exec_module(module)
def watched(): return 1
line = watched.__code__.co_firstlineno
seen, monitoring = [], sys.monitoring
monitoring.use_tool_id(4, "trial")
lines = module.Lines(4, monitoring)
monitoring.register_callback(4, monitoring.events.LINE, lines.on_line)
monitoring.register_callback(4, monitoring.events.PY_START, lines.on_start)
lines.add(watched.__code__, monitoring.events.LINE | monitoring.events.PY_START, line)
for _ in range(200): watched()
sids, found = set(), []
for plain in (set(), {3}):
    found.append(list(lines.switch(lambda code, ran: seen.append((code, ran)) or 3, sids, plain)))
    watched()
told = []
module.listen(("trial",), lambda event, args: told.append((event, args)))
sys.audit("trial", 1), sys.audit("trials", 2)
looks = []
watch = module.Watch(len, lambda *given: looks.append(given[:3]), {}, 0, frozenset())
sys.exit(found != [[3], []] or sids != {3} or seen != [(watched.__code__, str(line))]
         or lines.broken or told != [("trial", (1,))]
         or module.row(("x", 1, None)) != '["x",1,null]'
         or watch("four") != 4 or looks != [(("four",), {}, 4)])
"""


class _Build(NamedTuple):
    """What building takes: the Python, its headers, where to put the library."""

    python: Path
    include: tuple[str, ...]
    target: Path


def fast_library(python: Interpreter, cache: Path | None, environ: Mapping[str, str]) -> str | None:
    """Return the library for this Python, built if need be; None: there is none.

    Args:
        python: the project's.
        cache: folder for the file of answers; None: nothing is remembered, and nothing built.
        environ: the user's environment: ``COVERQUERY_FAST``, ``XDG_CACHE_HOME``, ``CC``, PATH.
    """
    suitable = python.implementation == "cpython" and python.version >= _OLDEST
    home = _home(environ)
    if not suitable or cache is None or home is None or environ.get(SWITCH) == "0":
        return None
    try:
        source = b"".join((SOURCE.parent / part).read_bytes() for part in _PARTS)
    except OSError:
        return None
    memory = Remembered(cache / CACHE_NAME)
    key = json.dumps(["fast", str(python.executable), str(home), environ.get("CC"), _sha(source)])
    kept = memory.get(key)
    match kept:
        case [None]:
            return None
        case [str(path)] if _trusted(path):
            return path
    compilers = _compilers(environ)
    built, include = _built(python.executable, home, compilers, source)
    watched = [str(python.executable), *_candidates(environ), *(f"{i}/Python.h" for i in include)]
    memory.put(key, [built], watched)
    return built


def _home(environ: Mapping[str, str]) -> Path | None:
    given = environ.get("XDG_CACHE_HOME", "")
    if given.startswith("/"):
        return Path(given) / "coverquery"
    user = environ.get("HOME", "")
    return Path(user) / ".cache" / "coverquery" if user.startswith("/") else None


def _sha(source: bytes, *more: str) -> str:
    text = source + "\0".join(more).encode("utf-8", "surrogateescape")
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()[:16]


def _candidates(environ: Mapping[str, str]) -> list[str]:
    """Return every place a compiler is looked for, there or not."""
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    return [f"{folder}/{name}" for folder in folders if folder for name in _COMPILERS]


def _compilers(environ: Mapping[str, str]) -> list[list[str]]:
    try:
        own = shlex.split(environ.get("CC", ""))
    except ValueError:
        own = []
    search = environ.get("PATH", os.defpath)
    found = [[path] for name in _COMPILERS if (path := shutil.which(name, path=search))]
    return [own, *found] if own else found


def _built(
    python: Path, home: Path, compilers: list[list[str]], source: bytes
) -> tuple[str | None, tuple[str, ...]]:
    """Return the library, or None, and the folders of the headers as far as they are known."""
    include: tuple[str, ...] = ()
    try:
        facts = json.loads(_output([python, "-I", "-S", "-c", _FACTS]))
        include = tuple(map(str, facts["include"]))
        if not facts["gil"]:
            return None, include
        target = home / f"fast-{_sha(source, *facts['build'])}" / "_fast.so"
        if not _trusted(str(target)):
            _build(_Build(python, include, target), compilers)
        return (str(target) if _trusted(str(target)) else None), include
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError):
        return None, include


def _build(build: _Build, compilers: list[list[str]]) -> None:
    """Compile beside the place, try it out, then move it there."""
    build.target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=build.target.parent) as folder:
        made = Path(folder) / "_fast.so"
        headers = [f"-I{include}" for include in build.include]
        for compiler in compilers:
            words = [*compiler, *_OPTIONS, *_SHARED, *headers, "-o", str(made), str(SOURCE)]
            if _succeeds(words, _COMPILING):
                break
        made.chmod(0o700)
        if _succeeds([build.python, "-I", "-S", "-c", _TRIAL, made], _ASKING):
            made.replace(build.target)


def _succeeds(words: Sequence[str | Path], seconds: float) -> bool:
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=seconds
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _output(words: Sequence[str | Path]) -> bytes:
    return subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=_ASKING
    ).stdout


def _trusted(path: str) -> bool:
    """Tell whether it is there, and nobody else could have put it there."""
    try:
        seen = [os.stat(each) for each in (path, os.path.dirname(path))]  # noqa: PTH116, PTH120
    except (OSError, ValueError):
        return False
    return all(s.st_uid == os.geteuid() and not s.st_mode & _OTHERS_MAY_WRITE for s in seen)
