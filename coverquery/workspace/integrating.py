"""From run folders to the index: integrating, catching up on killed runs, rebuilding."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from coverquery.git.trees import WorkTree
from coverquery.importing import ModuleInfo, StaticImports
from coverquery.index import manifests, runs
from coverquery.index.audit_log import restore_audits
from coverquery.index.check import check
from coverquery.index.db import Index
from coverquery.index.integrate import IntegrationReport, integrate
from coverquery.index.prune import tidy_now_and_then
from coverquery.index.rebuild import NAME, recover
from coverquery.index.runs import RunFolder
from coverquery.index.seen import Journal
from coverquery.index.store import Store
from coverquery.index.unstable import note_unstable
from coverquery.model import Oid, RepoPath
from coverquery.source import graph
from coverquery.source.glance import Glance
from coverquery.workspace.completing import Completing, Packages
from coverquery.workspace.contents import Contents
from coverquery.workspace.naming import TextReader
from coverquery.workspace.place import Place


def mend(place: Place, home: Path, notes: list[str], *, sound: bool) -> None:
    """Make the index hold every run folder, anew if it was damaged or is gone.

    Args:
        place: the project.
        home: its ``.coverquery/``, the lock of which the caller holds.
        notes: what was done is added here.
        sound: the index can be used, or there is none.
    """
    path = home / NAME
    folders = runs.run_folders(home)
    usable = sound and (path.exists() or not folders)
    if usable and folders:
        usable = _catch_up(place, path, folders, notes)
    if not usable:
        _make_anew(place, home, notes)


def _make_anew(place: Place, home: Path, notes: list[str]) -> None:
    recovery = recover(home, lambda index, run: integrate_run(place, index, run))
    with Index.open(home / NAME) as index:
        restore_audits(home, index)
    why = f"was damaged (kept as {recovery.kept.name})" if recovery.kept else "was gone"
    notes.append(f"the index {why}: made anew from {len(recovery.reports)} recorded runs")


def _catch_up(place: Place, path: Path, folders: list[RunFolder], notes: list[str]) -> bool:
    """Integrate what is missing; return whether the index is sound.

    Where a run was cut off the machine may have been too: then every row is looked at.
    """
    cut_off = False
    with Index.open(path, create=True) as index:
        for run in folders:
            report = integrate_run(place, index, run)
            if report.partial and not report.already:
                notes.append(f"a run was cut off: the {report.tests} tests it finished are kept")
                cut_off = True
        return not (cut_off and check(index))


class Meanwhile(NamedTuple):
    """What else is to happen while a run is integrated.

    Attributes:
        watch: is shown each journal that is read.
        ahead: what was seen in the texts of modules already.
        also: writes more into the index, in the same transaction.
        held: contents that git surely holds.
    """

    watch: Callable[[Journal], None] | None = None
    ahead: Mapping[Oid, Glance] | None = None
    also: Callable[[], None] | None = None
    held: frozenset[Oid] = frozenset()


def integrate_run(
    place: Place, index: Index, folder: RunFolder, meanwhile: Meanwhile | None = None
) -> IntegrationReport:
    """Put one run folder into the index, with the list of files there were.

    Args:
        place: the project.
        index: open for writing.
        folder: of the run.
        meanwhile: what else is to happen.
    """
    store = Store(index)
    meanwhile = meanwhile or Meanwhile()
    worktree = WorkTree(place.root, place.repo, {})
    texts = TextReader(store, Contents(place.repo, store), worktree, meanwhile.ahead)
    manifest = manifests.read_manifest(folder)
    packages = Packages(place.home)

    def edges(modules: Mapping[RepoPath, ModuleInfo]) -> StaticImports:
        return graph.static_imports(modules, texts.look, texts.names)

    def held(oids: Iterable[Oid]) -> set[Oid]:
        wanted = set(oids)
        asked = wanted - meanwhile.held  # a process less where nothing is left to ask
        return wanted - place.repo.missing(asked) if place.repo else set()

    def beside(report: IntegrationReport) -> None:
        texts.save()
        if manifest:
            collected = not report.errors and not report.partial
            manifests.save_manifest(index, folder.info.uid, manifest, collected=collected)
        note_unstable(index, folder.info.uid)
        tidy_now_and_then(index)
        if meanwhile.also:
            meanwhile.also()

    report = integrate(
        index, folder, edges=edges, holds_source=held, read=worktree.read,
        expected=manifest.files if manifest else {}, watch=meanwhile.watch,
        complete=Completing(
            manifest.files if manifest else {}, packages, worktree, folder.info.started,
            place.prefix,
        ),
        beside=beside,
    )  # fmt: skip
    packages.save()
    return report
