"""``audit``: judge, freeze, run everything, compare each outcome with what was judged."""

import time
from collections.abc import Container, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from coverquery.audited import Audit, AuditCounts, AuditedChange
from coverquery.index.audit_log import append_audit
from coverquery.index.audits import audits, save_audit
from coverquery.index.history import runs
from coverquery.index.store import Store
from coverquery.model import Execution, NodeId, RepoPath, RunInfo
from coverquery.report.facts import RunFacts
from coverquery.report.safety import safety_record
from coverquery.report.safety_facts import AuditFacts
from coverquery.selection.canaries import Every, Key
from coverquery.workspace.affected import judge
from coverquery.workspace.job import Job, job
from coverquery.workspace.lacking import Lacking
from coverquery.workspace.place import Place
from coverquery.workspace.request import RunRequest
from coverquery.workspace.running import Session, perform, session

ABSENT = "absent"
"""The outcome of a test that is not there, or whose file cannot be collected."""

_GO_ON = ("--continue-on-collection-errors", "--maxfail=0")
_RERUN_MOST = 500
_MANY_CANARIES = 8
_FINE = frozenset({0, 1, 5})
"""pytest's exit statuses after which the outcomes it gave count."""


class Frozen(NamedTuple):
    """What was said of the tests before everything was run.

    Attributes:
        held: the tests that would have been left out, with the execution that holds.
        last: the newest execution of every test.
        whole: files of which whatever is found would have run; ``""``: all of them.
        known: every test known.
        hanging: by import that may fail, the tests left out even if it does: for the others
            there is a canary, and ``run`` widens.
    """

    held: Mapping[NodeId, Execution]
    last: Mapping[NodeId, Execution]
    whole: frozenset[RepoPath]
    known: Mapping[NodeId, RepoPath]
    hanging: Mapping[Key, AbstractSet[NodeId]] = MappingProxyType({})


class Audited(NamedTuple):
    """One audit with what its run had to say; the audit is None when nothing was compared."""

    audit: Audit | None
    run: RunFacts
    seconds: float
    notes: tuple[str, ...]


def audit(place: Place, request: RunRequest) -> AuditFacts:
    """Audit the working tree and keep the result in the safety record.

    Raises:
        StorageError, InterpreterError: as ``run``.
    """
    with session(place, request) as opened:
        done = audited(opened, "tree")
        if done.audit is not None:
            append_audit(opened.home, done.audit)
            save_audit(opened.index, done.audit)
        found = (done.audit,) if done.audit else ()
        missed = any(one.counts.missed for one in found)
        status = done.run.exit_status
        return AuditFacts(
            exit_status=status if status not in _FINE else int(missed),
            audits=found,
            record=safety_record(tuple(audits(opened.index))),
            seconds=done.seconds,
            notes=done.notes,
            log=done.run.log,
        )


def audited(opened: Session, kind: str) -> Audited:
    """Judge the tree of a session, run everything, compare."""
    frozen = _freeze(opened)
    words = (*opened.request.pytest_args, *_GO_ON)
    whole = replace(opened, request=opened.request._replace(pytest_args=words))
    earlier = {one.uid for one in runs(opened.index, -1)}
    facts = perform(whole, Job.everything(opened.place))
    newest = runs(opened.index, 1)
    notes = list(facts.notes)
    if facts.exit_status not in _FINE or not newest or newest[0].uid in earlier:
        return Audited(None, facts, facts.seconds, (*notes, "nothing was compared"))
    if not frozen.last:
        notes.append("nothing was recorded before: the next audit has something to compare with")
        return Audited(None, facts, facts.seconds, tuple(notes))
    compared = _Comparison(whole, _without_failed_imports(opened, frozen), newest[0])
    changes, seconds = compared.confirmed()
    counts = compared.counts(changes)
    if compared.not_run:
        notes.append(f"{compared.not_run} known tests did not run and were not compared")
    made = Audit(newest[0].uid, kind, newest[0].commit, time.time(), counts, changes)
    return Audited(made, facts, facts.seconds + seconds, tuple(notes))


def _freeze(opened: Session) -> Frozen:
    store = opened.store
    if not store.test_count():
        return Frozen({}, {}, frozenset({RepoPath("")}), {})
    verdict = judge(opened.place, store, opened.trees)
    selection = verdict.selection
    todo = job(opened.place, store, opened.trees, opened.request._replace(all=False))
    held = {test: verdict.answer.held[test] for test in selection.skipped}
    whole = {one.file for one in (*selection.prefixes, *selection.tests)}
    if todo.complete:  # whatever pytest finds then runs, but for the tests known
        whole.add(RepoPath(""))
    last = {test: found[0] for test, found in verdict.executions.items() if found}
    hanging = _hanging(opened, [(one.module, one.changed) for one in selection.canaries])
    known = dict(verdict.tests)
    return Frozen(held, last, frozenset(whole), known, hanging)


def _hanging(opened: Session, keys: list[Key]) -> dict[Key, frozenset[NodeId]]:
    """Judge what is left out still when each of these imports fails, or of many any of them."""
    place, store, trees = opened.place, opened.store, opened.trees

    def left_out(broken: Container[Key]) -> frozenset[NodeId]:
        return frozenset(judge(place, store, trees, broken=broken).selection.skipped)

    if len(keys) > _MANY_CANARIES:
        return dict.fromkeys(keys, left_out(Every()))
    return {key: left_out({key}) for key in keys}


def _without_failed_imports(opened: Session, frozen: Frozen) -> Frozen:
    """Take those out that ``run`` would have run because a canary failed."""
    if not frozen.hanging:
        return frozen
    request = opened.request._replace(all=False)
    again = job(opened.place, opened.store, opened.trees, request).selection
    failed = frozen.hanging.keys() & {(one.module, one.changed) for one in again.canaries}
    shut = {one.nodeid for one in again.tests if any(r.why == "canary" for r in one.reasons)}
    held = {
        test: one
        for test, one in frozen.held.items()
        if test not in shut and all(test in frozen.hanging[key] for key in failed)
    }
    return frozen._replace(held=held)


def _same(one: str, other: str) -> bool:
    """Whether a test went wrong in its body or in a fixture makes no difference."""
    return one == other or {one, other} == {"failed", "error"}


class _Comparison:
    """The outcomes of one full run beside what was said before."""

    def __init__(self, opened: Session, frozen: Frozen, run: RunInfo) -> None:
        self._session = opened
        self._frozen = frozen
        self._run = run
        self._now = _executions(opened.store, run.uid)
        broken = opened.store.failed_files()
        self._broken = {test for test, file in frozen.known.items() if file in broken}
        self._chosen_and_changed = self._drifted = 0
        self._lacking = Lacking(opened)

    @property
    def not_run(self) -> int:
        """Known tests that gave no outcome."""
        known = {test for test, _ in self._session.store.tests()}
        silent = (self._frozen.held.keys() & known) - self._now.keys() - self._broken
        return len(silent)

    def confirmed(self) -> tuple[tuple[AuditedChange, ...], float]:
        """Run once more what came out differently; return misses and unstable tests."""
        left_out = self._left_out()
        chosen = {
            test: (one.outcome, self._now[test].outcome)
            for test, one in self._frozen.last.items()
            if test in self._now
            and test not in self._frozen.held
            and not _same(one.outcome, self._now[test].outcome)
        }
        again = [*left_out, *list(chosen)[:_RERUN_MOST]]
        outcomes, seconds = self._once_more(again)
        self._drifted = sum(_same(was, outcomes.get(test, "")) for test, (was, _) in chosen.items())
        gone = self._broken & (self._frozen.last.keys() - self._frozen.held.keys())
        self._chosen_and_changed = len(chosen) - self._drifted + len(gone)
        changes = []
        for test, (was, now) in left_out.items():
            back = _same(was, outcomes.get(test, ABSENT if test not in self._broken else now))
            change = AuditedChange(test, was, now, "unstable" if back else "missed")
            held = self._frozen.held.get(test)
            changes.append(self._lacking.told(change, held, self._now.get(test)))
        return tuple(changes), seconds

    def _left_out(self) -> dict[NodeId, tuple[str, str]]:
        """Return outcomes before and now of the tests nobody would have run."""
        held, now, whole = self._frozen.held, self._now, self._frozen.whole
        found = {
            test: (one.outcome, now[test].outcome)
            for test, one in held.items()
            if test in now and not _same(one.outcome, now[test].outcome)
        }
        found |= {test: (held[test].outcome, ABSENT) for test in sorted(self._broken & held.keys())}
        if RepoPath("") in whole:
            return found
        new = {
            test for test in now.keys() - self._frozen.known.keys() if now[test].file not in whole
        }
        return found | {test: (ABSENT, now[test].outcome) for test in sorted(new)}

    def _once_more(self, tests: Iterable[NodeId]) -> tuple[dict[NodeId, str], float]:
        wanted = {test for test in tests if test not in self._broken}
        if not wanted:
            return {}, 0.0
        store, place = self._session.store, self._session.place
        known = dict(store.tests())
        files = {known[test] for test in wanted if test in known}
        skip = tuple(sorted(t for t, file in known.items() if file in files and t not in wanted))
        paths = tuple(place.argument(file) for file in sorted(files))
        quiet = self._session.request._replace(quiet=True)
        todo = Job.everything(place)._replace(paths=paths, skip=skip, complete=False, whole=True)
        facts = perform(replace(self._session, request=quiet), todo)
        newest = runs(self._session.index, 1)[0]
        if newest.uid == self._run.uid:
            return {}, facts.seconds
        found = _executions(store, newest.uid)
        return {test: one.outcome for test, one in found.items()}, facts.seconds

    def counts(self, changes: tuple[AuditedChange, ...]) -> AuditCounts:
        """Count what was compared; call it after ``confirmed``."""
        compared = (self._now.keys() | self._broken) & self._frozen.last.keys()
        held = self._frozen.held
        skipped = compared & held.keys()
        missed = sum(one.verdict == "missed" for one in changes)
        return AuditCounts(
            tests=len(compared),
            skipped=len(skipped),
            exposed=sum(map(self._lacking.is_of_another_state, map(held.__getitem__, skipped))),
            changed=self._chosen_and_changed + missed,
            missed=missed,
            unstable=len(changes) - missed + self._drifted,
        )


def _executions(store: Store, uid: str) -> dict[NodeId, Execution]:
    """Return what the tests did in one run, the last time where there were several."""
    files = {str(path) for path in store.collected_files()}
    return {
        one.nodeid: one
        for one in store.executions()
        if one.run == uid and str(one.nodeid) not in files
    }
