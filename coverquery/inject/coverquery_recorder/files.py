"""What is read besides code: files opened and folders listed, seen by an audit hook."""

import hashlib
import os
import stat
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from .askers import Askers
from .contexts import CHILD, Contexts
from .journal import Journal
from .places import Places, blob_id

_CHILDREN = frozenset(
    {"subprocess.Popen", "os.posix_spawn", "os.exec", "os.fork", "os.forkpty", "os.system",
     "os.startfile", "os.spawn"}
)  # fmt: skip
_LISTS = frozenset({"os.listdir", "os.scandir"})
_MADE = {"os.rename": 1, "os.mkdir": 0, "os.link": 1, "os.symlink": 1, "shutil.copyfile": 1,
         "shutil.move": 1, "shutil.copytree": 1, "sqlite3.connect": 0}  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_REMEMBERED = 20_000
_OURS = frozenset(
    {"__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache", ".coverage"}
)


class Files:
    """Data facts of the current context."""

    def __init__(self, places: Places, contexts: Contexts, journal: Journal) -> None:
        self._places = places
        self._contexts = contexts
        self._journal = journal
        self._askers = Askers(places.fid)
        self._active = False
        self._busy: int | None = None
        self._dids: dict[tuple[str, str, str | None], int] = {}
        self._digests: dict[tuple[str, int, int], str] = {}
        self._outputs: set[str] = set()
        self._looked_at: set[str] = set()
        self._names: dict[str, str | None] = {}
        self._system: Any = (os.stat, open, os.listdir, os.getcwd, threading.get_ident)

    def start(self) -> None:
        """Listen; the hook stays for good but does nothing after `stop`."""
        self._active = True
        sys.addaudithook(self._hook())

    def stop(self) -> None:
        """Stop listening."""
        self._active = False

    def fact(self, view: str, path: str, digest: str | None) -> None:
        """Note that the current context depends on a file looked at in this way."""
        contexts = self._contexts
        contexts.touch(contexts.current).data.add(self._did(view, path, digest))

    def digest(self, path: str) -> str | None:
        """Return the blob id of a project file's bytes; None when it is not there."""
        status_of, open_ = self._system[:2]
        full = f"{self._places.root}/{path}"
        try:
            status = status_of(full)
            key = (path, status.st_size, status.st_mtime_ns)
            if key not in self._digests:
                with open_(full, "rb") as file:
                    self._digests[key] = blob_id(file.read())
            return self._digests[key]
        except OSError:
            return None

    def _did(self, view: str, path: str, digest: str | None) -> int:
        key = (view, path, digest)
        did = self._dids.get(key)
        if did is None:
            did = self._dids[key] = len(self._dids) + 1
            self._journal.add("d", did, view, path, digest)
        return did

    def _hook(self) -> Callable[[str, tuple[Any, ...]], None]:
        watched = {"open", *_LISTS, *_CHILDREN, *_MADE}
        handle, frame = self._handle, sys._getframe

        def hook(event: str, args: tuple[Any, ...]) -> None:
            if event in watched and self._active:
                handle(event, args, frame(1))

        return hook

    def _handle(self, event: str, args: tuple[Any, ...], frame: FrameType) -> None:
        ident = self._system[4]()
        if self._busy == ident:
            return
        before, self._busy = self._busy, ident
        try:
            self._seen(event, args, frame)
        except Exception:  # noqa: BLE001  (raised here, it would forbid the project's call)
            self._contexts.distrust("a file access could not be recorded")
        finally:
            self._busy = before

    def _seen(self, event: str, args: tuple[Any, ...], frame: FrameType) -> None:
        if event in _CHILDREN:
            if self._askers.starts_child(frame):
                self._contexts.distrust(CHILD)
        elif event in _LISTS:
            self._listed(args[0] if args and args[0] is not None else ".", frame)
        elif event == "open":
            self._opened(args[0], args[1], args[2] or 0, frame)
        else:
            path = self._inside(args[_MADE[event]])
            if path is not None:
                self._written(path)

    def _opened(self, name: object, mode: str | None, flags: int, frame: FrameType) -> None:
        path = self._inside(name)
        if path is None:
            return
        mode = mode or ""
        if not (flags & _ANEW or any(c in mode for c in "wax")):
            self._read("raw", path, frame)
        if flags & _WRITES or any(c in mode for c in "wax+"):
            self._written(path)

    def _listed(self, name: object, frame: FrameType) -> None:
        path = self._inside(name)
        if path is not None:
            self._read("listing", path, frame)

    def _read(self, view: str, path: str, frame: FrameType) -> None:
        if self._is_output(path) or not self._askers.reads(frame):
            return
        self._looked_at.add(path)
        found = self.digest(path) if view == "raw" else self._listing(path)
        if found is not None or view == "listing" or not self._is_folder(path):
            self.fact(view, path, found)

    def _is_folder(self, path: str) -> bool:
        try:
            return stat.S_ISDIR(self._system[0](f"{self._places.root}/{path}").st_mode)
        except OSError:
            return False

    def _written(self, path: str) -> None:
        if path not in self._looked_at:
            self._outputs.add(path)

    def _is_output(self, path: str) -> bool:
        outputs = self._outputs
        while outputs and path:
            if path in outputs:
                return True
            path = path.rpartition("/")[0]
        return False

    def _listing(self, path: str) -> str | None:
        try:
            names = self._system[2](f"{self._places.root}/{path}")
        except OSError:
            return None
        kept = sorted(n for n in names if n != "__pycache__" and not n.endswith(".pyc"))
        text = "\n".join(kept).encode("utf-8", "surrogateescape")
        return hashlib.sha1(text, usedforsecurity=False).hexdigest()

    def _inside(self, name: object) -> str | None:
        if isinstance(name, os.PathLike):
            name = name.__fspath__()
        if isinstance(name, bytes):
            name = os.fsdecode(name)
        if not isinstance(name, str) or name.endswith(".pyc"):
            return None
        if name.startswith("<") and name.endswith(">"):
            return None
        if not name.startswith("/"):
            name = f"{self._system[3]()}/{name}"
        if name not in self._names:
            if len(self._names) > _REMEMBERED:
                self._names.clear()
            path = self._places.relative(name)
            ours = path is not None and _OURS.intersection(path.split("/"))
            self._names[name] = None if ours else path
        return self._names[name]
