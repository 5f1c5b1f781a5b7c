"""Where we are: the repository's root, the project's folder in it, its configuration."""

import os
from pathlib import Path
from typing import NamedTuple

from coverquery import config
from coverquery.config import Config
from coverquery.errors import UsageError
from coverquery.git.repo import Repo
from coverquery.model import RepoPath

HOME = ".coverquery"


class Place(NamedTuple):
    """One project.

    Attributes:
        root: what all paths are relative to: git's toplevel, else the project itself.
        project: the folder pytest runs in; ``.coverquery/`` stands here.
        repo: None outside git.
        config: of the project.
        start: the folder the user stands in; paths the user types are relative to it.
    """

    root: Path
    project: Path
    repo: Repo | None
    config: Config
    start: Path

    @property
    def home(self) -> Path:
        """The folder of our records."""
        return self.project / HOME

    @property
    def prefix(self) -> str:
        """The project's folder from the root, ``""`` when they are the same."""
        relative = self.project.relative_to(self.root).as_posix()
        return "" if relative == "." else relative

    def shown(self, path: Path) -> str:
        """Return a path as the user would type it in the project's folder."""
        return os.path.relpath(path, self.project)

    def argument(self, path: RepoPath) -> str:
        """Return a path as pytest, started in the project's folder, is to be given it."""
        relative = os.path.relpath(self.root / path, self.project)
        return f"./{relative}" if relative.startswith("-") else relative

    def typed(self, text: str) -> str:
        """Read a node id or path as the user typed it; return it as from the project's folder.

        What is there from where the user stands counts first, as for any command; node ids
        copied from our own output are relative to the project.
        """
        path, mark, rest = text.partition("::")
        if self.start == self.project or not os.path.lexists(self.start / path):
            return text
        return os.path.relpath(self.start / path, self.project) + mark + rest

    def path_of(self, text: str) -> RepoPath:
        """Read a path the user typed. UsageError outside the root."""
        absolute = Path(os.path.normpath(self.project / self.typed(text)))
        if not absolute.is_relative_to(self.root):
            raise UsageError(f"{text} is outside the project {self.root}")
        return RepoPath(absolute.relative_to(self.root).as_posix())


def find_place(start: Path) -> Place:
    """Find the project a folder belongs to.

    Raises:
        GitError: the repository cannot be used.
        ConfigError: the configuration is not understood.
        UsageError: there is no such folder.
    """
    start = Path(os.path.realpath(start))
    if not start.is_dir():
        raise UsageError(f"no such folder: {start}")
    repo = Repo.find(start)
    top = repo.root if repo else _outermost(start)
    project = config.find_project(start, top)
    root = repo.root if repo else project
    return Place(root, project, repo, config.load(project, os.environ), start)


def _outermost(start: Path) -> Path:
    """Outside git: the nearest folder above that looks like a project, else the folder itself."""
    marks = (config.OWN_FILE, *config.OF_PROJECTS)
    for folder in (start, *start.parents):
        if any((folder / mark).exists() for mark in marks) or (folder / HOME).is_dir():
            return folder
    return start
