"""What a name passed to the system means: a path below the root, and the links on the way."""

import os

from .places import Places, Way

_REMEMBERED = 20_000
_OURS = frozenset(
    {"__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache", ".coverage"}
)
_NOWHERE = Way(None, ())
_fsdecode = os.fsdecode


class Names:
    """Names, remembered unless they lead through links."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._known: dict[str, Way] = {}
        self._getcwd = os.getcwd

    def way(self, name: object) -> Way:
        """Return where a name leads to; a way to nowhere for what is not the project's data."""
        text = self._text(name)
        if text is None:
            return _NOWHERE
        found = self._known.get(text)
        if found is None:
            found = self._places.way(text)
            if found.path is not None and _OURS.intersection(found.path.split("/")):
                found = _NOWHERE
            self._remember(text, found)
        return found

    def entry(self, name: object) -> str | None:
        """Return the path of a name that is itself made or replaced, be it a link."""
        text = self._text(name)
        if text is None:
            return None
        head, _, last = text.rstrip("/").rpartition("/")
        if last in {"", ".", ".."}:
            return self.way(text).path
        folder = self.way(head or "/").path
        return None if folder is None else f"{folder}/{last}".lstrip("/")

    def forget(self) -> None:
        """There may be a new link somewhere."""
        self._known.clear()
        self._places.moved()

    def _text(self, name: object) -> str | None:
        if isinstance(name, os.PathLike):
            name = name.__fspath__()
        if isinstance(name, bytes):
            name = _fsdecode(name)
        if not isinstance(name, str) or name.endswith(".pyc"):
            return None
        if name.startswith("<") and name.endswith(">"):
            return None
        return name if name.startswith("/") else f"{self._getcwd()}/{name}"

    def _remember(self, text: str, found: Way) -> None:
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        if not found.links:
            self._known[text] = found
