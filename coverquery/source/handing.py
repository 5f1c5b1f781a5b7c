"""Where a function is handed on as a value, so that whoever gets it may look at it."""

from typing import NamedTuple

from coverquery.lines import LineSet
from coverquery.model import RepoPath
from coverquery.source.effects import Effect
from coverquery.source.project import Project
from coverquery.source.reach import Seed
from coverquery.source.usage import Mentions, Piece


class Handed(NamedTuple):
    """Where something is handed on.

    Attributes:
        lines: statements in functions, by file and version.
        imports: modules that do so when they are imported, nobody knows to whom.
        seeds: names that were bound to it or to something that holds it.
    """

    lines: dict[RepoPath, dict[int, LineSet]]
    imports: frozenset[RepoPath]
    seeds: tuple[Seed, ...]


def handed_on(project: Project, path: RepoPath, symbol: str) -> Handed:
    """Find where a function of a module, or a method of a class, is handed on."""
    owner, _, name = symbol.rpartition(".")
    called = _aliases(project, path, name) if not owner else {}
    lines: dict[RepoPath, dict[int, LineSet]] = {}
    imports: set[RepoPath] = set()
    seeds: list[Seed] = []
    for at, versions in project.files.items():
        for number, version in enumerate(versions):
            for piece in version.pieces:
                if piece.kind != "import" and _passes(project, at, piece.words, called, name):
                    seeds += _bound_by(at, piece)
                    if piece.effect == Effect.ACTS:
                        imports.add(at)
            found = _lines(project, at, version, called, name)
            if found:
                lines.setdefault(at, {})[number] = found
    return Handed(lines, frozenset(imports), tuple(seeds))


def _bound_by(path: RepoPath, piece: Piece) -> list[Seed]:
    prefix = f"{piece.owner}." if piece.owner else ""
    return [Seed(path, f"{prefix}{bound}") for bound in piece.binds]


def _lines(
    project: Project, path: RepoPath, version: Mentions, called: dict[RepoPath, set[str]], name: str
) -> LineSet:
    found = LineSet()
    for word, text in version.uses.items():
        if word.startswith("=") and _passes(project, path, [word], called, name):
            found |= LineSet.parse(text)
    return found


def _passes(
    project: Project,
    path: RepoPath,
    words: "frozenset[str] | list[str]",
    called: dict[RepoPath, set[str]],
    name: str,
) -> bool:
    for word in words:
        if not word.startswith("="):
            continue
        if word.startswith("=."):
            if not called and word[2:] == name:
                return True
        elif word[1:] in called.get(path, ()) or any(
            taken in called.get(module, ()) for module, taken in project.accesses(path, word[1:])
        ):
            return True
    return False


def _aliases(project: Project, path: RepoPath, name: str) -> dict[RepoPath, set[str]]:
    """Return by file the names under which imports make it known."""
    called: dict[RepoPath, set[str]] = {path: {name}}
    grown = True
    while grown:
        grown = False
        for at, versions in project.files.items():
            for version in versions:
                for alias in _imported(project, at, version, called):
                    if alias not in called.setdefault(at, set()):
                        called[at].add(alias)
                        grown = True
    return called


def _imported(
    project: Project, path: RepoPath, version: Mentions, called: dict[RepoPath, set[str]]
) -> set[str]:
    found: set[str] = set()
    for alias, origins in version.origins.items():
        for level, dotted, taken in origins:
            for base in project.modules(path, level, dotted) if taken else ():
                if taken in called.get(base, ()):
                    found.add(alias)
    for level, dotted, _ in version.stars:
        for base in project.modules(path, level, dotted):
            found |= called.get(base, set())
    return found
