"""The files of a project as they refer to each other: what a name in one stands for in another."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath

from coverquery.model import RepoPath
from coverquery.source.classes import Classes, ClassName
from coverquery.source.families import Families
from coverquery.source.graph import INIT, module_names
from coverquery.source.usage import Mentions, Origin, Piece, identifiers

_DEEPEST = 8
_HARMLESS = frozenset({
    "pytest", "_pytest", "hypothesis", "typing_extensions", "colorama", "setuptools", "six",
    "exceptiongroup", "tomli", "attr", "attrs", "numpy", "yaml", "packaging", "cloudpickle",
    "pluggy", "iniconfig", "mypy", "coverage",
})  # fmt: skip
"""Packages that look at no docstrings of what they are given."""


class Project:
    """All files with what they mention; several versions of a file count together.

    Args:
        files: by file, the mentions of each version.
    """

    def __init__(self, files: Mapping[RepoPath, Iterable[Mentions]]) -> None:
        self.files = {path: tuple(found) for path, found in files.items()}
        self._by_name: dict[str, set[RepoPath]] = {}
        for path in self.files:
            for name in module_names(path):
                self._by_name.setdefault(name, set()).add(path)
        self._values: dict[tuple[RepoPath, str], frozenset[RepoPath]] = {}
        self._accesses: dict[tuple[RepoPath, str], tuple[tuple[RepoPath, str], ...]] = {}
        self._reach: dict[RepoPath, frozenset[RepoPath]] = {}
        self._known: dict[int, frozenset[str]] = {}
        self._words: frozenset[str] | None = None
        self._members: frozenset[str] | None = None
        self.classes = Classes(self.pieces, self.classes_at)

    @cached_property
    def families(self) -> Families:
        """Which of its classes derive from which."""
        return Families(self.files, self.pieces, self.classes)

    def pieces(self, path: RepoPath) -> Iterator[Piece]:
        """Yield what runs when a file is imported."""
        for version in self.files.get(path, ()):
            yield from version.pieces

    def identifiers(self, version: Mentions) -> frozenset[str]:
        """Return the identifiers in what one of these versions mentions."""
        if id(version) not in self._known:
            self._known[id(version)] = identifiers(version)
        return self._known[id(version)]

    def has_class(self, path: RepoPath, name: str) -> bool:
        """Is this the name of a class in a file?"""
        owner, _, last = name.rpartition(".")
        return any(
            piece.kind == "class" and piece.owner == owner and last in piece.binds
            for piece in self.pieces(path)
        )

    def is_derived(self, path: RepoPath, name: str) -> bool:
        """Is this the name of a class in a file that has bases?"""
        owner, _, last = name.rpartition(".")
        return any(
            piece.bases and piece.owner == owner and last in piece.binds
            for piece in self.pieces(path)
        )

    def has_subclass(self, name: str) -> bool:
        """Is a class of this name, wherever it stands, a base of another?"""
        last = name.rpartition(".")[2]
        return any(
            base.lstrip("=").rpartition(".")[2] == last
            for path in self.files
            for piece in self.pieces(path)
            for base in piece.bases
        )

    def is_open(self) -> bool:
        """Does the project use packages that are neither its own nor known to be harmless?"""
        return any(
            not level and not self._by_name.get(root) and not _is_harmless(root)
            for versions in self.files.values()
            for version in versions
            for origins in version.origins.values()
            for level, dotted, _ in origins
            for root in [dotted.partition(".")[0]]
        )

    def mentions(self, word: str) -> bool:
        """Does any file hold this word?"""
        if self._words is None:
            every = [version for versions in self.files.values() for version in versions]
            inner = (piece.words | piece.notes for one in every for piece in one.pieces)
            self._words = frozenset().union(*(one.uses for one in every), *inner)
        return word in self._words

    def is_named(self, member: str) -> bool:
        """Does any code name an attribute of this name, or may it be new and nobody's yet?

        What no code of the project names, other code may: protocols are found by their names.
        """
        every = [piece for path in self.files for piece in self.pieces(path) if piece.owner]
        if not any(member in piece.binds for piece in every):
            return True
        words = (f".{member}", f"'{member}", f"~{member}")
        return any(map(self.mentions, words)) or member in self._in_dotted()

    def _in_dotted(self) -> frozenset[str]:
        if self._members is None:
            self.mentions("")
            texts = (word for word in self._words or () if word.startswith("'") and "." in word)
            self._members = frozenset(part for one in texts for part in one[1:].split("."))
        return self._members

    def origins(self, path: RepoPath, name: str) -> set[Origin]:
        """Return what an imported name may stand for."""
        return {o for version in self.files.get(path, ()) for o in version.origins.get(name, ())}

    def modules(self, path: RepoPath, level: int, dotted: str) -> frozenset[RepoPath]:
        """Return the files that an import in this file may mean; too many rather than too few."""
        if not level:
            return frozenset(self._by_name.get(dotted, ()))
        folder = PurePosixPath(path).parent
        for _ in range(level - 1):
            folder = folder.parent
        stem = folder.joinpath(*dotted.split(".")) if dotted else folder
        return self._at(stem)

    def _at(self, stem: PurePosixPath) -> frozenset[RepoPath]:
        wanted = (RepoPath(f"{stem}.py"), RepoPath(str(stem / f"{INIT}.py")))
        return frozenset(path for path in wanted if path in self.files)

    def submodules(self, path: RepoPath, name: str) -> frozenset[RepoPath]:
        """Return the modules of this name in a package."""
        pure = PurePosixPath(path)
        return self._at(pure.parent / name) if pure.stem == INIT else frozenset()

    def _is_submodule(self, path: RepoPath, name: str) -> bool:
        """Is this surely a module of a package, which binds nothing else by that name?"""
        bound = any(name in piece.binds for piece in self.pieces(path) if not piece.owner)
        return bool(self.submodules(path, name)) and not bound

    def module_values(self, path: RepoPath, name: str) -> frozenset[RepoPath]:
        """Return the modules a name of a file may be bound to."""
        key = (path, name)
        if key not in self._values:
            found: set[RepoPath] = set()
            seen, waiting = {key}, [key]
            while waiting:
                at, bound = waiting.pop()
                for origin in self.origins(at, bound):
                    modules, symbols = self._imported(at, origin)
                    found |= modules
                    waiting += symbols - seen
                    seen |= symbols
            self._values[key] = frozenset(found)
        return self._values[key]

    def _imported(
        self, path: RepoPath, origin: Origin
    ) -> tuple[set[RepoPath], set[tuple[RepoPath, str]]]:
        """Return the modules an import may bind, and the names of modules it may take."""
        level, dotted, taken = origin
        bases = self.modules(path, level, dotted)
        if not taken:
            return set(bases), set()
        found = {module for base in bases for module in self.submodules(base, taken)}
        below = f"{dotted}.{taken}" if dotted else taken  # a package may lack its __init__
        found |= self.modules(path, level, below)
        return found, {(base, taken) for base in bases}

    def accesses(self, path: RepoPath, chain: str) -> tuple[tuple[RepoPath, str], ...]:
        """Return what an attribute chain in a file takes from which modules.

        An empty name stands for the module itself, which may then be handed on.
        """
        key = (path, chain)
        if key not in self._accesses:
            self._accesses[key] = tuple(dict.fromkeys(self._walk(path, chain)))
        return self._accesses[key]

    def _walk(self, path: RepoPath, chain: str) -> Iterator[tuple[RepoPath, str]]:
        root, *rest = chain.split(".")
        waiting = [(module, tuple(rest)) for module in self.module_values(path, root)]
        for level, dotted, taken in self.origins(path, root):
            if not level:
                full = [*dotted.split("."), *([taken] if taken else []), *rest]
                waiting += [(module, tuple(more)) for module, more in self.dotted(full)]
        seen = set(waiting)
        while waiting:
            module, more = waiting.pop()
            yield module, more[0] if more else ""
            if more:
                inner = self.submodules(module, more[0]) | self.module_values(module, more[0])
                new = {(one, more[1:]) for one in inner} - seen
                seen |= new
                waiting += new

    def reach(self, path: RepoPath) -> frozenset[RepoPath]:
        """Return the modules that whoever holds this one can get at by attributes."""
        if path not in self._reach:
            pure = PurePosixPath(path)
            found = {path}
            if pure.stem == INIT:
                below = f"{pure.parent}/" if str(pure.parent) != "." else ""
                found |= {other for other in self.files if other.startswith(below)}
            for version in self.files.get(path, ()):
                for name in version.origins:
                    found |= self.module_values(path, name)
            self._reach[path] = frozenset(found)
        return self._reach[path]

    def dotted(self, parts: list[str]) -> Iterator[tuple[RepoPath, list[str]]]:
        """Yield the modules that the beginning of a dotted name may mean, with the rest of it."""
        for end in range(len(parts), 0, -1):
            for path in self._by_name.get(".".join(parts[:end]), ()):
                yield path, parts[end:]

    def classes_at(self, path: RepoPath, full: str) -> set[ClassName]:
        """Return the classes of the project that a full name in a file may mean."""
        text = full.lstrip(".")
        level = len(full) - len(text)
        module, _, name = text.rpartition(".")
        if level:
            bases: Iterable[tuple[RepoPath, str]] = (
                (base, name) for base in self.modules(path, level, module)
            )
        else:
            bases = ((base, ".".join(rest)) for base, rest in self.dotted(text.split(".")) if rest)
        return {found for base, rest in bases for found in self._class(base, rest, 0)}

    def _class(self, path: RepoPath, name: str, depth: int) -> Iterator[ClassName]:
        """Follow re-exports to where the class is made."""
        if depth > _DEEPEST:
            yield ClassName(path, "?")
            return
        root, _, rest = name.partition(".")
        origins = self.origins(path, root)
        if not origins and not (rest and self._is_submodule(path, root)):
            yield ClassName(path, name)
        for level, dotted, taken in origins:
            for base in self.modules(path, level, dotted):
                following = ".".join(part for part in (taken, rest) if part)
                if following:
                    yield from self._class(base, following, depth + 1)


def _is_harmless(root: str) -> bool:
    return root in _HARMLESS or root in sys.stdlib_module_names
