"""Everything that can be mutated in one project: executed lines, outer statements, files."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.module_text import Definition, ModuleText, Placed
from benchmarks.mutants import Mutant, Splice, tracked
from benchmarks.mutate_bodies import expressions, statements
from benchmarks.mutate_files import whole_files
from benchmarks.mutate_scopes import Family, scopes
from benchmarks.projects import Project


def candidates(
    project: Project, root: Path, executed: Mapping[str, frozenset[int]]
) -> dict[str, list[Splice | Mutant]]:
    """Return every mutation, by kind; files that were not executed at all are left out."""
    files = set(tracked(root))
    texts = [
        ModuleText(path, (root / path).read_bytes())
        for path, lines in sorted(executed.items())
        if lines and path in files
    ]
    sources = [text for text in texts if not _is_test(project, text.path)]
    family = Family(sources)
    found: dict[str, list[Splice | Mutant]] = {}
    for text in sources:
        for site in (*_inside(text, executed[text.path]), *scopes(text, family)):
            found.setdefault(site.kind, []).append(site)
    for text in texts:
        if _is_test(project, text.path):
            for site in _tests(text, executed[text.path]):
                found.setdefault(site.kind, []).append(site)
    for mutant in whole_files(project, root):
        found.setdefault(mutant.kind, []).append(mutant)
    return found


def _is_test(project: Project, path: str) -> bool:
    return Path(path).is_relative_to(project.tests)


def _inside(text: ModuleText, lines: frozenset[int]) -> Iterator[Splice]:
    """Yield mutations of executed lines; outer scopes are executed as a whole."""
    for site in (*expressions(text), *statements(text)):
        placed = text.at(site.line)
        inside = site.kind.startswith("function") or site.kind in {"comment", "reformatting"}
        if not inside or (placed and _executed(placed, lines)):
            yield site


def _executed(placed: Placed, lines: frozenset[int]) -> bool:
    first, last = placed.header
    return not lines.isdisjoint(range(first, last + 1))


def _tests(text: ModuleText, lines: frozenset[int]) -> Iterator[Splice]:
    """Yield mutations of test files under few names: what matters is which part of them."""
    family = Family([text])
    for site in _inside(text, lines):
        placed = text.at(site.line)
        yield site._replace(kind=f"tests: {_part(placed)}", statement=None)
    for site in scopes(text, family):
        if site.kind not in {"annotation", "docstring", "syntax error"}:
            yield site._replace(kind="tests: module or class level")


def _part(placed: Placed | None) -> str:
    """Say what of a test file it is."""
    if placed is None:
        return "module or class level"
    around = (*placed.owners, placed.node)
    definitions = [one for one in around if isinstance(one, Definition)]
    words = [ast.unparse(dec) for one in definitions for dec in one.decorator_list]
    if any("fixture" in word for word in words):
        return "fixture"
    if isinstance(placed.node, Definition) and any("parametrize" in word for word in words):
        return "parametrize"
    if not definitions or placed.level != "function":
        return "module or class level"
    return "test function" if definitions[0].name.startswith("test") else "helper"
