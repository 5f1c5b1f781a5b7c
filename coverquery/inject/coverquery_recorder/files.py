"""What is read besides code: files opened and folders listed, seen by an audit hook."""

import _thread
import os
import stat
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from .askers import Askers
from .contexts import CHILD, Contexts
from .data import Data
from .names import Names
from .outputs import Outputs
from .places import Places
from .threads import EVENTS as _THREADS
from .threads import Threads

_CHILDREN = frozenset(
    {"subprocess.Popen", "os.posix_spawn", "os.exec", "os.fork", "os.forkpty", "os.system",
     "os.startfile", "os.spawn"}
)  # fmt: skip
_LISTS = frozenset({"os.listdir", "os.scandir"})
_MOVED = frozenset({"os.rename", "os.link"})
_LINKED = _MOVED | {"os.symlink"}
_DATABASE = "sqlite3.connect"
_CHANGED = frozenset({*_MOVED, "os.mkdir", "os.symlink", "os.remove", "os.rmdir", _DATABASE})
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ANEW = os.O_TRUNC | os.O_EXCL
_WATCHED = frozenset({"open", *_LISTS, *_CHILDREN, *_CHANGED, *_THREADS})
_LOOKED = "looked"
_NO_FOLDER = -1  # where an event names the descriptor of a folder


class Files:
    """Data facts of the current context."""

    def __init__(self, places: Places, contexts: Contexts, data: Data) -> None:
        self._root = places.root
        self._places = places
        self._contexts = contexts
        self._data = data
        self.askers = Askers(places.fid)
        self._names = Names(places)
        self._outputs = Outputs()
        self._active = False
        self.in_sight: Callable[[str], bool] = lambda _event: False
        self.threads = Threads(contexts)
        self.library: Any = None
        self._busy: int | None = None
        self._system: Any = (os.stat, _thread.get_ident)

    def start(self) -> None:
        """Listen; the hook stays for good but does nothing after `stop`."""
        self._active = True
        hook = self._hook()
        if self.library is None or not self.library.listen(tuple(_WATCHED), hook):
            sys.addaudithook(hook)

    def stop(self) -> None:
        """Stop listening."""
        self._active = False

    def looked(self, name: str, found: object, frame: FrameType) -> None:
        """Somebody asked for a file's status: an `os.stat_result`, the error, or a boolean."""
        if self._active and not self.askers.none_of_ours(frame):
            self._handle(_LOOKED, (name, found), frame)

    def _hook(self) -> Callable[[str, tuple[Any, ...]], None]:
        watched = _WATCHED
        handle, frame, program = self._handle, sys._getframe, self._program

        def hook(event: str, args: tuple[Any, ...]) -> None:
            if event in watched and self._active:
                try:
                    caller = frame(1)
                except ValueError:  # the interpreter itself, before the program's first frame
                    program(event, args)
                else:
                    handle(event, args, caller)

        return hook

    def _program(self, event: str, args: tuple[Any, ...]) -> None:
        """What the interpreter was told to run is a module, be it empty."""
        if event == "open" and isinstance(args[0], str):
            fid = self._places.fid(args[0])
            if fid:
                self._contexts.touch(self._contexts.current).files.add(fid)

    def _handle(self, event: str, args: tuple[Any, ...], frame: FrameType) -> None:
        ident = self._system[1]()
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
        if event == "open":
            self._opened(args[0], args[1] or "", args[2] or 0, frame)
        elif event == _LOOKED:
            self._asked(args[0], args[1], frame)
        elif event in _CHILDREN:
            self._names.forget()  # it may make links unseen
            if not self.in_sight(event) and self.askers.starts_child(frame):
                self._contexts.distrust(CHILD)
        elif event in _THREADS:
            self.threads.started(args[0])
        elif event in _LISTS:
            self._listed(args[0] if args and args[0] is not None else ".", frame)
        elif event == _DATABASE:
            self._database(args[0], frame)
        elif args[-1] == _NO_FOLDER:
            self._changed(event, args, frame)
        elif event in _LINKED:
            self._names.forget()

    def _opened(self, name: object, mode: str, flags: int, frame: FrameType) -> None:
        path, links = self._names.way(name)
        anew = flags & _ANEW or "w" in mode or "x" in mode
        if not anew:
            self._through(links, frame)
        if path is None:
            return
        if not (flags & _WRITES or any(c in mode for c in "wax+")):
            self._read("raw", path, frame)
        elif anew:
            self._outputs.made(path)
        else:
            self._kept(path, frame, reads=bool(flags & os.O_RDWR or "+" in mode))

    def _kept(self, path: str, frame: FrameType, *, reads: bool) -> None:
        """A file is opened for writing without being emptied: its old content may be read."""
        before = self._data.digest(path) if path not in self._outputs else None
        if before is not None:
            self._outputs.changed(path, before)
        if path not in self._outputs:
            self._outputs.made(path)
        elif reads:
            self._read("raw", path, frame)

    def _database(self, name: object, frame: FrameType) -> None:
        if isinstance(name, str) and name.startswith("file:"):
            from urllib.parse import unquote  # long to import, and hardly ever needed

            name = unquote(name.removeprefix("file:").partition("?")[0])
        path, links = self._names.way(name)
        self._through(links, frame)
        if path is not None:
            self._kept(path, frame, reads=True)

    def _listed(self, name: object, frame: FrameType) -> None:
        path, links = self._names.way(name)
        self._through(links, frame)
        if path is not None:
            self._read("listing", path, frame)

    def _changed(self, event: str, args: tuple[Any, ...], frame: FrameType) -> None:
        if event in _MOVED:
            source = self._names.way(args[0]).path
            if source is not None:
                self._read("raw", source, frame)
        made = self._names.entry(args[1] if event in _MOVED or event == "os.symlink" else args[0])
        there = event == "os.mkdir" and made is not None and self._is_folder(made)
        if made is not None and not there:
            self._outputs.made(made)
        if event in _LINKED:
            self._names.forget()

    def _asked(self, name: str, found: object, frame: FrameType) -> None:
        asked = self.askers.looks(frame)
        if asked is None:
            return
        path, links = self._names.way(name)
        self._data.links(link for link in links if link[0] not in self._outputs)
        if asked == "link" or not path:
            return
        status = self._status(path, found)
        may_run = asked == "raw" or isinstance(found, bool)
        if may_run and status == "file" and path not in self._outputs:
            self._data.mode_of(self._contexts.current, path)
        if path in self._outputs:
            if asked == "raw" and (before := self._outputs.before(path)):
                self._data.fact("raw", path, before)
        elif asked == "raw" and status == "file" and not isinstance(found, bool):
            self._data.fact("raw", path, self._data.digest(path))
        else:
            self._data.fact("exists", path, status)

    def _status(self, path: str, found: object) -> str | None:
        """Return what is there, links followed."""
        mode = getattr(found, "st_mode", None)
        if mode is None or stat.S_ISLNK(mode):
            try:
                mode = self._system[0](f"{self._root}/{path}").st_mode
            except OSError:
                return None
        return "dir" if stat.S_ISDIR(mode) else "file"

    def _through(self, links: Iterable[tuple[str, str]], frame: FrameType) -> None:
        found = [link for link in links if link[0] not in self._outputs]
        if found and self.askers.reads(frame):
            self._data.links(found)

    def _read(self, view: str, path: str, frame: FrameType) -> None:
        output = path in self._outputs
        found = self._outputs.before(path) if output and view == "raw" else None
        if (output and found is None) or not self.askers.reads(frame):
            return
        if not output:
            found = self._data.digest(path) if view == "raw" else self._data.listing(path)
        if not output and found is not None:
            self._outputs.read(path)
        if found is not None or view == "listing" or not self._is_folder(path):
            self._data.fact(view, path, found)

    def _is_folder(self, path: str) -> bool:
        try:
            return stat.S_ISDIR(self._system[0](f"{self._root}/{path}").st_mode)
        except OSError:
            return False
