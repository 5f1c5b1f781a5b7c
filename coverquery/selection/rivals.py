"""Test files that cannot be imported together: pytest takes both for the same module."""

from collections.abc import Set as AbstractSet

from coverquery.model import RepoPath

_INIT = "__init__.py"


class Rivals:
    """Knows by which name pytest's ``prepend`` and ``append`` modes import a file.

    The folder above the topmost package goes on ``sys.path``, so the name begins there: a file
    in no package is known by its own name alone. The second file of that name is an error.
    """

    def __init__(self, paths: AbstractSet[RepoPath]) -> None:
        self._paths = paths

    def meet(self, one: RepoPath, other: RepoPath) -> bool:
        """Would the two files be one module, or parts of two packages of one name?"""
        if one == other or not self._may_meet(one, other):
            return False
        first, second = self._root(one), self._root(other)
        return first != second and _name(first) == _name(second)

    def _may_meet(self, one: RepoPath, other: RepoPath) -> bool:
        """Tell quickly what mostly is so: they share no name on their way."""
        return _name(one) == _name(other) or not set(one.split("/")[:-1]).isdisjoint(
            other.split("/")[:-1]
        )

    def _root(self, path: RepoPath) -> str:
        """Return the folder of the topmost package around a file, else the file."""
        root, folder = str(path), path.rpartition("/")[0]
        while folder and f"{folder}/{_INIT}" in self._paths:
            root, folder = folder, folder.rpartition("/")[0]
        return root


def _name(root: str) -> str:
    return root.rpartition("/")[2].removesuffix(".py")
