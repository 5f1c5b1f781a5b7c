"""Files that were not there when a test was recorded: whom can they concern?"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from coverquery.index.store import Store
from coverquery.lines import LineSet
from coverquery.model import Execution, Reason, RepoPath
from coverquery.selection.appeared import Appearance, appearance
from coverquery.selection.rivals import Rivals
from coverquery.workspace.concern import Concern
from coverquery.workspace.contents import Contents, SeenTree
from coverquery.workspace.evidence import Evidence, Findings

Manifests = Mapping[str, frozenset[RepoPath]]
"""Run uid → the paths that were there when it was recorded."""


class Scene(NamedTuple):
    """What is needed to judge new files."""

    store: Store
    contents: Contents
    evidence: Evidence
    manifests: Manifests
    installed: frozenset[str]
    executions: tuple[Execution, ...]
    rivals: Rivals = Rivals(frozenset())


def add_appeared(scene: Scene, tree: SeenTree, findings: Findings) -> None:
    """Note in the findings whom files concern that were not there at recording.

    An execution whose run left no list of files is treated as if nothing had been there.
    """
    paths = tree.tree.paths()
    scene = scene._replace(rivals=Rivals(paths))
    by_run: dict[str, list[Execution]] = {}
    for execution in scene.executions:
        by_run.setdefault(execution.run, []).append(execution)
    by_files: dict[frozenset[RepoPath], list[Execution]] = {}
    for run, executions in by_run.items():
        seen = scene.manifests.get(run, frozenset())
        by_files[seen] = by_files.get(seen, []) + executions
    for seen, executions in by_files.items():
        new = sorted(paths - seen)
        _judge(scene, [_appearance(scene, tree, path) for path in new], executions, findings)


def _appearance(scene: Scene, tree: SeenTree, path: RepoPath) -> Appearance:
    folder = RepoPath(path.rpartition("/")[0])
    siblings = tuple(tree.listing(folder) or ())
    content = tree.read(path) if path.endswith((".toml", ".ini", ".cfg", "conftest.py")) else b""
    found = appearance(path, content or b"", siblings, scene.installed)
    if path.rpartition("/")[2] == "conftest.py":
        from coverquery.source.hooks import wide_hooks  # start-up time

        # one that cannot be read keeps pytest from getting past its folder, no further
        return found._replace(everything=bool(wide_hooks(content or b"")))
    return found


def _judge(
    scene: Scene,
    appeared: Iterable[Appearance],
    executions: list[Execution],
    findings: Findings,
) -> None:
    ids = {execution.id for execution in executions}
    for one in appeared:
        for execution in executions:
            reason = _reason(one, execution, scene.rivals)
            if reason:
                _note(findings, execution.id, reason)
        if one.module:
            extra = Findings()
            scene.evidence.spread(_importers(scene, one), extra)
            for execution_id, reasons in extra.breaks.items():
                if execution_id in ids:
                    for reason in reasons:
                        _note(findings, execution_id, reason)


def _reason(one: Appearance, execution: Execution, rivals: Rivals) -> Reason | None:
    if one.everything:
        text = "new file that pytest or an import may pick up"
        return Reason("config", one.path, text=text)
    if one.folder is not None and _below(execution.file, one.folder):
        return Reason("collect", one.path, text="new file in a folder above the test")
    if one.module and rivals.meet(one.path, execution.file):
        text = "new file that pytest imports by the same name as the test's"
        return Reason("collect", one.path, text=text)
    return None


def _importers(scene: Scene, one: Appearance) -> Iterator[Concern]:
    """Find the contexts of files an import statement of which may now find the new module."""
    from coverquery.source import graph  # start-up time
    from coverquery.workspace.naming import every_name

    for blob, names in every_name(scene.store, scene.contents):
        if names is None or graph.mentions_module(names, one.path):
            hits = scene.store.hits(blob.id, None)
            reason = Reason("import", one.path, text=f"new module that {blob.path} may import")
            yield Concern({hit.context: LineSet() for hit in hits}, reason)


def _note(findings: Findings, execution: int, reason: Reason) -> None:
    reasons = findings.breaks.setdefault(execution, [])
    if reason not in reasons:
        reasons.append(reason)


def _below(path: RepoPath, folder: RepoPath) -> bool:
    return not folder or path.startswith(f"{folder}/")
