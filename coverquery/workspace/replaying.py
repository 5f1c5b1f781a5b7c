"""``audit --replay``: an audit of each of the last commits, in a worktree nobody works in."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from coverquery.audited import Audit
from coverquery.errors import GitError, StorageError, UsageError
from coverquery.git.repo import Repo
from coverquery.git.trees import CommitTree
from coverquery.git.worktrees import TemporaryWorktree, history, temporary_worktree
from coverquery.index.audit_log import append_audit
from coverquery.index.audits import audits, save_audit
from coverquery.index.home import locked, make_home
from coverquery.report.facts import RunFacts
from coverquery.report.safety import safety_record
from coverquery.report.safety_facts import AuditFacts, SafetyRecord
from coverquery.runner.elsewhere import import_folders, refuse_other_imports
from coverquery.runner.interpreter import Interpreter, Where, find_interpreter
from coverquery.workspace.auditing import Audited, audited
from coverquery.workspace.place import HOME, Place, find_place
from coverquery.workspace.recording import open_index
from coverquery.workspace.request import RunRequest
from coverquery.workspace.running import session

_INTERRUPTED = 128


class _Replay(NamedTuple):
    """What one replay works with."""

    place: Place
    repo: Repo
    python: Interpreter
    request: RunRequest
    tree: TemporaryWorktree


def replayed(place: Place, request: RunRequest, count: int) -> AuditFacts:
    """Audit the last commits, each with the records of those before it.

    The records are made anew in a temporary worktree; the working tree, its records and the
    staged state are not touched. Only the result is kept.

    Raises:
        GitError: outside git, or there is no commit with a parent here.
        UsageError: the tests would not import the commits' code.
    """
    repo = place.repo
    if repo is None:
        text = f"--replay needs git, and {place.root} is not in a git repository"
        raise GitError(text, fix="coverquery audit")
    commits = history(repo, count + 1)
    if len(commits) < 2:
        raise GitError("there is no commit with a parent to replay", fix="coverquery audit")
    python = find_interpreter(
        Where(place.project, place.root, make_home(place.project) / "cache"),
        place.config.python, os.environ,
    )  # fmt: skip
    found: list[Audited] = []
    notes = [f"only {len(commits) - 1} commits have a parent here"] * (len(commits) <= count)
    with ExitStack() as stack:
        tree = stack.enter_context(temporary_worktree(repo, commits[0]))
        stack.enter_context(_environment(python, place, tree.path))
        replay = _Replay(place, repo, python, request._replace(quiet=True), tree)
        notes += _begin(replay, commits[0])
        for number, commit in enumerate(commits[1:], start=1):
            done = _commit(replay, commit)
            found.append(done)
            _tell(request, f"{number}/{len(commits) - 1} {commit[:7]} {_told(done)}")
            notes += _notes(done, commit)
            if done.run.exit_status >= _INTERRUPTED:
                break
    made = tuple(one.audit for one in found if one.audit is not None)
    missed = any(audit.counts.missed for audit in made)
    interrupted = [one.run.exit_status for one in found if one.run.exit_status >= _INTERRUPTED]
    return AuditFacts(
        exit_status=interrupted[0] if interrupted else int(missed),
        audits=made,
        record=_kept(place, made),
        seconds=sum(one.seconds for one in found),
        notes=tuple(dict.fromkeys(notes)),
    )


@contextmanager
def _environment(python: Interpreter, place: Place, copy: Path) -> Iterator[None]:
    """Have the commits' code run by the project's own Python, wherever that was installed from."""
    root = place.root
    new = {
        "COVERQUERY_PYTHON": str(python.executable),
        "PYTHONPATH": import_folders(python, root, copy, os.environ),
    }
    old = {name: os.environ.get(name) for name in new}
    os.environ.update(new)
    try:
        yield
    finally:
        for name, value in old.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _begin(replay: _Replay, commit: str) -> list[str]:
    """Record the commit before the first one that is audited."""
    place = _place(replay)
    refuse_other_imports(replay.python, replay.place.root, replay.tree.path, place.project)
    notes = []
    if CommitTree(replay.repo, commit).gitlinks():
        notes.append("submodules are not checked out in the replayed commits")
    with session(place, replay.request) as opened:
        done = audited(opened, "replay")
    _tell(replay.request, f"0 {commit[:7]} recorded: {_ran(done.run)}")
    if done.run.exit_status >= _INTERRUPTED:
        raise KeyboardInterrupt
    if not done.run.updated_tests:
        text = f"no test ran in a worktree of {commit[:7]}: {'; '.join(done.run.notes)}"
        raise UsageError(text, fix="coverquery audit")
    return [*notes, *_broken(done.run, commit)]


def _commit(replay: _Replay, commit: str) -> Audited:
    replay.tree.move(commit, keep=(HOME,))
    with session(_place(replay), replay.request) as opened:
        done = audited(opened, "replay")
    if done.audit is None:
        return done
    uid = f"replay-{commit}-{time.time():.6f}"
    return done._replace(audit=done.audit._replace(uid=uid, commit=commit), seconds=done.seconds)


def _place(replay: _Replay) -> Place:
    """Find the project in the worktree; its configuration is the commit's."""
    folder = replay.tree.path / replay.place.project.relative_to(replay.place.root)
    if not folder.is_dir():
        raise UsageError(
            f"there is no {replay.place.prefix} in this commit", fix="coverquery audit"
        )
    return find_place(folder)


def _notes(done: Audited, commit: str) -> list[str]:
    told = [f"{commit[:7]}: {note}" for note in done.notes if "did not run" in note]
    if done.audit is None:
        told.append(f"{commit[:7]} was not compared: {'; '.join(done.notes) or 'no outcome'}")
    return [*told, *_broken(done.run, commit)]


def _broken(run: RunFacts, commit: str) -> list[str]:
    if not run.counts.errors:
        return []
    first = next((f"{one.nodeid}: {one.error}" for one in run.failures), "")
    return [f"{commit[:7]}: {run.counts.errors} errors in a worktree of its own, e.g. {first}"]


def _told(done: Audited) -> str:
    if done.audit is None:
        return f"not compared: {_ran(done.run)}"
    one = done.audit.counts
    return (
        f"{one.tests - one.skipped}/{one.tests} selected, {one.changed} changed,"
        f" {one.missed} missed, {one.unstable} unstable"
    )


def _ran(run: RunFacts) -> str:
    return f"{run.counts.passed} passed, {run.counts.failed + run.counts.errors} failed"


def _tell(request: RunRequest, text: str) -> None:
    if not request.quiet:
        sys.stderr.write(f"coverquery: {text}\n")


def _kept(place: Place, made: tuple[Audit, ...]) -> SafetyRecord:
    """Add the audits to the record; never at the cost of the answer."""
    home = make_home(place.project)
    with suppress(StorageError), locked(home, wait=5.0), open_index(place, home, []) as index:
        for audit in made:
            append_audit(home, audit)
            save_audit(index, audit)
        return safety_record(tuple(audits(index)))
    return safety_record(made)
