"""What the recorded process could not know: files nobody opened, versions of packages."""

from collections.abc import Callable, Mapping

from coverquery.index.seen import Facts, Journal, SeenData
from coverquery.model import Environment, Oid, RepoPath, View
from coverquery.selection import globs

Packages = Callable[[Environment | None, View, str], str | None]
"""From an environment and what was asked of it to the digest of what is installed."""


class Completing:
    """Fills in journals; one object a run folder.

    Attributes:
        files: content of every file when the run was started.
        packages: says what is installed under a name.
    """

    def __init__(self, files: Mapping[RepoPath, Oid], packages: Packages) -> None:
        self._files = files
        self._packages = packages
        self._globs: dict[str, str] = {}
        self._conftests = [
            SeenData("hooks", path, oid)
            for path, oid in sorted(files.items())
            if path.rpartition("/")[2] == "conftest.py"
        ]

    def __call__(self, journal: Journal) -> None:
        """Complete a journal that was just read, in place."""
        for did, fact in journal.data.items():
            if fact.view == "glob":
                journal.data[did] = fact._replace(digest=self._glob(fact.path))
            elif fact.view in ("package", "distribution"):
                digest = self._packages(journal.environment, fact.view, fact.path)
                journal.data[did] = fact._replace(digest=digest)
        self._add_conftests(journal)

    def _glob(self, pattern: str) -> str:
        if pattern not in self._globs:
            self._globs[pattern] = globs.digest(self._files, pattern, self._files.get)
        return self._globs[pattern]

    def _add_conftests(self, journal: Journal) -> None:
        """Every test depends on every conftest: a hook in any may see all tests."""
        sessions = [cid for cid, one in journal.contexts.items() if one.kind == "session"]
        first = max(journal.data, default=0) + 1
        dids = range(first, first + len(self._conftests))
        journal.data.update(zip(dids, self._conftests, strict=True))
        for cid in sessions:
            facts = journal.facts.setdefault(cid, {}).setdefault("", Facts.none())
            facts.data.update(dids)
