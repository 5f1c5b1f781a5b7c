"""Facts about data: what a file or folder was, and how it was looked at."""

import functools
import hashlib
import os
from collections.abc import Callable, Iterable
from typing import Any

from .contexts import Context, Contexts
from .journal import Journal
from .places import Places, blob_id

_NO_NAMES = frozenset(
    {".git", ".coverquery", "__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache",
     ".ruff_cache"}
)  # fmt: skip
_sha1 = hashlib.sha1


class Data:
    """The data facts of all contexts, interned."""

    def __init__(self, places: Places, contexts: Contexts, journal: Journal) -> None:
        self._places = places
        self._contexts = contexts
        self._journal = journal
        self._dids: dict[tuple[str, str, str | None], int] = {}
        self._digests: dict[tuple[str, int, int], str] = {}
        self._system = (os.stat, os.listdir)
        self._content: Callable[[str], bytes] = functools.partial(_content, open)

    def reads(self, library: Any) -> None:
        """Read in C where there is a library: our own ``open`` is no event then."""
        if library is not None:
            self._content = library.content

    def fact(self, view: str, path: str, digest: str | None) -> None:
        """Note that the current context depends on a file looked at in this way."""
        self.fact_of(self._contexts.current, view, path, digest)

    def fact_of(self, context: Context, view: str, path: str, digest: str | None) -> None:
        """Note that a context depends on a file looked at in this way."""
        self._contexts.touch(context).data.add(self._did(view, path, digest))

    def mode_of(self, context: Context, path: str) -> None:
        """Note that a context depends on whether a file may be executed by its owner."""
        try:
            mode = self._system[0](f"{self._places.root}/{path}").st_mode
        except OSError:
            return
        self.fact_of(context, "mode", path, "x" if mode & 0o100 else "-")

    def distrust(self, reason: str) -> None:
        """Note that the facts of the current context are not complete."""
        self._contexts.distrust(reason)

    def links(self, links: Iterable[tuple[str, str]]) -> None:
        """Note that the current context went through these links."""
        for path, target in links:
            self.fact("link", path, target)

    def digest(self, path: str) -> str | None:
        """Return the blob id of a project file's bytes; None when it is not there."""
        full = f"{self._places.root}/{path}"
        try:
            status = self._system[0](full)
            key = (path, status.st_size, status.st_mtime_ns)
            if key not in self._digests:
                self._digests[key] = blob_id(self._content(full))
            return self._digests[key]
        except OSError:
            return None

    def there(self, path: str) -> bool:
        """Tell whether there is a file or folder."""
        try:
            self._system[0](f"{self._places.root}/{path}")
        except OSError:
            return False
        return True

    def listing(self, path: str) -> str | None:
        """Return the digest of the names in a folder; None when it is not there."""
        try:
            names = self._system[1](f"{self._places.root}/{path}")
        except OSError:
            return None
        kept = sorted(n for n in names if n not in _NO_NAMES and not n.endswith(".pyc"))
        text = "\n".join(kept).encode("utf-8", "surrogateescape")
        return _sha1(text, usedforsecurity=False).hexdigest()

    def _did(self, view: str, path: str, digest: str | None) -> int:
        key = (view, path, digest)
        did = self._dids.get(key)
        if did is None:
            did = self._dids[key] = len(self._dids) + 1
            self._journal.add("d", did, view, path, digest)
        return did


def _content(open_: Callable[..., Any], name: str) -> bytes:
    with open_(name, "rb") as file:
        found: bytes = file.read()
        return found
