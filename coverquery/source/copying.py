"""Members that only copying and pickling call, and what in a project may lead to either.

No operator and no builtin calls them: it takes ``copy``, ``pickle`` or a library that uses these. A
library gets at an object only through code that mentions the library, or something made of it.
"""

import sys
from collections.abc import Container
from typing import NamedTuple

from coverquery.source.project import Project
from coverquery.source.reach import Seed
from coverquery.source.usage import Origin
from coverquery.source.words import ANYTHING

PROTOCOL = frozenset({
    "__copy__", "__deepcopy__", "__replace__", "__reduce__", "__reduce_ex__", "__getstate__",
    "__setstate__", "__getnewargs__", "__getnewargs_ex__",
})  # fmt: skip

OF_LISTS = frozenset({
    "append", "extend", "insert", "remove", "index", "count", "sort", "reverse", "add", "discard",
})  # fmt: skip
"""Methods of lists and sets that no operator, no builtin and few libraries call on others."""

_CALL_THEM = frozenset({"bisect", "collections", "array", "types"})

WORDS = frozenset({
    ANYTHING, "__import__", "dir", "vars", "getmembers", "getmembers_static",
    *(f"{sign}{name}" for sign in ".'~" for name in PROTOCOL),
    *(f"{sign}{name}" for sign in ".'~" for name in ("__dict__", "__dir__", "getmembers", "__")),
    *(f"{sign}tee" for sign in ".'~"),
})  # fmt: skip
"""Who runs a statement with one of these may call such a member, or see that it is there.

To look one up by a computed name, code must list the names there are or have the underscores in a
text: ``getattr`` alone does not know any.
"""

KNOWN_PLUGINS = frozenset({
    "coverquery", "pytest-cov", "pytest-xdist", "pytest-timeout", "pytest-randomly",
    "pytest-asyncio", "pytest-rerunfailures", "pytest-repeat", "pytest-forked", "pytest-sugar",
    "pytest-mock", "hypothesis",
})  # fmt: skip
"""Plugins none of whose fixtures copies what it is given."""

_COPY_NOTHING = frozenset({
    "__future__", "abc", "array", "atexit", "base64", "binascii", "bisect", "builtins",
    "calendar", "cmath", "codecs", "collections", "collections.abc", "contextlib", "csv",
    "datetime", "errno", "functools", "gc", "glob", "hashlib", "heapq", "html", "inspect", "io",
    "itertools", "json", "keyword", "locale", "math", "numbers", "operator", "os", "os.path",
    "pathlib", "pprint", "pytest", "queue", "random", "re", "secrets", "select", "shutil",
    "signal", "socket", "stat", "string", "struct", "sys", "tempfile", "textwrap", "threading",
    "time", "timeit", "traceback", "types", "typing", "typing_extensions", "unicodedata",
    "unittest", "unittest.mock", "uuid", "warnings", "weakref", "zlib",
})  # fmt: skip
"""Modules that copy and pickle nothing of what they are given, but for these:"""

_COPIERS = frozenset({"itertools.tee", "itertools.*"})
"""Among these modules, what asks an iterator whether it copies itself: see also ``WORDS``."""

_COPYING_NAMES = frozenset({"UserDict", "UserList", "UserString"})
_PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})


def copiers(
    project: Project, installed: Container[str], *, lists: bool = False
) -> list[Seed] | None:
    """Return the names through which a project's code gets at whatever may copy.

    Args:
        project: its files.
        installed: top-level names of packages, which may be meant where the project has them too.
        lists: at what may call methods of lists, instead.

    Returns:
        None where nobody can tell.
    """
    seeds: list[Seed] = []
    for path, versions in project.files.items():
        for version in versions:
            strict = lists or not _COPYING_NAMES.isdisjoint(project.identifiers(version))
            harmless = _COPY_NOTHING - _CALL_THEM if lists else _COPY_NOTHING
            foreign = _Foreign(project, installed, strict, harmless)
            if any(map(foreign.may_copy, version.stars)):
                return None
            for name, origins in version.origins.items():
                if any(map(foreign.may_copy, origins)):
                    seeds.append(Seed(path, name))
    return seeds


def is_looked_for(project: Project, name: str) -> bool:
    """Does a protocol of the project's ask objects for this member?"""
    pieces = [piece for path in project.files for piece in project.pieces(path)]
    owners = {piece.owner.rpartition(".")[2] for piece in pieces if name in piece.binds}
    return any(
        piece.kind == "class"
        and not _PROTOCOLS.isdisjoint(piece.bases)
        and not owners.isdisjoint(piece.binds)
        for piece in pieces
    )


class _Foreign(NamedTuple):
    """Judges what one file imports; ``strict``: it mentions what copies itself."""

    project: Project
    installed: Container[str]
    strict: bool
    harmless: Container[str]

    def may_copy(self, origin: Origin) -> bool:
        """May what is imported copy what it is given?"""
        level, module, name = origin
        top = module.partition(".")[0]
        if level or not (self._is_outside(top) or self._is_unknown(module)):
            return False
        if module == "collections":
            return self.strict
        if f"{module}.{name}" in _COPIERS:
            return True
        return module not in self.harmless and f"{module}.{name}" not in self.harmless

    def _is_outside(self, top: str) -> bool:
        return top in sys.stdlib_module_names or top in self.installed

    def _is_unknown(self, module: str) -> bool:
        return not any(True for _ in self.project.dotted(module.split(".")))
