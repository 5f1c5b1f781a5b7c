"""From run folders to the index: integrating, catching up on killed runs, rebuilding."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from coverquery.errors import IndexDamagedError, IndexMissingError, StorageError
from coverquery.git.trees import WorkTree
from coverquery.index import manifests, runs
from coverquery.index.db import Index
from coverquery.index.home import find_home, locked
from coverquery.index.integrate import IntegrationReport, integrate
from coverquery.index.rebuild import NAME, recover
from coverquery.index.runs import RunFolder
from coverquery.index.store import Store
from coverquery.model import ModuleInfo, Oid, RepoPath
from coverquery.workspace.contents import Contents
from coverquery.workspace.naming import NameReader
from coverquery.workspace.place import Place


@contextmanager
def open_store(place: Place, notes: list[str]) -> Iterator[Store | None]:
    """Open the index for questions, first catching up on what is not in it yet.

    Gives None when there is nothing to ask. What had to be mended is added to notes.
    """
    home = find_home(place.project)
    if home is None:
        yield None
        return
    try:
        _catch_up(place, home, notes)
    except StorageError as error:
        notes.append(f"the newest run is not counted yet: {error.text}")
    try:
        index = Index.open(home / NAME, readonly=True)
    except IndexDamagedError as error:
        notes.append(f"{error.text}, and it could not be made anew")
        yield None
        return
    except IndexMissingError:
        yield None
        return
    with index:
        yield Store(index)


@contextmanager
def open_index(place: Place, home: Path, notes: list[str]) -> Iterator[Index]:
    """Open the index for writing; the caller holds the lock."""
    _mend(place, home, notes, _pending(home))
    with Index.open(home / NAME, create=True) as index:
        yield index


def _pending(home: Path) -> list[RunFolder]:
    return [run for run in runs.run_folders(home) if run.info.state != "integrated"]


def _catch_up(place: Place, home: Path, notes: list[str]) -> None:
    """Put right what a question finds wrong, unless a run is going on right now."""
    if not _pending(home) and (_is_sound(home) or not any(runs.run_folders(home))):
        return
    with locked(home):
        _mend(place, home, notes, _pending(home))


def _is_sound(home: Path) -> bool:
    try:
        with Index.open(home / NAME, readonly=True) as index:
            return index.one("SELECT count(*) FROM run") is not None
    except IndexMissingError:
        return False


def _mend(place: Place, home: Path, notes: list[str], pending: list[RunFolder]) -> None:
    path = home / NAME
    folders = runs.run_folders(home)
    damaged = path.exists() and not _is_sound(home)
    if damaged or (not path.exists() and folders):
        recovery = recover(home, lambda index, run: integrate_run(place, index, run))
        why = f"was damaged (kept as {recovery.kept.name})" if recovery.kept else "was gone"
        notes.append(f"the index {why}: made anew from {len(recovery.reports)} recorded runs")
        return
    if not pending:
        return
    with Index.open(path, create=True) as index:
        for run in pending:
            report = integrate_run(place, index, run)
            if report.partial:
                notes.append(f"a run was cut off: the {report.tests} tests it finished are kept")


def integrate_run(place: Place, index: Index, folder: RunFolder) -> IntegrationReport:
    """Put one run folder into the index, with the list of files there were."""
    store = Store(index)
    worktree = WorkTree(place.root, place.repo, {})
    names = NameReader(store, Contents(place.repo, store), worktree)
    manifest = manifests.read_manifest(folder)

    def edges(modules: Mapping[RepoPath, ModuleInfo]) -> Mapping[RepoPath, frozenset[RepoPath]]:
        from coverquery.source import graph

        return graph.static_edges(modules, names)

    def held(oids: Iterable[Oid]) -> set[Oid]:
        wanted = set(oids)
        return wanted - place.repo.missing(wanted) if place.repo else set()

    report = integrate(
        index, folder, edges=edges, holds_source=held, read=worktree.read,
        expected=manifest.files if manifest else {},
    )  # fmt: skip
    names.save()
    if manifest and not report.already:
        collected = not report.errors and not report.partial
        manifests.save_manifest(index, folder.info.uid, manifest, collected=collected)
    return report
