"""Is what somebody looked at still the same in a tree? One view of data after the other."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from coverquery.hashing import sha1
from coverquery.index.digests import blob_oid
from coverquery.index.store import Store
from coverquery.model import DataFact, Oid, Reason, RepoPath, View, Why
from coverquery.selection import globs
from coverquery.workspace.contents import Contents, SeenTree

if TYPE_CHECKING:
    from coverquery.workspace.configured import Configured
    from coverquery.workspace.distributions import Installed

_LEFT_OUT = frozenset({
    ".git", ".coverquery", "__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache",
    ".ruff_cache",
})  # fmt: skip
"""Names that come and go with running tests; the recorder leaves out the same."""

_TEXTS = {
    "listing": "folder listed",
    "docstrings": "doctests",
    "link": "where the link leads",
    "exists": "whether it is there",
    "mode": "whether it may be executed",
}


class Sameness:
    """Compares recorded data with trees, and what was installed with what is."""

    def __init__(self, store: Store, contents: Contents, installed: "Installed | None") -> None:
        self._store = store
        self._contents = contents
        self.installed = installed
        self._configured: Configured | None = None

    def same(self, fact: DataFact, tree: SeenTree) -> bool:
        """Tell whether a fact about data holds in a tree."""
        if fact.view in _LOOKS:
            return _LOOKS[fact.view](tree, fact.path) == fact.digest
        if fact.view in _OF_INSTALLED:
            found = self.installed and _OF_INSTALLED[fact.view](self.installed, fact.path)
            return found == fact.digest
        if fact.view == "glob":
            return globs.digest(tree.found_by(fact.path), tree.oid) == fact.digest
        if fact.view == "outside":
            return _outside(fact.path) == fact.digest
        if fact.view == "raised":
            return True  # what there was to read is a fact by itself
        return fact.view != "always" and self._same_content(fact, tree)

    def reason(self, fact: DataFact) -> Reason:
        """Say why whoever looked at this is concerned, before anybody asks through what."""
        match fact.view:
            case "always":
                return Reason("always", text="its coverquery mark says so")
            case "glob":
                return Reason("data", text=f"its coverquery mark names {fact.path}")
            case "hooks":
                return Reason("config", fact.path, text="hooks that see every test")
            case "outside":
                return Reason("env", text=f"/{fact.path} is outside the project and differs")
            case "package" | "distribution":
                return Reason("env", text=self._what_changed(fact))
        why: Why = "config" if fact.view == "pytest-config" else "data"
        absent = "looked for, was not there"
        return Reason(
            why, fact.path, text=absent if fact.digest is None else _TEXTS.get(fact.view, "")
        )

    def _same_content(self, fact: DataFact, tree: SeenTree) -> bool:
        now = tree.oid(fact.path)
        if now == fact.digest:
            return True
        if fact.digest is None or fact.view == "raw" or (now is None and not _may_go(fact)):
            return False
        old, new = self._contents.get(Oid(fact.digest)), tree.read(fact.path) or b""
        return old is not None and self._same_meaning(fact, (old, new), tree)

    def _same_meaning(self, fact: DataFact, versions: tuple[bytes, bytes], tree: SeenTree) -> bool:
        old, new = versions
        if fact.view == "hooks":
            from coverquery.source.hooks import wide_hooks  # start-up time

            return wide_hooks(old) == wide_hooks(new)
        if fact.view == "docstrings":
            from coverquery.source import symbols  # start-up time

            before = symbols.docstrings(old)
            return before is not None and before == symbols.docstrings(new)
        from coverquery.workspace.configured import Configured  # start-up time

        if self._configured is None:
            self._configured = Configured(self._store, self._contents)
        return self._configured.same(fact.path, versions, tree)

    def _what_changed(self, fact: DataFact) -> str:
        if fact.view == "distribution" and fact.path == "*":
            return "it reads the list of what is installed"
        if fact.view == "distribution":
            return f"metadata of {fact.path} that it reads"
        now = self.installed.bringing(fact.path) if self.installed else ""
        return f"installed package {fact.path} differs" + (f": now {now}" if now else "")


def _may_go(fact: DataFact) -> bool:
    """Tell whether a file that is gone may have meant nothing: the ini files others share."""
    shared = ("tox.ini", "setup.cfg")
    return fact.view == "hooks" or (
        fact.view == "pytest-config" and fact.path.rpartition("/")[2] in shared
    )


def listing_digest(tree: SeenTree, folder: RepoPath) -> str | None:
    """Return the digest of the names in a folder, as the recorder makes it."""
    names = tree.listing(folder)
    if names is None:
        return None
    kept = sorted(n for n in names if n not in _LEFT_OUT and not n.endswith(".pyc"))
    text = "\n".join(kept).encode("utf-8", "surrogateescape")
    return sha1(text, usedforsecurity=False).hexdigest()


def _outside(path: RepoPath) -> str | None:
    file = Path("/") / path
    try:
        return blob_oid(file.read_bytes()) if file.is_file() else None
    except OSError:
        return None


_LOOKS: Mapping[View, Callable[[SeenTree, RepoPath], str | None]] = {
    "listing": listing_digest,
    "link": SeenTree.link_oid,
    "exists": SeenTree.kind,
    "mode": SeenTree.mode,
}
_OF_INSTALLED: Mapping[View, Callable[["Installed", str], str | None]] = {
    "package": lambda installed, name: installed.package(name),
    "distribution": lambda installed, name: installed.distribution(name),
}
