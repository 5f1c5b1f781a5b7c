"""Which test files a change can concern before anything was recorded. Pure.

Over-approximates on purpose: whatever is not Python, and Python that nothing is known to
import, may be read by any test.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

from coverquery.model import Reason, RepoPath

_RUN_BY_THEMSELVES = frozenset({"setup.py", "sitecustomize.py", "usercustomize.py"})


class Graph(Protocol):
    """Who may need whom, see source/static_graph.py."""

    @property
    def opaque(self) -> frozenset[RepoPath]:
        """Files that may need any other."""

    def dependants(self, roots: Iterable[RepoPath]) -> frozenset[RepoPath]:
        """Return everything that may need one of these, these included."""


class StaticQuestion(NamedTuple):
    """What is asked.

    Attributes:
        tests: every test file there is.
        changed: what differs, with whether it was there before and is there now.
        meaningless: changed files whose new text means the same.
        roots: files every test needs, for the configuration names them.
        paths: all files of both states.
        always: test files to run in any case, with the sentence why.
        everywhere: the tests cannot be told from the names of files, and why.
    """

    tests: frozenset[RepoPath]
    changed: Mapping[RepoPath, tuple[bool, bool]]
    meaningless: frozenset[RepoPath]
    roots: frozenset[RepoPath]
    paths: Collection[RepoPath]
    always: Mapping[RepoPath, str]
    everywhere: str = ""


class StaticAnswer(NamedTuple):
    """Test files with their reasons; ``everything``: why every test is concerned."""

    tests: Mapping[RepoPath, tuple[Reason, ...]]
    everything: tuple[Reason, ...] = ()


def static_answer(question: StaticQuestion, graph: Graph) -> StaticAnswer:
    """Find the test files that may depend on what changed."""
    blind = graph.dependants(graph.opaque)
    reasons: dict[RepoPath, list[Reason]] = {}
    everything: list[Reason] = []
    if question.changed and question.everywhere:
        everything.append(Reason("unknown", text=question.everywhere))
    for path in sorted(question.changed):
        if path in question.meaningless:
            concerned = frozenset[RepoPath]()
        else:
            why = _concerns_all(path, question)
            if why is not None:
                everything.append(why)
                continue
            concerned = graph.dependants([path])
            if not concerned.isdisjoint(question.roots):
                everything.append(Reason("config", path, text="every test loads it"))
                continue
            if concerned.isdisjoint(question.tests):
                text = "no test is seen to import it: any may read it"
                everything.append(Reason("data", path, text=text))
                continue
        for test in question.tests & (concerned | blind):
            reasons.setdefault(test, []).append(_reason(test, path, concerned))
    for test, text in question.always.items():
        reasons.setdefault(test, []).append(Reason("always", text=text))
    told = {test: tuple(found) for test, found in sorted(reasons.items())}
    return StaticAnswer(told, tuple(everything))


def _reason(test: RepoPath, path: RepoPath, concerned: Collection[RepoPath]) -> Reason:
    if path == test:
        return Reason("collect", path)
    if test in concerned:
        return Reason("import", path)
    return Reason("unknown", path, text="what it imports, starts or reads is not in the texts")


def _concerns_all(path: RepoPath, question: StaticQuestion) -> Reason | None:
    pure = PurePosixPath(path)
    if path in question.tests:
        return None
    if pure.suffix != ".py":
        return Reason("data", path, text="any test may read it")
    if pure.name in _RUN_BY_THEMSELVES:
        return Reason("config", path, text="it is run by itself")
    was, is_there = question.changed[path]
    if not (was and is_there) and pure.name != "conftest.py" and _is_top(pure, question.paths):
        text = "a module of this name may be installed, too"
        return Reason("import", path, text=text)
    return None


def _is_top(pure: PurePosixPath, paths: Collection[RepoPath]) -> bool:
    folder = pure.parent.parent if pure.name == "__init__.py" else pure.parent
    inside = "" if str(folder) == "." else f"{folder}/"
    return f"{inside}__init__.py" not in paths
