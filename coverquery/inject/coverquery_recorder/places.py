"""Which files are the project's, and the numbers they have in the journal."""

import hashlib
import os
import sys
from collections.abc import Iterable
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from .journal import Journal
from .links import follow, is_link

_FOREIGN = frozenset({".tox", ".nox", ".git", ".coverquery"})
_PACKAGES = frozenset({"site-packages", "dist-packages"})
_REMEMBERED = 20_000
_SPECIAL = _FOREIGN | _PACKAGES | {"", ".", ".."}
_sha1 = hashlib.sha1


def blob_id(content: bytes) -> str:
    """Return git's id of this content."""
    return _sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def file_of(module: Any) -> str | None:
    """Return where a module comes from, without running what it may have for attributes."""
    try:
        said = object.__getattribute__(module, "__dict__")
        file = said.get("__file__") or getattr(said.get("__spec__"), "origin", None)
    except (AttributeError, TypeError):
        return None
    return file if isinstance(file, str) and file.startswith("/") else None


class Way(NamedTuple):
    """Where a name leads to below the root, and (own path, blob id of its text) of each link."""

    path: str | None
    links: tuple[tuple[str, str], ...]


_NOWHERE = Way(None, ())


class Places:
    """Project files by name, with the content they had when their code was loaded."""

    def __init__(self, root: str, exclude: Iterable[str], journal: Journal) -> None:
        self.root = os.path.realpath(root)
        self._inside = self.root.rstrip("/") + "/"
        prefixes = {os.path.realpath(p) for p in (sys.prefix, sys.exec_prefix, *exclude)}
        self._exclude = tuple(
            p.rstrip("/") + "/"
            for p in prefixes
            if not self._inside.startswith(p.rstrip("/") + "/")
        )
        self._journal = journal
        self._getcwd = os.getcwd
        self._start = os.getcwd()  # noqa: PTH109  (a plain string, and pathlib may be patched)
        self._environments: dict[str, bool] = {}
        self._fids: dict[str, int] = {}
        self._files: dict[str, tuple[int, str, tuple[int, int]]] = {}
        self._names: dict[int, list[str]] = {}
        self._paths: dict[int, str] = {0: ""}
        self._real: dict[str, str | None] = {}
        self._system = (os.stat, open)

    def relative(self, path: str) -> str | None:
        """Return the path below the root ("" for the root), or None for what is foreign."""
        return self.way(path).path

    def way(self, path: str) -> Way:
        """Return the path below the root, and the project's links that lead there.

        The links on the way to a folder are looked for once: a suite may read 4,000 files.
        """
        if not path.startswith("/"):
            path = f"{self._getcwd()}/{path}"
        head, _, name = path.rpartition("/")
        if head not in self._real:
            start = self.root if path.startswith(self._inside) else ""
        elif name in _SPECIAL or is_link(path):
            start = head
        else:
            return self._in_folder(path, self._real[head], name)
        real, links = follow(path[len(start) :], start)
        if real == path:
            self._remember(head)
        if not links:
            return Way(self._inner(real), ())
        found = [
            (own, blob_id(target.encode("utf-8", "surrogateescape")))
            for at, target in links
            if (own := self._inner(at))
        ]
        return Way(self._inner(real), tuple(found))

    def moved(self) -> None:
        """There may be links where there were none."""
        self._real.clear()

    def _in_folder(self, real: str, folder: str | None, name: str) -> Way:
        """Do as `way` for what is no link, in a folder that is known."""
        if folder is None or real.startswith(self._exclude):
            return _NOWHERE
        return Way(f"{folder}/{name}" if folder else name, ())

    def _remember(self, folder: str) -> None:
        """Remember a folder that is real, and its path below the root or None.

        What is in it has a path below the root only if it has one itself, unless it is above.
        """
        if len(self._real) > _REMEMBERED:
            self._real.clear()
        above = self._inside.startswith(folder + "/") and folder != self.root
        inner = self._inner(folder)
        if not above and (inner is None or _PACKAGES.isdisjoint(inner.split("/"))):
            self._real[folder] = inner

    def _inner(self, real: str) -> str | None:
        if real == self.root:
            return ""
        if not real.startswith(self._inside):
            return None
        if real.startswith(self._exclude):
            return None
        inner = real[len(self._inside) :]
        return None if self._foreign(inner.split("/")) else inner

    def _foreign(self, parts: list[str]) -> bool:
        """Tell what is never the project's: the packages of an environment among it."""
        if not _FOREIGN.isdisjoint(parts):
            return True
        if _PACKAGES.isdisjoint(parts):
            return False
        folders = (self._inside + "/".join(parts[:n]) for n in range(1, len(parts)))
        return any(self._is_environment(folder) for folder in folders)

    def _is_environment(self, folder: str) -> bool:
        if folder not in self._environments:
            try:
                self._system[0](f"{folder}/pyvenv.cfg")
            except (OSError, ValueError):
                self._environments[folder] = False
            else:
                self._environments[folder] = True
        return self._environments[folder]

    def fid(self, filename: str) -> int:
        """Return the number of the file this code comes from, 0 for foreign code."""
        try:
            return self._fids[filename]
        except KeyError:
            fid = self._fids[filename] = self._find(filename)
            return fid

    def ours(self, value: Any) -> bool:
        """Tell whether a module, class or function is the project's."""
        code = getattr(value, "__code__", None)
        if isinstance(code, CodeType):
            return bool(self.fid(code.co_filename))
        if isinstance(value, type):
            value = sys.modules.get(value.__module__)
        file = vars(value).get("__file__") if isinstance(value, ModuleType) else None
        return isinstance(file, str) and bool(self.fid(file))

    def path(self, fid: int) -> str:
        """Return the project path of a file."""
        return self._paths[fid]

    def loaded(self, filename: str, name: str) -> int:
        """A module is about to be loaded from this file: look at its content again."""
        self._fids.pop(filename, None)
        fid = self.fid(filename)
        if fid:
            self.named(fid, name)
        return fid

    def named(self, fid: int, name: str) -> None:
        """Note a name the file's module goes by."""
        names = self._names.setdefault(fid, [])
        if name not in names:
            names.append(name)
            path = self._paths[fid]
            self._journal.add("f", fid, path, self._files[path][1], list(names))

    def _find(self, filename: str) -> int:
        if filename.startswith("<") and filename.endswith(">"):
            return 0
        if not filename.startswith("/"):
            filename = os.path.join(self._start, filename)  # noqa: PTH118
        try:
            inner = self.relative(filename)
            return self._number(inner) if inner is not None else 0
        except (OSError, ValueError):  # gone, or not a file name at all
            return 0

    def _number(self, inner: str) -> int:
        stat, open_ = self._system
        full = self._inside + inner
        status = stat(full)
        signature = (status.st_size, status.st_mtime_ns)
        known = self._files.get(inner)
        if known is not None and known[2] == signature:
            return known[0]
        with open_(full, "rb") as file:
            oid = blob_id(file.read())
        if known is not None and known[1] == oid:
            self._files[inner] = (known[0], oid, signature)
            return known[0]
        fid = len(self._paths)
        self._paths[fid] = inner
        self._files[inner] = (fid, oid, signature)
        self._forget(known)
        self._journal.add("f", fid, inner, oid, [])
        return fid

    def _forget(self, known: tuple[int, str, tuple[int, int]] | None) -> None:
        if known is not None:
            self._fids = {name: fid for name, fid in self._fids.items() if fid != known[0]}
