"""``affected`` before anything was recorded: which test files may import what changed."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from typing import Any, NamedTuple

from coverquery.git.trees import CommitTree
from coverquery.lines import LineSet
from coverquery.model import ChangeSummary, NodeId, Oid, RepoPath, SelectedTest, Selection
from coverquery.report.facts import AffectedFacts, IndexState
from coverquery.selection.layout import CONFIG_FILES, pytest_section
from coverquery.selection.static import StaticAnswer, StaticQuestion, static_answer
from coverquery.source.impact import Version, impact
from coverquery.source.static_graph import Names, StaticGraph, conftests, static_graph
from coverquery.source.static_scan import Mentions, mentions, words
from coverquery.workspace.contents import SeenTree
from coverquery.workspace.environments import any_matches
from coverquery.workspace.place import Place
from coverquery.workspace.trees import Trees
from coverquery.workspace.uncollected import layout_of, node_prefix

_MOST_COMPARED = 200
"""Of more changed files nobody asks which changed only in form."""

_OLD, _NEW = Oid("0" * 40), Oid("1" * 40)
"""Names of the two versions of a file: which they are makes no difference to their meaning."""

_TEXT_TESTS = ("test*.txt",)
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
_DOCTEST_GLOB = re.compile(r"--doctest-glob(?:=|['\",\s]+)([^'\",\s\]]+)")
_COVERAGE = re.compile(r"--cov\S*(?:\s+\w+\b)?")
_NAMES_NO_MODULE = frozenset(
    {"testpaths", "norecursedirs", "python_files", "python_classes", "python_functions",
     "markers", "pythonpath"}
)  # fmt: skip
_ENTRY_POINTS = ("pyproject.toml", "setup.cfg", "setup.py")


class _Scene(NamedTuple):
    """What the files of both states say."""

    trees: Trees
    base: SeenTree
    texts: Mapping[RepoPath, Mentions]
    tests: frozenset[RepoPath]
    paths: frozenset[RepoPath]


def static_affected(place: Place, trees: Trees, base: SeenTree, notes: list[str]) -> AffectedFacts:
    """Answer from the texts alone.

    Args:
        place: the project.
        trees: what was asked for; ``base`` stands in where it names no revision.
        base: the older tree.
        notes: sentences on how the answer was come by.
    """
    scene = _scene(place, trees, base)
    changed = _changed(place, scene)
    meant = _meanings(scene, changed)
    graph = _with_conftests(scene)
    question = StaticQuestion(
        scene.tests, changed, frozenset(path for path, one in meant.items() if not one.lines),
        _roots(place, scene), scene.paths, _always(place, scene.tests), _everywhere(scene),
    )  # fmt: skip
    answer = static_answer(question, graph)
    return AffectedFacts(
        selection=_selection(place, scene, changed, meant, answer),
        base=trees.base_name,
        head=trees.target_name,
        known=IndexState("missing"),
        files=dict.fromkeys(scene.tests, 1),
        changed=tuple(sorted(changed)),
        notes=tuple(notes),
        next=("coverquery run",),
        evidence="static",
    )


def _scene(place: Place, trees: Trees, base: SeenTree) -> _Scene:
    target = trees.target
    old, new = base.tree.paths(), target.tree.paths()
    where = layout_of(place, target, ())
    if place.config.tests:  # these, and not testpaths, are what pytest is given
        where = where._replace(testpaths=())
    globs = _text_globs(place, target)
    named = {_at(place, one.partition("::")[0].removeprefix("./")) for one in place.config.tests}
    tests = {
        path for path in new
        if _inside(path, place.prefix) and (
            where.collects(path) or path in named or any(fnmatch(_name(path), g) for g in globs)
        )
    }  # fmt: skip
    tests = {path for path in tests if _name(path) not in ("conftest.py", "__init__.py")}
    read = {path for path in new if path.endswith(".py")} | tests
    gone = {path for path in old - new if path.endswith(".py")}
    found = target.tree.read_all(sorted(read)) | base.tree.read_all(sorted(gone))
    linked = [path for path in found if path in new and target.tree.link(path) is not None]
    found |= {path: target.read(path) or b"" for path in linked}
    texts = {path: mentions(content) for path, content in found.items()}
    return _Scene(trees, base, texts, frozenset(tests), old | new)


def _changed(place: Place, scene: _Scene) -> dict[RepoPath, tuple[bool, bool]]:
    """Return what differs, but for what the configuration calls no test's concern."""
    target, base = scene.trees.target, scene.base
    found = {}
    for path in scene.paths:
        old, new = base.oid(path), target.oid(path)
        if old != new and not any_matches(path, place.config.ignore):
            found[path] = (old is not None, new is not None)
    old_links, new_links = base.tree.gitlinks(), target.tree.gitlinks()
    for link in old_links.keys() | new_links.keys():
        if old_links.get(link) != new_links.get(link):
            found[link] = (link in old_links, link in new_links)
    return found


def _meanings(
    scene: _Scene, changed: Mapping[RepoPath, tuple[bool, bool]]
) -> dict[RepoPath, ChangeSummary]:
    """Return what the changed Python files changed; no lines: nothing that has a meaning."""
    both = [path for path, there in changed.items() if all(there) and path.endswith(".py")]
    found = {}
    for path in sorted(both)[:_MOST_COMPARED]:
        old, new = scene.base.read(path), scene.trees.target.read(path)
        if old is None or new is None:
            continue
        meant = impact(path, Version(_OLD, old), Version(_NEW, new))
        touches = meant.touches
        lines = LineSet()
        for touch in touches:
            lines |= touch.new_lines | touch.old_lines
        symbols = list(dict.fromkeys(touch.symbol for touch in touches if touch.symbol))
        if touches and not lines:
            lines = LineSet.span(1, 1)
        note = meant.note or ("" if touches else "no change in meaning")
        symbol = symbols[0] if len(symbols) == 1 else ""
        found[path] = ChangeSummary(path, lines, symbol, 0, note)
    return found


def _with_conftests(scene: _Scene) -> StaticGraph:
    folders = {path.rpartition("/")[0] for path in scene.tests}

    def is_test_side(path: RepoPath) -> bool:
        folder, _, name = path.rpartition("/")
        return (
            path in scene.tests or name == "conftest.py" or folder in folders
            or not _TEST_FOLDERS.isdisjoint(folder.split("/"))
        )  # fmt: skip

    graph = static_graph(scene.texts, is_test_side)
    needed_by = {path: set(by) for path, by in graph.needed_by.items()}
    for test in scene.tests:
        for conftest in conftests(test, scene.paths):
            needed_by.setdefault(conftest, set()).add(test)
    return graph._replace(needed_by={path: frozenset(by) for path, by in needed_by.items()})


def _roots(place: Place, scene: _Scene) -> frozenset[RepoPath]:
    """Return the modules that pytest's configuration, or an entry point of ours, has it load."""
    named = set(words(" ".join(_options(place)).encode()))
    names = Names(scene.texts)
    for tree in (scene.trees.target, scene.base):
        for file in CONFIG_FILES:
            content = tree.read(_at(place, file))
            section = None if content is None else pytest_section(file, content)
            named |= _named(section or {})
        for file in _ENTRY_POINTS:
            content = tree.read(_at(place, file))
            if content is not None and b"pytest11" in content:
                named |= words(content)
    folders = {path.rpartition("/")[0] for path in scene.tests}
    found = {path for name in named for path in names.named(name)}
    # `testpaths = tests` names a folder, not a module
    return frozenset(path for path in found if not _is_package_of(path, folders))


def _named(section: Mapping[str, Any]) -> frozenset[str]:
    values = [str(value) for key, value in section.items() if key not in _NAMES_NO_MODULE]
    return words(_COVERAGE.sub("", " ".join(values)).encode("utf-8", "surrogateescape"))


def _is_package_of(path: RepoPath, folders: Iterable[str]) -> bool:
    folder, _, name = path.rpartition("/")
    return name == "__init__.py" and any(f"{one}/".startswith(f"{folder}/") for one in folders)


def _options(place: Place) -> Iterator[str]:
    yield from place.config.pytest_args
    yield os.environ.get("PYTEST_ADDOPTS", "")
    yield os.environ.get("PYTEST_PLUGINS", "")


def _text_globs(place: Place, tree: SeenTree) -> tuple[str, ...]:
    found = list(_TEXT_TESTS)
    for file in CONFIG_FILES:
        content = tree.read(_at(place, file))
        section = None if content is None else pytest_section(file, content)
        told = " ".join([str(section or ""), *_options(place)])
        found += _DOCTEST_GLOB.findall(told)
    return tuple(found)


def _always(place: Place, tests: Iterable[RepoPath]) -> dict[RepoPath, str]:
    return {
        test: f"always_run = {pattern!r}"
        for pattern in place.config.always_run
        for test in tests
        if any_matches(test, [pattern.partition("::")[0]])
        or pattern.partition("::")[0] == node_prefix(place, test)
    }


def _everywhere(scene: _Scene) -> str:
    odd = sorted(path for path, found in scene.texts.items() if found.collects)
    return f"{odd[0]} decides by itself what is a test" if odd else ""


def _selection(
    place: Place, scene: _Scene, changed: Iterable[RepoPath],
    meant: Mapping[RepoPath, ChangeSummary], answer: StaticAnswer,
) -> Selection:  # fmt: skip
    everything = bool(answer.everything)
    chosen = (
        (SelectedTest(NodeId(""), RepoPath(""), answer.everything),)
        if everything
        else tuple(
            SelectedTest(NodeId(node_prefix(place, test)), test, reasons)
            for test, reasons in sorted(answer.tests.items())
        )
    )
    summaries = []
    for path in sorted(changed):
        tests = sum(any(r.file == path for r in reasons) for reasons in answer.tests.values())
        if any(reason.file == path for reason in answer.everything):
            tests = len(scene.tests)
        summaries.append(
            meant.get(path, ChangeSummary(path, LineSet(), "", 0))._replace(tests=tests)
        )
    target = scene.trees.target
    gaps = [f"{path} has conflicts" for path in sorted(target.tree.unmerged())]
    gaps += [f"{one.path}: {one.note}: taken whole" for one in meant.values() if _is_gap(one)]
    return Selection((), chosen, (), tuple(summaries), gaps=tuple(gaps))


def _is_gap(change: ChangeSummary) -> bool:
    return bool(change.note and change.lines)


def _at(place: Place, name: str) -> RepoPath:
    return RepoPath(f"{place.prefix}/{name}" if place.prefix else name)


def _name(path: RepoPath) -> str:
    return path.rpartition("/")[2]


def _inside(path: RepoPath, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def since_head(place: Place, trees: Trees) -> list[str]:
    """Say what the answer since HEAD would be, where there is anything to say."""
    repo = place.repo
    head = repo.head() if repo else None
    if repo is None or head is None:
        return []
    base = SeenTree(CommitTree(repo, head, worktree=trees.worktree), trees.worktree)
    facts = static_affected(place, trees, base, [])
    if not facts.changed:
        return []
    everything = any(not one.nodeid for one in facts.selection.prefixes)
    some = len(facts.files) if everything else len(facts.selection.prefixes)
    files = f"{some} of {len(facts.files)} test files"
    return [f"{files} may depend on what differs from HEAD: coverquery affected --since HEAD"]
