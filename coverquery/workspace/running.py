"""``run``: select, run the project's pytest with the recorder, integrate, report."""

import gc
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from coverquery.git.trees import CommitTree
from coverquery.hashing import sha1
from coverquery.index import runs
from coverquery.index.db import Index
from coverquery.index.home import locked, make_home
from coverquery.index.manifests import Manifest, has_complete, write_manifest
from coverquery.index.runs import RunFolder, RunPlan
from coverquery.index.store import Store
from coverquery.model import Environment, Oid, RepoPath
from coverquery.report.facts import RunFacts
from coverquery.runner.arguments import may_narrow, with_standing
from coverquery.runner.collect import collect
from coverquery.runner.fast import fast_library
from coverquery.runner.interpreter import Interpreter, Where, find_interpreter
from coverquery.runner.launch import launch
from coverquery.runner.plan import LaunchPlan, LaunchResult, Request
from coverquery.workspace.ahead import Ahead
from coverquery.workspace.environments import Chosen, meaning, remember_chosen
from coverquery.workspace.job import Job, job
from coverquery.workspace.place import Place
from coverquery.workspace.recording import open_index
from coverquery.workspace.request import RunRequest
from coverquery.workspace.trees import Trees, trees_asked


@dataclass(frozen=True, slots=True)
class Session:
    """What one ``run`` works with."""

    place: Place
    home: Path
    index: Index
    store: Store
    request: RunRequest
    interpreter: Interpreter
    trees: Trees
    before: Mapping[RepoPath, Oid]
    notes: list[str]
    head: CommitTree | None


@contextmanager
def session(place: Place, request: RunRequest) -> Iterator[Session]:
    """Hold the lock and open what a run needs.

    Raises:
        StorageError: ``.coverquery/`` cannot be written, or another run holds it.
        InterpreterError: there is no interpreter to run the tests with.
        GitError: a revision is asked for and git cannot answer.
    """
    home = make_home(place.project)
    notes: list[str] = []
    with _no_collector(), locked(home):
        interpreter = _interpreter(place, home)
        with open_index(place, home, notes) as index:
            store = Store(index)
            trees = trees_asked(place, store, request.since, None, staged=request.staged)
            before = contents_of(trees)
            yield Session(
                place, home, index, store, request, interpreter, trees, before, notes, _head(place)
            )


def _head(place: Place) -> CommitTree | None:
    commit = place.repo.head() if place.repo else None
    return CommitTree(place.repo, commit) if place.repo and commit else None


def run(place: Place, request: RunRequest) -> RunFacts:
    """Run what has to be run and let the index follow; raises what ``session`` does."""
    with session(place, request) as opened:
        _know_all_tests(opened)
        todo = job(place, opened.store, opened.trees, request)
        facts = perform(opened, todo)
        if not todo.selection.canaries:
            return facts
        return _widened(opened, todo, facts)


def _widened(session: Session, todo: Job, facts: RunFacts) -> RunFacts:
    """Run what hangs on imports that no canary has shown to work."""
    place, store, trees = session.place, session.store, session.trees
    hoped = {(one.module, one.changed) for one in todo.selection.canaries}
    again = job(place, store, trees, session.request)
    failed = hoped & {(one.module, one.changed) for one in again.selection.canaries}
    if not failed:
        return facts
    modules = ", ".join(sorted({module for module, _ in failed}))
    session.notes.append(f"{modules} may not be importable: what hangs on it runs as well")
    more = perform(session, job(place, store, trees, session.request, failed))
    from coverquery.workspace import finishing

    return finishing.both(facts, more)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Turn the garbage collector off: what is read here is large and has no cycles."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _interpreter(place: Place, home: Path) -> Interpreter:
    where = Where(place.project, place.root, home / "cache")
    chosen = find_interpreter(where, place.config.python, os.environ)
    remember_chosen(place, Chosen(str(chosen.executable), str(chosen.prefix)))
    return chosen


def perform(session: Session, todo: Job) -> RunFacts:
    """Run one job in an open session: start pytest, integrate, say how it went."""
    if todo.idle:
        from coverquery.workspace import finishing

        _save_found_out(session)
        return finishing.nothing_to_do(session.store, todo, session.trees, session.notes)
    args = (*session.place.config.pytest_args, *session.request.pytest_args)
    narrow = may_narrow(with_standing(session.request.pytest_args, os.environ))
    todo = todo._replace(complete=todo.complete and not narrow, whole=todo.whole and not narrow)
    folder = _new_folder(session, whole=todo.complete)
    plan = _plan(session, folder, args, todo)
    if not session.request.quiet:
        sys.stderr.write(f"coverquery: {session.interpreter}\n")
    with Ahead(session.index.path, folder.path, session.place.root) as ahead:
        result = launch(plan)
    return _integrated(session, todo, folder, result, ahead)


def _integrated(
    session: Session, todo: Job, folder: RunFolder, result: LaunchResult, ahead: Ahead
) -> RunFacts:
    """Let the index follow; the modules for it were loaded while pytest ran (30 ms)."""
    from coverquery.index import export
    from coverquery.workspace import finishing
    from coverquery.workspace.integrating import Meanwhile, integrate_run

    closed = folder.updated(
        state="partial" if result.interrupted else "complete",
        ended=time.time(),
        exit_status=result.status,
    )
    coverage = export.Coverage()
    meanwhile = Meanwhile(
        coverage.add, ahead.found, lambda: _save_found_out(session), _held(session)
    )
    report = integrate_run(session.place, session.index, closed, meanwhile)
    coverage.write(closed.path / export.NAME, session.place.root)
    runs.prune(session.home, session.place.config.keep_runs)
    over = finishing.Ended(closed, result, report, session.trees, session.notes)
    return finishing.ended(session.place, session.store, todo, over)


def _held(session: Session) -> frozenset[Oid]:
    """Return contents of which git is known to hold the very bytes that are recorded."""
    head, repo = session.head, session.place.repo
    if head is None or repo is None or repo.object_format != "sha1":
        return frozenset()
    return frozenset(oid for path in head.paths() if (oid := head.oid(path)) is not None)


def _save_found_out(session: Session) -> None:
    """Keep what was worked out on the way, so that the next command need not."""
    session.store.save_stats(session.trees.worktree.fresh)
    session.store.save_worked_out()


def _new_folder(session: Session, *, whole: bool) -> RunFolder:
    commit = session.head.label if session.head else None
    environment = Environment(
        python="", executable=str(session.interpreter.executable),
        prefix=str(session.interpreter.prefix), platform="", distributions=(),
        pytest_args=meaning(
            session.place,
            (*session.place.config.pytest_args, *session.request.pytest_args),
            session.before,
        ),
    )  # fmt: skip
    tree = _dirty_tree(session) if commit else None
    plan = RunPlan(commit, tree, tuple(sys.argv), time.time(), environment)
    folder = RunFolder.create(session.home, plan)
    write_manifest(folder, Manifest(session.before, whole))
    return folder


def _dirty_tree(session: Session) -> str | None:
    """Return a hash of the working tree when it differs from HEAD."""
    committed = session.head
    if committed is None:
        return None
    clean = committed.paths() == session.before.keys() and all(
        committed.oid(path) == oid for path, oid in session.before.items()
    )
    if clean:
        return None
    lines = "".join(f"{oid} {path}\n" for path, oid in sorted(session.before.items()))
    text = lines.encode("utf-8", "surrogateescape")
    return sha1(text, usedforsecurity=False).hexdigest()[:12]


def _plan(session: Session, folder: RunFolder, args: tuple[str, ...], todo: Job) -> LaunchPlan:
    repo = session.place.repo
    request = Request(
        root=session.place.root, skip=todo.skip, coverage_path=_own_coverage(),
        complete=todo.complete, whole_files=todo.whole,
        fast=fast_library(session.interpreter, session.home / "cache", os.environ),
        order=todo.order.tests if todo.order else (),
        first_unknown=todo.order.first_unknown if todo.order else 0,
    )  # fmt: skip
    return LaunchPlan(
        python=session.interpreter.executable,
        project=session.place.project,
        run_folder=folder.path,
        request=request,
        environ=os.environ,
        args=args,
        paths=todo.paths,
        unset=frozenset(repo.local_env_vars()) if repo else frozenset(),
        output="log" if session.request.quiet else "show",
        progress=not session.request.quiet,
        junit=all(map(_is_utf8, (str(session.place.project), *session.before))),
    )


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _own_coverage() -> Path | None:
    """Return the folder of our coverage package, for Pythons that record through it."""
    spec = find_spec("coverage")
    return Path(spec.origin).parent if spec and spec.origin else None


def _know_all_tests(session: Session) -> None:
    """Before a part of the suite is run for the first time, learn what else there is."""
    request = session.request
    narrow = request.nodeids or may_narrow(with_standing(request.pytest_args, os.environ))
    if not narrow or has_complete(session.index):
        return
    folder = _new_folder(session, whole=True)
    args = session.place.config.pytest_args
    found = collect(_plan(session, folder, args, Job.everything(session.place)))
    closed = folder.updated(state="complete", ended=time.time(), exit_status=found.status)
    from coverquery.workspace.integrating import integrate_run

    integrate_run(session.place, session.index, closed)


def contents_of(trees: Trees) -> dict[RepoPath, Oid]:
    """Hash everything in the working tree."""
    worktree = trees.worktree
    found = ((path, worktree.oid(path)) for path in worktree.paths())
    return {path: oid for path, oid in found if oid is not None}
