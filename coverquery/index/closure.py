"""Which files are in the import closure of which, as bit masks over the files of one process."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from coverquery.importing import ModuleInfo, StaticEdges, StaticImports
from coverquery.index.seen import Journal
from coverquery.model import RepoPath


class Closures:
    """The import closures of one process's files; bit n is the n-th path."""

    def __init__(self, paths: Iterable[RepoPath], edges: Mapping[RepoPath, set[RepoPath]]) -> None:
        self.paths = tuple(dict.fromkeys(paths))
        self._bit = {path: number for number, path in enumerate(self.paths)}
        self._reach = self._closed([self.direct(edges.get(path, ())) for path in self.paths])
        self._conftests = {
            path: self._bit[path]
            for path in self.paths
            if PurePosixPath(path).name == "conftest.py"
        }

    def of(self, roots: Iterable[RepoPath]) -> int:
        """Return the mask of everything in the closures of these files, themselves included."""
        mask = 0
        for root in roots:
            number = self._bit.get(root)
            if number is not None:
                mask |= self._reach[number]
        return mask

    def files(self, mask: int) -> Iterator[RepoPath]:
        """Yield the files of a mask."""
        while mask:
            lowest = mask & -mask
            yield self.paths[lowest.bit_length() - 1]
            mask ^= lowest

    def conftests_for(self, path: RepoPath) -> list[RepoPath]:
        """Return the conftest.py files in the folder of a test file and above it."""
        folders = set(PurePosixPath(path).parents)
        return [one for one in self._conftests if PurePosixPath(one).parent in folders]

    def direct(self, paths: Iterable[RepoPath]) -> int:
        """Return the mask of just these files."""
        mask = 0
        for path in paths:
            if path in self._bit:
                mask |= 1 << self._bit[path]
        return mask

    def _closed(self, direct: list[int]) -> list[int]:
        """Close the relation: a few passes in the order in which a walk leaves the files."""
        reach = [mask | 1 << number for number, mask in enumerate(direct)]
        order = _leaving_order(direct)
        changed = True
        while changed:
            changed = False
            for number in order:
                grown = reach[number]
                for successor in _bits(direct[number]):
                    grown |= reach[successor]
                changed |= grown != reach[number]
                reach[number] = grown
        return reach


def file_edges(journal: Journal, static: StaticEdges) -> dict[RepoPath, set[RepoPath]]:
    """Return who imported what in one process: seen, said by the text, or called meanwhile."""
    files = journal.files
    edges: dict[RepoPath, set[RepoPath]] = {file.path: set() for file in files.values()}
    for importer, imported in journal.imports:
        if importer is not None:
            edges[files[importer].path].add(files[imported].path)
    said = static(_modules(journal))
    for path, imported_paths in said.sure.items():
        edges.setdefault(path, set()).update(imported_paths)
    for cid, phases in journal.facts.items():
        context = journal.contexts.get(cid)
        if context is None or context.kind != "import" or context.path is None:
            continue
        for facts in phases.values():
            seen = {files[journal.sets[sid][0]].path for sid in facts.sets}
            seen |= {files[fid].path for fid in facts.imports}
            edges.setdefault(context.path, set()).update(seen)
    _ask_parser(edges, said)
    return edges


def _ask_parser(edges: dict[RepoPath, set[RepoPath]], said: StaticImports) -> None:
    """Add what only a parser can tell, where it matters.

    An edge to what a file reaches anyway changes no closure, and closures only grow.
    """
    waiting = said.perhaps.keys() | said.taken.keys()
    while waiting:
        closures = Closures(edges, edges)
        asked = {path for path in waiting if _is_open(path, closures, said)}
        if not asked:
            return
        waiting -= asked
        for path in asked:
            edges.setdefault(path, set()).update(said.parsed(path))


def _is_open(path: RepoPath, closures: Closures, said: StaticImports) -> bool:
    """May the parser add something to the closure of a file?"""
    reached = closures.of([path])
    if closures.direct(said.perhaps.get(path, ())) & ~reached:
        return True
    return any(
        closures.direct(said.packages.get(one, ())) & reached or one not in said.packages
        for one in closures.files(closures.direct(said.taken.get(path, ())) & ~reached)
    )


def _modules(journal: Journal) -> dict[RepoPath, ModuleInfo]:
    modules: dict[RepoPath, ModuleInfo] = {}
    for file in journal.files.values():
        known = modules.get(file.path)
        names = dict.fromkeys((*(known.names if known else ()), *file.names))
        modules[file.path] = ModuleInfo(file.oid, tuple(names))
    return modules


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _leaving_order(direct: list[int]) -> list[int]:
    """Return the files so that, cycles apart, what a file imports comes before it."""
    order: list[int] = []
    entered: set[int] = set()
    for start in range(len(direct)):
        if start in entered:
            continue
        entered.add(start)
        trail = [(start, _bits(direct[start]))]
        while trail:
            number, successors = trail[-1]
            following = next((s for s in successors if s not in entered), None)
            if following is None:
                order.append(number)
                trail.pop()
            else:
                entered.add(following)
                trail.append((following, _bits(direct[following])))
    return order
