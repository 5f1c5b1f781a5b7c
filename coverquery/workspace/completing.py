"""What the recorded process could not know: files nobody opened, versions of packages."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from coverquery.git.trees import WorkTree
from coverquery.index.seen import Facts, Journal, SeenData
from coverquery.model import Environment, Oid, RepoPath
from coverquery.selection import globs
from coverquery.selection.layout import CONFIG_FILES, pytest_section
from coverquery.workspace import distributions
from coverquery.workspace.distributions import Installed

_INSTALLED = frozenset({"package", "distribution"})
UNKNOWN = "?"
"""The digest of what nobody can tell any more: it is never the same."""


class Packages:
    """Says what was installed in the environment of a process that has just ended."""

    def __init__(self, home: Path) -> None:
        self._kept = distributions.opened(home)
        self._known: dict[Environment, Installed] = {}

    def digest(self, environment: Environment | None, view: str, name: str) -> str | None:
        """Return the digest of a package or a distribution's metadata; None: there is none."""
        if environment is None:
            return UNKNOWN
        if environment not in self._known:
            self._known[environment] = Installed(environment.site_dirs, self._kept)
        found = self._known[environment]
        if found.names != environment.distributions:  # somebody installed something meanwhile
            return UNKNOWN
        return found.package(name) if view == "package" else found.distribution(name)

    def save(self) -> None:
        """Keep what was read of metadata."""
        self._kept.save()


class Completing:
    """Fills in journals; one object a run folder.

    Attributes:
        files: content of every file when the run was started, ignored ones apart.
        packages: says what is installed under a name.
        worktree: as it is now.
        started: when the run was.
        project: the folder pytest runs in, from the root.
    """

    def __init__(
        self,
        files: Mapping[RepoPath, Oid],
        packages: Packages,
        worktree: WorkTree,
        started: float,
        project: str,
    ) -> None:
        self._files = files
        self._worktree = worktree
        self._started = started
        self._packages = packages
        self._globs: dict[str, str] = {}
        conftests = [path for path in sorted(files) if path.rpartition("/")[2] == "conftest.py"]
        self._everybodys = [
            *(SeenData("hooks", path, files[path]) for path in conftests),
            *(SeenData("pytest-config", path, files[path]) for path in self._configs(project)),
        ]

    def __call__(self, journal: Journal) -> None:
        """Complete a journal that was just read, in place."""
        for did, fact in journal.data.items():
            if fact.view == "glob":
                journal.data[did] = fact._replace(digest=self._glob(fact.path))
            elif fact.view in _INSTALLED:
                digest = self._packages.digest(journal.environment, fact.view, fact.path)
                journal.data[did] = fact._replace(digest=digest)
        self._add_everybodys(journal)

    def _configs(self, project: str) -> Iterator[RepoPath]:
        """Yield the files that may say how pytest runs, from the first on to the one that does.

        One without a section of pytest's may get one some day, and then it counts before others.
        """
        folder: str | None = project
        while folder is not None:
            for name in CONFIG_FILES:
                path = RepoPath(f"{folder}/{name}".lstrip("/"))
                if path in self._files:
                    yield path
                    content = self._worktree.read(path)
                    if content is None or pytest_section(name, content) is not None:
                        return
            folder = folder.rpartition("/")[0] if folder else None

    def _glob(self, pattern: str) -> str:
        if pattern not in self._globs:
            self._globs[pattern] = self._found_by(pattern)
        return self._globs[pattern]

    def _found_by(self, pattern: str) -> str:
        below = self._worktree.below(globs.folder(pattern)) - self._worktree.paths()
        ignored = globs.matching(below - self._files.keys(), pattern)
        if any(self._worktree.modified(path) > self._started for path in ignored):
            return UNKNOWN  # nobody hashed it when the tests ran
        found = globs.matching(self._files.keys() | set(ignored), pattern)
        return globs.digest(found, lambda path: self._files.get(path) or self._worktree.oid(path))

    def _add_everybodys(self, journal: Journal) -> None:
        """Every test depends on pytest's configuration and, for their hooks, on all conftests."""
        sessions = [cid for cid, one in journal.contexts.items() if one.kind == "session"]
        first = max(journal.data, default=0) + 1
        dids = range(first, first + len(self._everybodys))
        journal.data.update(zip(dids, self._everybodys, strict=True))
        for cid in sessions:
            facts = journal.facts.setdefault(cid, {}).setdefault("", Facts.none())
            facts.data.update(dids)
