"""What else happens when a file imports another, or imports it no longer."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from coverquery.model import RepoPath
from coverquery.source.classes import ClassName, Making
from coverquery.source.effects import Effect
from coverquery.source.graph import INIT, module_names
from coverquery.source.project import Project
from coverquery.source.words import ANYTHING, MODULES, SUBCLASSES


def loads_otherwise(
    project: Project, path: RepoPath, imports: Iterable[str], unknown: Iterable[RepoPath]
) -> bool:
    """May a changed import of a file do more than bind its names?

    Args:
        project: the recorded files.
        path: the importing file.
        imports: what is newly or no longer imported, as ``^level:module:name``.
        unknown: further modules of the project, of which there are no records.

    Returns:
        Whether a module is now imported for this file that was not before, or the other way
        round, and importing it does something. What is not of the project does nothing.
    """
    changed = frozenset(imports)
    if any(_may_mean(path, word, one) for word in changed for one in unknown):
        return True
    targets = {target for word in changed for target in _targets(project, path, word)}
    if not targets:
        return False
    still = _closure(project, [path], path, changed)
    lost = _closure(project, targets - still, path, frozenset()) - still
    return any(_acts(project, one) or _is_found(project, one) for one in lost)


def may_hinder(project: Project, broken: RepoPath, path: RepoPath) -> bool:
    """May a file that could not be imported have failed because of what stands in another?

    What it names in its imports is looked at, function bodies included, and what that names.
    The packages above are not: they were there before it, and what it takes from them it names.
    """
    seen: set[RepoPath] = set()
    waiting = [broken]
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        if at == path or at not in project.files or _looks_up_anything(project, at):
            return True
        seen.add(at)
        waiting += _named_by(project, at)
    return False


def _looks_up_anything(project: Project, path: RepoPath) -> bool:
    """Does a file get at modules otherwise than by imports that name them?"""
    return any(
        word in {ANYTHING, MODULES} or word.startswith("!")
        for version in project.files[path]
        for words in (version.uses, *(piece.words for piece in version.pieces))
        for word in words
    )


def _named_by(project: Project, path: RepoPath) -> set[RepoPath]:
    found: set[RepoPath] = set()
    for version in project.files[path]:
        named = (origin for origins in version.origins.values() for origin in origins)
        for level, dotted, taken in (*named, *version.stars):
            parts = dotted.split(".")
            ends = range(1, len(parts) + 1) if not level and not taken else (len(parts),)
            for end in ends:  # `import a.b` binds a
                found |= project.modules(path, level, ".".join(parts[:end]))
            if taken:
                below = f"{dotted}.{taken}" if dotted else taken
                found |= project.modules(path, level, below)
    return {reached for one in found for reached in project.reach(one)}


def _closure(
    project: Project, roots: Iterable[RepoPath], path: RepoPath, without: frozenset[str]
) -> set[RepoPath]:
    """Return what importing these files imports, certain imports of one file left out."""
    seen: set[RepoPath] = set()
    waiting = list(roots)
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        words = {w for piece in project.pieces(at) for w in piece.words if w.startswith("^")}
        for word in words - (without if at == path else frozenset()):
            waiting += _targets(project, at, word)
    return seen


def _targets(project: Project, path: RepoPath, word: str) -> set[RepoPath]:
    level, dotted, name = word[1:].split(":")
    found: set[RepoPath] = set()
    parts = dotted.split(".") if dotted else []
    for end in range(len(parts) + 1) if parts else (0,):  # its packages are imported with it
        found |= (
            project.modules(path, int(level), ".".join(parts[:end]))
            if end or level != "0"
            else set()
        )
    if name:
        found |= project.modules(path, int(level), f"{dotted}.{name}" if dotted else name)
    return found


def _may_mean(path: RepoPath, word: str, module: RepoPath) -> bool:
    level, dotted, name = word[1:].split(":")
    names = {dotted, f"{dotted}.{name}" if dotted and name else dotted or name}
    if level == "0":
        return not names.isdisjoint(module_names(module))
    folder = PurePosixPath(path)
    for _ in range(int(level)):
        folder = folder.parent
    stems = {str(folder.joinpath(*one.split("."))) for one in names if one}
    pure = PurePosixPath(module)
    own = pure.parent if pure.stem == INIT else pure.parent / pure.name.partition(".")[0]
    return str(own) in stems


def _acts(project: Project, path: RepoPath) -> bool:
    kinds = ("import", "head")
    for piece in project.pieces(path):
        if piece.effect == Effect.ACTS and piece.kind not in kinds:
            return True
        one = ClassName(path, ".".join((piece.owner, *piece.binds)).lstrip("."))
        made = [project.classes.base(one, base) for base in piece.bases]
        if Making.ACTS in made or (made and project.mentions(SUBCLASSES)):
            return True
    return False


def _is_found(project: Project, path: RepoPath) -> bool:
    """May somebody take a module from its package as an attribute, having imported only that?"""
    pure = PurePosixPath(path)
    name = (pure.parent if pure.stem == INIT else pure).stem
    return project.mentions(f".{name}")
