"""Whether a changed configuration file of pytest concerns tests: what is in it, who reads it."""

import re
from collections.abc import Callable, Iterable

from coverquery.index.store import Store
from coverquery.model import RepoPath
from coverquery.selection import configuration
from coverquery.selection.configuration import Background
from coverquery.selection.layout import CONFIG_FILES, pytest_section
from coverquery.workspace.contents import Contents, SeenTree

_READS_OPTIONS = re.compile(
    r"config\.(option|getvalue|inicfg|inipath|invocation)|\.(getini|getoption|get_verbosity)\b"
)


class Configured:
    """Compares versions of pytest's own section; one object a question."""

    def __init__(self, store: Store, contents: Contents) -> None:
        self._store = store
        self._contents = contents
        self._is_read: bool | None = None

    def same(self, path: RepoPath, versions: tuple[bytes, bytes], tree: SeenTree) -> bool:
        """Tell whether every test that both versions collect does the same under both."""
        return self._compare(configuration.same_outcomes, path, versions, tree)

    def decides(self, path: RepoPath, old: bytes | None, tree: SeenTree) -> bool:
        """Tell whether a changed file may have decided anew which files are test files."""
        name = path.rpartition("/")[2]
        if name not in CONFIG_FILES:
            return name == "conftest.py"
        new = tree.read(path)
        if old is None or new is None:
            return pytest_section(name, old or new or b"") is not None
        return not self._compare(configuration.same_collection, path, (old, new), tree)

    def _compare(
        self,
        same: Callable[..., bool],
        path: RepoPath,
        versions: tuple[bytes, bytes],
        tree: SeenTree,
    ) -> bool:
        name = path.rpartition("/")[2]
        old, new = (pytest_section(name, content) for content in versions)
        if old == new:
            return True
        return same(old, new, self._background(path, tree)) and not self._read_by_tests()

    def _background(self, path: RepoPath, tree: SeenTree) -> Background:
        folder = path.rpartition("/")[0]
        environments = self._store.environments().values()
        versions = [configuration.pytest_version(one.distributions) for one in environments]
        known = [version for version in versions if version is not None]
        return Background(
            min(known) if len(known) == len(versions) else None,
            tuple(option for one in environments for option in one.pytest_args),
            _has_nested_conftests(tree.tree.paths(), folder),
        )

    def _read_by_tests(self) -> bool:
        """Tell whether code of the project looks at options, or at what pytest makes of asserts."""
        if self._is_read is None:
            from coverquery.workspace.naming import every_name  # start-up time

            self._is_read = any(
                names is None or names.asserts or any(map(_READS_OPTIONS.search, names.chains))
                for _, names in every_name(self._store, self._contents)
            )
        return self._is_read


def _has_nested_conftests(paths: Iterable[RepoPath], folder: str) -> bool:
    top = f"{folder}/conftest.py".lstrip("/")
    return any(path.rpartition("/")[2] == "conftest.py" and path != top for path in paths)
