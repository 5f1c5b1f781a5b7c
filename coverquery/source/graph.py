"""Which files each file's text says it imports, by the module names seen in a process."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from coverquery.importing import ModuleInfo, StaticImports
from coverquery.model import Oid, RepoPath
from coverquery.source.glance import Glance
from coverquery.source.names import ImportNames

Edges = Mapping[RepoPath, frozenset[RepoPath]]
INIT = "__init__"


def static_imports(
    modules: Mapping[RepoPath, ModuleInfo],
    look: Callable[[RepoPath, Oid], Glance | None],
    names: Callable[[RepoPath, Oid], ImportNames | None],
) -> StaticImports:
    """Resolve the imports of all modules of one process against each other.

    Args:
        modules: the project modules seen, with the names they went by.
        look: what a file's text may mention at most; None when nobody has it any more.
        names: the names in a file's text; None when it cannot be parsed.
    """
    places = _places(modules)
    submodules, packages = _submodules(places)
    sure: dict[RepoPath, set[RepoPath]] = {}
    perhaps: dict[RepoPath, frozenset[RepoPath]] = {}
    taken: dict[RepoPath, frozenset[RepoPath]] = {}
    for path, info in modules.items():
        seen = look(path, info.oid)
        if seen is None or seen.unclear:
            perhaps[path] = frozenset(modules)
            continue
        sure[path] = _reached(path, info, ImportNames.of(seen.modules, seen.strings), places)
        if seen.perhaps:
            found = _reached(path, info, ImportNames.of(seen.perhaps, frozenset()), places)
            perhaps[path] = frozenset(found)
        if words := seen.taken & submodules.keys():
            taken[path] = frozenset().union(*(submodules[word] for word in words))

    def parsed(path: RepoPath) -> frozenset[RepoPath]:
        return frozenset(_parsed(path, modules, names, places))

    return StaticImports(sure, perhaps, taken, packages, parsed)


def static_edges(
    modules: Mapping[RepoPath, ModuleInfo],
    names: Callable[[RepoPath, Oid], ImportNames | None],
) -> dict[RepoPath, frozenset[RepoPath]]:
    """Return what a parser finds for each file; for an unreadable one, all the others."""
    places = _places(modules)
    return {path: frozenset(_parsed(path, modules, names, places) - {path}) for path in modules}


def _places(modules: Mapping[RepoPath, ModuleInfo]) -> dict[str, set[RepoPath]]:
    places: dict[str, set[RepoPath]] = {}
    for path, info in modules.items():
        for name in info.names:
            places.setdefault(name, set()).add(path)
    return places


def _submodules(
    places: Mapping[str, set[RepoPath]],
) -> tuple[dict[str, set[RepoPath]], dict[RepoPath, frozenset[RepoPath]]]:
    """Return submodules by the last part of their names, and the files of the packages above."""
    submodules: dict[str, set[RepoPath]] = {}
    packages: dict[RepoPath, frozenset[RepoPath]] = {}
    bare: set[RepoPath] = set()
    for name, paths in places.items():
        package, _, last = name.rpartition(".")
        if package:
            submodules.setdefault(last, set()).update(paths)
            above = frozenset(places.get(package, ()))
            bare.update(() if above else paths)
            for path in paths:
                packages[path] = packages.get(path, frozenset()) | above
    return submodules, {path: above for path, above in packages.items() if path not in bare}


def _parsed(
    path: RepoPath,
    modules: Mapping[RepoPath, ModuleInfo],
    names: Callable[[RepoPath, Oid], ImportNames | None],
    places: Mapping[str, set[RepoPath]],
) -> set[RepoPath]:
    info = modules[path]
    found = names(path, info.oid)
    return set(modules) if found is None else _reached(path, info, found, places)


def closure(edges: Edges, roots: Iterable[RepoPath]) -> frozenset[RepoPath]:
    """Return everything reachable from the roots, the roots included."""
    seen: set[RepoPath] = set()
    stack = list(roots)
    while stack:
        path = stack.pop()
        if path not in seen:
            seen.add(path)
            stack.extend(edges.get(path, frozenset()) - seen)
    return frozenset(seen)


def module_names(path: RepoPath) -> tuple[str, ...]:
    """Return every dotted name a file may be imported by, the longest first."""
    pure = PurePosixPath(path)
    parts = [*pure.parent.parts, pure.name.partition(".")[0]]
    if parts[-1] == INIT:
        parts.pop()
    first = len(parts)
    while first and parts[first - 1].isidentifier():
        first -= 1
    return tuple(".".join(parts[i:]) for i in range(first, len(parts)))


def mentions_module(names: ImportNames, path: RepoPath) -> bool:
    """May an import in a file with these names resolve to a new file at this path?"""
    targets = set(module_names(path))
    parents = {name.rpartition(".")[0] for name in targets} - {""}
    is_package = PurePosixPath(path).name.partition(".")[0] == INIT
    for level, dotted, taken in names.modules:
        if level and (is_package or not dotted):
            # a relative import runs the packages above it, which the text does not name
            if is_package or "*" in taken or not targets.isdisjoint(taken):
                return True
        elif _meets(dotted, targets) or ("*" in taken and (level or dotted in parents)):
            return True
        if any(_meets(f"{dotted}.{name}" if dotted else name, targets) for name in taken):
            return True
    return any(_meets(text, targets) for text in names.strings)


def _meets(dotted: str, targets: set[str]) -> bool:
    return any(prefix in targets for prefix in _prefixes(dotted))


def _prefixes(dotted: str) -> Iterator[str]:
    """Yield ``a.b.c``, ``a.b``, ``a``."""
    while dotted:
        yield dotted
        dotted = dotted.rpartition(".")[0]


def _reached(
    path: RepoPath, info: ModuleInfo, names: ImportNames, places: Mapping[str, set[RepoPath]]
) -> set[RepoPath]:  # fmt: skip
    packages = {_package(path, name) for name in info.names}
    wanted: set[str] = set(packages)
    longest: set[str] = set(names.strings)
    for level, dotted, taken in names.modules:
        for base in _bases(level, dotted, packages):
            wanted.add(base)
            wanted.update(f"{base}.{name}" if base else name for name in taken)
    for chain in names.chains:
        text = chain.lstrip(".")
        longest.update(_bases(len(chain) - len(text), text, packages))
    found: set[RepoPath] = set()
    for name in wanted:
        found.update(*(places.get(prefix, ()) for prefix in _prefixes(name)))
    for name in longest:
        found |= next((places[prefix] for prefix in _prefixes(name) if prefix in places), set())
    return found


def _package(path: RepoPath, name: str) -> str:
    """Return the package that a module's relative imports start from."""
    is_package = PurePosixPath(path).name.partition(".")[0] == INIT
    return name if is_package else name.rpartition(".")[0]


def _bases(level: int, dotted: str, packages: Iterable[str]) -> Iterator[str]:
    """Yield the absolute names that a possibly relative one may mean."""
    if not level:
        yield dotted
        return
    for package in packages:
        parts = package.split(".")
        if package and level <= len(parts):
            above = parts[: len(parts) - level + 1]
            yield ".".join([*above, *([dotted] if dotted else [])])
