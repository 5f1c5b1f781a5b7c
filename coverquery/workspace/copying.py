"""Which contexts ran something that may copy or pickle objects."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from coverquery.model import RepoPath, Touch
from coverquery.source.classes import ClassName, Making
from coverquery.source.copying import KNOWN_PLUGINS, PROTOCOL, WORDS, copiers, is_looked_for
from coverquery.workspace.distributions import normal
from coverquery.workspace.reaching import Reaching

if TYPE_CHECKING:
    from coverquery.workspace.distributions import Installed


class Copying:
    """Answers for one tree.

    Args:
        reaching: of that tree.
        installed: what stands in the environment; None where nobody knows.
    """

    def __init__(self, reaching: Reaching, installed: "Installed | None") -> None:
        self._reaching = reaching
        self._installed = installed

    def concerned(self, path: RepoPath, touch: Touch) -> tuple[frozenset[int], ...]:
        """Return on whom else an execution must depend to be concerned; nothing where on nobody."""
        project = self._reaching.mentioning.project
        owner, _, name = touch.symbol.rpartition(".")
        if name not in PROTOCOL or touch.wide or not owner:
            return ()
        plain = project.classes.making(ClassName(path, owner)) == Making.PLAIN
        if not plain or self._contexts is None or is_looked_for(project, name):
            return ()
        return (self._contexts,)

    @cached_property
    def _contexts(self) -> frozenset[int] | None:
        reaching, project = self._reaching, self._reaching.mentioning.project
        if self._installed is None or any(self._unknown_plugins()):
            return None
        seeds = copiers(project, self._installed.standing())
        if seeds is None:
            return None
        found = reaching.contexts(reaching.spread(*seeds)) if seeds else {}
        users = (context for word in WORDS for context in reaching.users(word))
        at_import = [
            path
            for path in project.files
            if any(not WORDS.isdisjoint(piece.words) for piece in project.pieces(path))
        ]
        return frozenset({*found, *users, *reaching.all_in(at_import)})

    def _unknown_plugins(self) -> Iterator[str]:
        """Yield plugins of pytest whose fixtures may copy what tests give them."""
        installed = self._installed
        for name in installed.names if installed else ():
            known = normal(name.rpartition(".")[0].partition("-")[0]) in KNOWN_PLUGINS
            if not known and installed and installed.plugs_in(name):
                yield name
