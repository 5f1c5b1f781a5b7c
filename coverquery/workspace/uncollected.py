"""Files in which nobody has found tests: new ones, ones without any, ones pytest left out."""

from collections.abc import Iterable

from coverquery.index.manifests import complete_paths
from coverquery.index.store import Store
from coverquery.model import NodeId, Reason, RepoPath, SelectedTest
from coverquery.selection.layout import CONFIG_FILES, Layout, layout, pytest_section
from coverquery.workspace.contents import SeenTree
from coverquery.workspace.place import Place

_NEW = Reason("new", text="test file not collected yet")
_FAILED = Reason("failed", text="could not be collected")
_NAMING = frozenset({"python_functions", "python_classes", ""})
_LET_IN = Reason("collect", text="what decided that it is no test file has changed")


def uncollected(
    place: Place, store: Store, target: SeenTree, deciding: Iterable[RepoPath]
) -> tuple[SelectedTest, ...]:
    """Find the files pytest may now find tests in, though it never did.

    What was there when pytest last collected everything and was not taken then (``collect_ignore``,
    ``norecursedirs``, a hook) is not taken now either, unless a configuration or conftest
    above it changed: one of ``deciding``.
    """
    collected, failed = store.collected_files(), store.failed_files()
    passed_over = complete_paths(store.index) or frozenset()
    folders = [path.rpartition("/")[0] for path in deciding]
    where = layout_of(place, target, collected)
    found = []
    project = place.prefix
    for path in sorted(target.tree.paths() - collected.keys()):
        if not _inside(path, project) or not where.collects(path):
            continue
        if path in failed:
            reason = _FAILED
        elif path not in passed_over:
            reason = _NEW
        elif any(_inside(path, folder) for folder in folders):
            reason = _LET_IN
        else:
            continue
        found.append(SelectedTest(NodeId(node_prefix(place, path)), path, (reason,)))
    return tuple(found)


def split_files(
    place: Place, selected: Iterable[SelectedTest]
) -> tuple[tuple[SelectedTest, ...], tuple[SelectedTest, ...]]:
    """Part files in which no test was found so far from tests."""
    listed = tuple(selected)
    files = (one for one in listed if str(one.nodeid) == str(one.file))
    named = (one._replace(nodeid=NodeId(node_prefix(place, one.file))) for one in files)
    return tuple(named), tuple(one for one in listed if str(one.nodeid) != str(one.file))


def node_prefix(place: Place, path: RepoPath) -> str:
    """Return the node id of a whole file: pytest's are relative to the project's folder."""
    return path[len(place.prefix) + 1 :] if place.prefix else path


def layout_of(place: Place, tree: SeenTree, collected: Iterable[RepoPath]) -> Layout:
    """Read from the tree's pytest configuration where tests are."""
    for name in CONFIG_FILES:
        path = RepoPath(f"{place.prefix}/{name}" if place.prefix else name)
        content = tree.read(path)
        section = None if content is None else pytest_section(name, content)
        if section is not None:
            return layout(section, place.prefix, collected)
    return layout(None, place.prefix, collected)


def finds_usual_tests(tree: SeenTree) -> bool:
    """Does pytest go by its usual names when it looks for tests in a file?"""
    for path in tree.tree.paths():
        name = path.rpartition("/")[2]
        if name in CONFIG_FILES:
            section = pytest_section(name, tree.read(path) or b"") or {}
            if not _NAMING.isdisjoint(section):
                return False
    return True


def _inside(path: RepoPath, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")
