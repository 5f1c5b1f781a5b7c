"""Which files go down with a module that cannot be imported, so that nobody can overlook it.

What imports it in a ``try``, under a condition, in a function or by a computed name may go on
without it, otherwise than before: tests of such a file pass, and say nothing about the import.
"""

from collections.abc import Mapping

from coverquery.model import RepoPath
from coverquery.source.graph import INIT
from coverquery.source.project import Project
from coverquery.source.usage import Mentions

Sure = Mapping[RepoPath, frozenset[RepoPath]]
"""By file, the files that import it whenever they are imported, and fail when it does."""


def sure_importers(project: Project) -> Sure:
    """Find who surely imports whom: by the one name it can have, in no ``try`` or ``if``."""
    found: dict[RepoPath, set[RepoPath]] = {}
    for path, versions in project.files.items():
        loaded = [_loaded(project, path, version) for version in versions]
        for module in frozenset.intersection(*loaded) if loaded else ():
            found.setdefault(module, set()).add(path)
    return {module: frozenset(paths) for module, paths in found.items()}


def sinking(sure: Sure, module: RepoPath) -> frozenset[RepoPath]:
    """Return the files that cannot be imported when a module cannot, itself included."""
    seen: set[RepoPath] = set()
    waiting = [module]
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += sure.get(at, ())
    return frozenset(seen)


def _loaded(project: Project, path: RepoPath, version: Mentions) -> frozenset[RepoPath]:
    words = {
        word
        for piece in version.pieces
        if piece.kind == "import" and not (piece.guarded or piece.perhaps)
        for word in piece.words
        if word.startswith("^")
    }
    found: set[RepoPath] = set()
    for word in words:
        level, dotted, name = word[1:].split(":")
        parts = dotted.split(".") if dotted else []
        names = [".".join(parts[:end]) for end in range(1, len(parts) + 1)] or [""]
        for one in names:
            found |= _only(project, path, int(level), one)
        if name and not _is_bound(project, path, int(level), dotted, name):
            found |= _only(project, path, int(level), f"{dotted}.{name}" if dotted else name)
    return frozenset(found)


def _only(project: Project, path: RepoPath, level: int, dotted: str) -> frozenset[RepoPath]:
    """Return the file that a name means, nothing where it may mean several."""
    meant = project.modules(path, level, dotted) if dotted or level else frozenset[RepoPath]()
    return meant if len(meant) == 1 else frozenset()


def _is_bound(project: Project, path: RepoPath, level: int, dotted: str, name: str) -> bool:
    """May a package hold this name itself, so that no module of that name is imported?"""
    packages = project.modules(path, level, dotted)
    return any(
        not package.endswith(f"{INIT}.py")
        or version.stars
        or any(name in piece.binds for piece in version.pieces)
        for package in packages
        for version in project.files.get(package, ())
    )
