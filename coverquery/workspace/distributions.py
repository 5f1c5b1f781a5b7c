"""What is installed in an environment, read from its folders without starting it.

A module's code is known by the distribution that brings it: by its version and the list of its
files. Code that no distribution accounts for is known by how its files look.
"""

import json
import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from coverquery.hashing import sha1

FORMAT = "distributions/1"
METADATA = (".dist-info", ".egg-info")
_SIGNED = ("RECORD", "installed-files.txt", "METADATA", "PKG-INFO", "direct_url.json")
_PLUGS_IN = ("[pytest11]", "[hypothesis]")
_OF_PACKAGES = ("site-packages", "dist-packages")
_LOOSE = (".py", ".so", ".pyd", ".egg", ".egg-link")


class Distribution(NamedTuple):
    """One metadata folder.

    Attributes:
        name: of the folder: ``PyYAML-6.0.1.dist-info``.
        tops: top-level modules it brings.
        code: digest of the list of its files.
        metadata: digest of its metadata and entry points.
        plugs_in: it brings plugins that pytest loads by itself.
    """

    name: str
    tops: tuple[str, ...]
    code: str
    metadata: str
    plugs_in: bool

    @property
    def normal(self) -> str:
        """The name as packaging tools compare it."""
        return normal(self.name.rpartition(".")[0].partition("-")[0])


class Installed:
    """Everything in some folders of packages, as it stands now."""

    def __init__(self, folders: Iterable[str], kept: "Kept") -> None:
        self._folders = tuple(folders)
        self._kept = kept

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the metadata folders, sorted, as the recorder lists them."""
        return tuple(sorted({name for _, name in self._listed}))

    def package(self, top: str) -> str | None:
        """Name whatever is importable under a top-level name; None when nothing is."""
        brought = [f"{one.name} {one.code}" for one in self._by_top.get(top, ())]
        return _digest(brought) if brought else _looks(self._loose.get(top, ()))

    def distribution(self, name: str) -> str | None:
        """Name the metadata of a distribution; ``*`` for all of them; None when there is none."""
        wanted = self._all if name == "*" else [o for o in self._all if o.normal == normal(name)]
        return _digest(f"{one.name} {one.metadata}" for one in wanted) if wanted else None

    def bringing(self, top: str) -> str:
        """Return the distributions that bring a top-level module, for display."""
        return ", ".join(one.name.rpartition(".")[0] for one in self._by_top.get(top, ()))

    def tops(self) -> frozenset[str]:
        """Return every top-level name that some distribution brings."""
        return frozenset(self._by_top)

    def standing(self) -> frozenset[str]:
        """Return every top-level name that stands in a folder of packages, whoever brought it."""
        return frozenset(self._loose)

    def plugs_in(self, name: str) -> bool:
        """Tell whether pytest loads a plugin of this metadata folder by itself."""
        return any(one.plugs_in for one in self._all if one.name == name)

    @cached_property
    def _listed(self) -> list[tuple[str, str]]:
        return [
            (folder, name)
            for folder in self._folders
            for name in _names(folder)
            if name.endswith(METADATA)
        ]

    @cached_property
    def _all(self) -> list[Distribution]:
        found = [self._kept.of(f"{folder}/{name}") for folder, name in self._listed]
        return sorted(found)

    @cached_property
    def _by_top(self) -> dict[str, list[Distribution]]:
        """Who brings a top-level module; metadata beside a project's sources brings nothing."""
        found: dict[str, list[Distribution]] = {}
        for folder, name in self._listed:
            if folder.endswith(_OF_PACKAGES):
                one = self._kept.of(f"{folder}/{name}")
                for top in one.tops:
                    found.setdefault(top, []).append(one)
        return {top: sorted(ones) for top, ones in found.items()}

    @cached_property
    def _loose(self) -> dict[str, list[str]]:
        """What stands in folders of packages, by the top-level name it would be imported as."""
        found: dict[str, list[str]] = {}
        for folder in self._folders:
            if folder.endswith(_OF_PACKAGES):
                for name in sorted(_names(folder)):
                    top, dot, _ = name.partition(".")
                    if not dot or name.endswith(_LOOSE):
                        found.setdefault(top, []).append(f"{folder}/{name}")
        return found


class Kept:
    """What was read of metadata folders before; losing it costs time only."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._fresh = False
        self._known: dict[str, list[object]] | None = None

    def of(self, folder: str) -> Distribution:
        """Read a metadata folder, unless it looks as it did when it was read last."""
        known = self._load()
        looks = [_look(folder), *(_look(f"{folder}/{name}") for name in _SIGNED[:3])]
        found = known.get(folder)
        if found is not None and found[0] == looks:
            name, tops, code, metadata, plugs_in = found[1:]
            return Distribution(name, tuple(tops), code, metadata, plugs_in)  # type: ignore[arg-type]
        made = _read(folder)
        known[folder] = [looks, *made]
        self._fresh = True
        return made

    def save(self) -> None:
        """Keep what was read; nothing is kept where nothing can be written."""
        if self._path is None or not self._fresh:
            return
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps([FORMAT, self._known]), encoding="utf-8")
            temporary.replace(self._path)
        except (OSError, UnicodeError):
            return

    def _load(self) -> dict[str, list[object]]:
        if self._known is None:
            self._known = {}
            try:
                text = self._path.read_text(encoding="utf-8") if self._path else "[]"
                kind, known = json.loads(text)
                self._known = known if kind == FORMAT and isinstance(known, dict) else {}
            except (OSError, ValueError, TypeError):
                pass
        return self._known


def startup_digest(folders: Iterable[str]) -> str:
    """Name the ``.pth`` files, which every start of the interpreter reads and may execute.

    The recorder does the same: ``coverquery_recorder.environment``.
    """
    found = [
        f"{name} {_content(f'{folder}/{name}')}"
        for folder in folders
        for name in sorted(_names(folder))
        if name.endswith(".pth")
    ]
    return _digest(found)


def binary(executable: str) -> str:
    """Say how an interpreter's file looks; the recorder does the same."""
    found = _look(executable)
    return "" if found is None else f"{found[0]} {found[1]}"


def opened(home: Path) -> Kept:
    """Return what was read before for the project with these records."""
    return Kept(home / "cache" / "distributions.json")


def normal(name: str) -> str:
    """Return a distribution's name as packaging tools compare it."""
    return name.lower().replace("_", "-").replace(".", "-")


def _read(folder: str) -> Distribution:
    contents = {name: _text(f"{folder}/{name}") for name in (*_SIGNED, "top_level.txt")}
    points = _text(f"{folder}/entry_points.txt") or ""
    code = [f"{name} {contents[name]}" for name in _SIGNED if contents[name] is not None]
    metadata = contents["METADATA"] or contents["PKG-INFO"] or _text(folder) or ""
    return Distribution(
        folder.rpartition("/")[2],
        tuple(sorted(_tops(folder.rpartition("/")[2], contents))),
        _digest([*code, _text(folder) or ""]),
        _digest([metadata, points]),
        any(mark in points for mark in _PLUGS_IN),
    )


def _tops(name: str, contents: dict[str, str | None]) -> set[str]:
    record = contents["RECORD"] or contents["installed-files.txt"]
    found = set((contents["top_level.txt"] or "").split())
    for line in (record or "").splitlines():
        path = line.strip('"').removeprefix("../")
        first, slash, _ = path.partition("/")
        if not slash:
            first = first.partition(",")[0]
            if not first.endswith(_LOOSE[:3]):
                continue
        if first.partition(".")[0].isidentifier() and not first.endswith(METADATA):
            found.add(first.partition(".")[0])
    if not found and record is None:
        found.add(normal(name.partition("-")[0]).replace("-", "_"))
    return found - {"__pycache__"}


def _looks(paths: Iterable[str]) -> str | None:
    """Name code that stands in a folder of packages though no distribution brings it."""
    found = [f"{path} {_look(path)}" for one in paths for path in _below(one)]
    return _digest(found) if found else None


def _below(path: str) -> Iterator[str]:
    if not Path(path).is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        yield from (f"{folder}/{name}" for name in sorted(names) if not name.endswith(".pyc"))


def _names(folder: str) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(folder)]
    except OSError:
        return []


def _look(path: str) -> list[int] | None:
    try:
        seen = Path(path).stat()
    except OSError:
        return None
    return [seen.st_size, seen.st_mtime_ns]


def _text(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None


def _content(path: str) -> str:
    try:
        return sha1(Path(path).read_bytes(), usedforsecurity=False).hexdigest()
    except OSError:
        return ""


def _digest(lines: Iterable[str]) -> str:
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    return sha1(text, usedforsecurity=False).hexdigest()
