"""Where following changed names begins, and what it comes to."""

from typing import NamedTuple

from coverquery.lines import LineSet
from coverquery.model import RepoPath


class Seed(NamedTuple):
    """A changed name.

    Attributes:
        path: its file.
        name: ``x`` of the module, ``C.x`` of a class.
        gone: it is bound no longer.
        wide: of a member: it concerns whoever touches the class, whether or not they name it.
        derived: of a class: it is one of somebody's subclasses.
        named: of a member: only those who name it count, though libraries know the name.
    """

    path: RepoPath
    name: str
    gone: bool = False
    wide: bool = False
    derived: bool = False
    named: bool = False


class Reach(NamedTuple):
    """What a change reaches.

    Attributes:
        lines: statements in functions: who executed one of them is concerned.
        imports: modules: who imports one of them is concerned.
        raising: modules whose import may now fail; nobody else need be concerned.
        names: names of modules that may have another value.
        members: names of members that may.
    """

    lines: dict[RepoPath, dict[int, LineSet]]
    imports: frozenset[RepoPath]
    raising: frozenset[RepoPath]
    names: dict[RepoPath, dict[str, bool]]
    members: dict[str, bool]

    @property
    def words(self) -> frozenset[str]:
        """All names reached."""
        return frozenset(self.members).union(*self.names.values())
