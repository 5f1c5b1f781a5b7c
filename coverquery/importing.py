"""What the modules of one process import, as the stages hand it to each other."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from coverquery.model import Oid, RepoPath


class ModuleInfo(NamedTuple):
    """A project module seen in a test process: its content and the names it went by."""

    oid: Oid
    names: tuple[str, ...]


class StaticImports(NamedTuple):
    """What the texts of one process's modules say they import, found out as far as it matters.

    Attributes:
        sure: by file, the others it may import.
        perhaps: by file, others of which only a parser can tell.
        taken: by file, submodules it may reach as attributes of their packages, a parser knows.
        packages: of submodules, the files of the package above, where it has any.
        parsed: asks the parser about one file.
    """

    sure: Mapping[RepoPath, Iterable[RepoPath]]
    perhaps: Mapping[RepoPath, frozenset[RepoPath]]
    taken: Mapping[RepoPath, frozenset[RepoPath]]
    packages: Mapping[RepoPath, frozenset[RepoPath]]
    parsed: Callable[[RepoPath], frozenset[RepoPath]]


StaticEdges = Callable[[Mapping[RepoPath, ModuleInfo]], StaticImports]
"""From the modules of one process, what their texts say."""
