"""Which files each file may need, by the texts alone: the graph asked before anything is recorded.

A name stands for every file whose path ends like it, for nobody knows yet what is on
``sys.path``. What cannot be told from a text counts as needing everything.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from coverquery.model import RepoPath
from coverquery.source.graph import INIT, module_names
from coverquery.source.static_scan import Mentions

_PACKAGE = f"{INIT}.py"


class StaticGraph(NamedTuple):
    """Who may need whom.

    Attributes:
        needed_by: file → the files whose texts name it.
        opaque: files that may need any other.
    """

    needed_by: Mapping[RepoPath, frozenset[RepoPath]]
    opaque: frozenset[RepoPath]

    def dependants(self, roots: Iterable[RepoPath]) -> frozenset[RepoPath]:
        """Return everything that may need one of these, directly or not, these included."""
        seen: set[RepoPath] = set()
        stack = list(roots)
        while stack:
            path = stack.pop()
            if path not in seen:
                seen.add(path)
                stack.extend(self.needed_by.get(path, frozenset()) - seen)
        return frozenset(seen)


def static_graph(
    texts: Mapping[RepoPath, Mentions], is_test_side: Callable[[RepoPath], bool]
) -> StaticGraph:
    """Build the graph.

    Args:
        texts: what every Python file, and every text that holds tests, mentions.
        is_test_side: whether a file belongs to the tests: these read and start what
            the project is made of, where its own modules read data.
    """
    names = Names(texts)
    needed_by: defaultdict[RepoPath, set[RepoPath]] = defaultdict(set)
    opaque = set()
    for path, found in texts.items():
        for needed in names.needed(path, found):
            needed_by[needed].add(path)
        if _is_opaque(found, test_side=is_test_side(path)):
            opaque.add(path)
    frozen = {path: frozenset(by - {path}) for path, by in needed_by.items()}
    return StaticGraph(frozen, frozenset(opaque))


def _is_opaque(found: Mentions, *, test_side: bool) -> bool:
    if found.any_module:
        return True
    if test_side:
        return found.starts or found.walks
    return found.starts and found.runs_python


class Names:
    """Finds the files a name may mean."""

    def __init__(self, paths: Collection[RepoPath]) -> None:
        self._paths = frozenset(paths)
        self._places: defaultdict[str, list[RepoPath]] = defaultdict(list)
        self._tops: defaultdict[str, list[RepoPath]] = defaultdict(list)
        self._files: defaultdict[str, list[RepoPath]] = defaultdict(list)
        self._inside: defaultdict[str, defaultdict[str, set[RepoPath]]]
        self._inside = defaultdict(lambda: defaultdict(set))
        for path in paths:
            pure = PurePosixPath(path)
            self._files[pure.name].append(path)
            if pure.suffix != ".py":
                continue
            for name in module_names(path):
                self._places[name].append(path)
            folder = pure.parent if pure.name != _PACKAGE else pure.parent.parent
            name = pure.stem if pure.name != _PACKAGE else pure.parent.name
            if f"{_within(folder)}{_PACKAGE}" not in self._paths:
                self._tops[name].append(path)
            self._inside[_within(folder)][name].add(path)

    def needed(self, path: RepoPath, found: Mentions) -> set[RepoPath]:
        """Return the files that a text may need."""
        needed = {RepoPath(f"{folder}{_PACKAGE}") for folder in _folders(path)} & self._paths
        for level, dotted, taken in found.modules:
            needed |= self._imported(path, level, dotted, taken)
        for text in found.strings:
            needed |= self.named(text)
        for prefix in found.prefixes:
            needed.update(self._beginning(path, prefix))
        for name in found.scripts:
            needed.update(self._files.get(name, ()))
        return needed | self._reached(needed, found.words)

    def named(self, text: str) -> set[RepoPath]:
        """Return the files a dotted name in quotes may mean; a lone word: top-level ones only.

        A package that is named so may be handed to a framework, which imports what it finds
        in it (Django's apps, Celery's tasks).
        """
        name = text.lstrip(".")
        if text.startswith("."):
            return self._with_parents(name)
        first = name.partition(".")[0]
        found = set(self._tops.get(first, ()))
        for prefix in _prefixes(name):
            if prefix != first:
                found.update(self._places.get(prefix, ()))
        exact = self._tops if name == first else self._places
        packages = (hit for hit in exact.get(name, ()) if hit.endswith(f"/{_PACKAGE}"))
        for folder in [hit.removesuffix(_PACKAGE) for hit in packages]:
            found.update(path for path in self._paths if path.startswith(folder))
        return found

    def _imported(
        self, path: RepoPath, level: int, dotted: str, taken: tuple[str, ...]
    ) -> set[RepoPath]:
        if not level:
            found = self._with_parents(dotted)
            for name in taken:
                found.update(self._places.get(f"{dotted}.{name}", ()))
            return found | (self._whole(self._places.get(dotted, ())) if "*" in taken else set())
        parts = path.split("/")[:-1]
        if level - 1 > len(parts):
            return set()
        folder = "".join(f"{part}/" for part in parts[: len(parts) - level + 1])
        found = set[RepoPath]()
        for part in filter(None, dotted.split(".")):
            found.update(self._at(folder, part))
            folder += f"{part}/"
        found.update(hit for name in taken for hit in self._at(folder, name))
        found.update(hit for hit in [RepoPath(f"{folder}{_PACKAGE}")] if hit in self._paths)
        if "*" in taken:
            found.update(*self._inside[folder].values())
        return found

    def _at(self, folder: str, name: str) -> Iterator[RepoPath]:
        hits = (RepoPath(f"{folder}{name}.py"), RepoPath(f"{folder}{name}/{_PACKAGE}"))
        return (hit for hit in hits if hit in self._paths)

    def _with_parents(self, dotted: str) -> set[RepoPath]:
        return {hit for prefix in _prefixes(dotted) for hit in self._places.get(prefix, ())}

    def _whole(self, packages: Iterable[RepoPath]) -> set[RepoPath]:
        """Return the modules right inside of packages: ``__all__`` may name them."""
        folders = [p.removesuffix(_PACKAGE) for p in packages if p.endswith(f"/{_PACKAGE}")]
        return {
            one for folder in folders for found in self._inside[folder].values() for one in found
        }

    def _beginning(self, path: RepoPath, prefix: str) -> Iterator[RepoPath]:
        """Yield the modules whose names begin like this, however they go on."""
        dotted = prefix.strip(".").replace(".", "/")
        if prefix.startswith("."):
            level = len(prefix) - len(prefix.lstrip("."))
            parts = path.split("/")[:-1]
            base = "".join(f"{part}/" for part in parts[: max(0, len(parts) - level + 1)])
            start = f"{base}{dotted}/" if dotted else base
            yield from (one for one in self._paths if one.startswith(start))
            return
        inside = f"/{dotted}/"
        yield from (one for one in self._paths if inside in f"/{one}")

    def _reached(self, needed: Iterable[RepoPath], words: frozenset[str]) -> set[RepoPath]:
        """Return submodules of needed packages that may be reached as their attributes."""
        found: set[RepoPath] = set()
        stack = [path for path in needed if path.endswith(_PACKAGE)]
        while stack:
            folder = stack.pop().removesuffix(_PACKAGE)
            if folder not in self._inside:
                continue
            inside = self._inside[folder]
            for name in inside.keys() & words:
                new = inside[name] - found
                found |= new
                stack += [path for path in new if path.endswith(f"/{_PACKAGE}")]
        return found


def conftests(path: RepoPath, paths: Collection[RepoPath]) -> Iterator[RepoPath]:
    """Yield the conftest files that apply to a test file."""
    for folder in ("", *_folders(path)):
        conftest = RepoPath(f"{folder}conftest.py")
        if conftest in paths:
            yield conftest


def _folders(path: str) -> Iterator[str]:
    """Yield ``a/``, ``a/b/`` of ``a/b/c.py``."""
    at = path.find("/")
    while at >= 0:
        yield path[: at + 1]
        at = path.find("/", at + 1)


def _within(folder: PurePosixPath) -> str:
    return "" if str(folder) == "." else f"{folder}/"


def _prefixes(dotted: str) -> Iterator[str]:
    while dotted:
        yield dotted
        dotted = dotted.rpartition(".")[0]
