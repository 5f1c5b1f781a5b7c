"""From a run folder to the index, in one transaction that carries the run's uid."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from coverquery.errors import StorageError
from coverquery.importing import StaticEdges
from coverquery.index import intern
from coverquery.index.db import Index, bound, unbound
from coverquery.index.digests import execution_seal, fingerprint
from coverquery.index.faults import fault
from coverquery.index.flatten import FlatContext
from coverquery.index.prune import prune_executions
from coverquery.index.recorded import Collection, Recorded, RecordedRun, read_run
from coverquery.index.runs import RunFolder
from coverquery.index.seen import Journal
from coverquery.index.sources import HoldsSource, ReadSource, sources
from coverquery.model import Environment, NodeId, Oid, RepoPath, RunInfo


class IntegrationReport(NamedTuple):
    """What became of a run folder.

    Attributes:
        already: it had been integrated before; nothing was done.
        partial: the run was cut off; what had finished is kept.
        tests: number of executions written.
        notes: what could not be understood.
        warnings: what the recorder had to say.
        errors: files that could not be collected, with the error.
    """

    uid: str
    already: bool = False
    partial: bool = False
    tests: int = 0
    outcomes: Mapping[str, int] | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: tuple[tuple[RepoPath, str], ...] = ()


def integrate(  # noqa: PLR0913 - one for each thing the index must not find out by itself
    index: Index,
    run: RunFolder,
    *,
    edges: StaticEdges,
    holds_source: HoldsSource,
    read: ReadSource,
    expected: Mapping[RepoPath, Oid] | None = None,
    watch: Callable[[Journal], None] | None = None,
    complete: Callable[[Journal], None] | None = None,
    beside: Callable[[IntegrationReport], None] | None = None,
) -> IntegrationReport:
    """Write what a run recorded into the index; a second time does nothing.

    Args:
        index: open for writing.
        run: its folder, nobody writes there any more.
        edges: what the text of the modules says they import.
        holds_source: which of these contents git has.
        read: the bytes of a file now.
        expected: content of the files when the run was started. Tests that depend on
            another content are not trusted: somebody edited the file meanwhile.
        watch: is shown each journal that is read.
        complete: adds to a journal what the recorded process could not know.
        beside: writes what else is known of the run, in the same transaction.
    """
    if has_run(index, run.info.uid):
        return _already(run)
    recorded = read_run(run, edges, expected or {}, watch, complete)
    kept = sources(index, recorded, holds_source, read)
    report = _report(run, recorded)
    with index.writing():
        if has_run(index, run.info.uid):
            return _already(run)
        environments = _environments(index, recorded, run.info)
        run_id = _write_run(index, run.info, recorded, environments)
        fault("integrate.after_run")
        contexts = _write_contexts(index, recorded.contexts)
        fault("integrate.after_facts")
        tests = _write_tests(index, recorded.collection, run_id)
        _write_executions(index, recorded.executions, _Ids(run_id, contexts, tests, environments))
        fault("integrate.after_executions")
        index.execute_many("INSERT OR IGNORE INTO source VALUES (?, ?)", kept)
        prune_executions(index, {tests[one.nodeid] for one in recorded.executions})
        if beside:
            beside(report)
        fault("integrate.before_commit")
    fault("integrate.after_commit")
    _mark(run)
    return report


def _report(run: RunFolder, recorded: RecordedRun) -> IntegrationReport:
    return IntegrationReport(
        uid=run.info.uid,
        partial=recorded.partial,
        tests=sum(not one.is_file for one in recorded.executions),
        outcomes=recorded.outcomes,
        notes=recorded.notes,
        warnings=recorded.warnings,
        errors=tuple(sorted(recorded.collection.errors.items())),
    )


def has_run(index: Index, uid: str) -> bool:
    """Tell whether a run has been integrated."""
    return index.one("SELECT 1 FROM run WHERE uid = ?", (uid,)) is not None


class _Ids(NamedTuple):
    run: int
    contexts: Mapping[bytes, int]
    tests: Mapping[NodeId, int]
    environments: Mapping[Environment, int]


def _already(run: RunFolder) -> IntegrationReport:
    _mark(run)
    return IntegrationReport(run.info.uid, already=True)


def _mark(run: RunFolder) -> None:
    """Say so in the run folder; the index's own row is what counts."""
    if run.info.state == "integrated":
        return
    try:
        run.updated(state="integrated")
    except StorageError:
        return


def _environments(index: Index, recorded: RecordedRun, info: RunInfo) -> dict[Environment, int]:
    # one object for each process: hashing one takes as long as writing a row
    wanted = dict.fromkeys(
        {id(one.environment): one.environment for one in recorded.executions}.values()
    )
    if info.environment is not None and info.environment.python:  # else only asked for
        wanted.setdefault(info.environment)
    ids = {}
    for environment in wanted:
        values = (fingerprint(environment), json.dumps(environment._asdict()))
        row = index.one(
            "INSERT INTO environment (fingerprint, details) VALUES (?, ?) "
            "ON CONFLICT (fingerprint) DO UPDATE SET details = excluded.details RETURNING id",
            values,
        )
        ids[environment] = int(row[0]) if row else 0
    return ids


def _write_run(
    index: Index,
    info: RunInfo,
    recorded: RecordedRun,
    environments: Mapping[Environment, int],
) -> int:
    first = next(iter(environments.values()), None)
    row = index.one(
        "INSERT INTO run (uid, commit_id, tree, partial, command, started, ended, exit_status,"
        " environment, outcomes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            info.uid, info.commit, info.tree, recorded.partial, json.dumps(info.command),
            info.started, info.ended, info.exit_status, first, json.dumps(recorded.outcomes),
        ),
    )  # fmt: skip
    return int(row[0]) if row else 0


def _write_contexts(index: Index, contexts: Mapping[bytes, FlatContext]) -> dict[bytes, int]:
    """Write the contexts the index does not have yet, with their facts and links."""
    ids = intern.known_contexts(index, contexts)
    new = [context for digest, context in contexts.items() if digest not in ids]
    first = intern.next_id(index, "SELECT coalesce(max(id), 0) FROM context")
    ids |= {context.digest: first + number for number, context in enumerate(new)}
    index.execute_many(
        "INSERT INTO context (id, kind, label, digest) VALUES (?, ?, ?, ?)",
        ((ids[one.digest], one.kind, bound(one.label), one.digest) for one in new),
    )
    index.execute_many(
        "INSERT INTO link (source, target) VALUES (?, ?)",
        sorted((ids[one.digest], ids[target]) for one in new for target in one.links),
    )
    _write_lines(index, new, ids)
    _write_data(index, new, ids)
    return ids


def _write_lines(index: Index, new: list[FlatContext], ids: Mapping[bytes, int]) -> None:
    keys = {key for context in new for key in context.lines}
    blobs = intern.blob_ids(index, keys, intern.file_ids(index, (path for path, _ in keys)))
    sets = intern.line_set_ids(index, {n for context in new for n in context.lines.values()})
    index.execute_many(
        "INSERT INTO line_fact (blob, context, lines) VALUES (?, ?, ?)",
        sorted(
            (blobs[key], ids[context.digest], sets[numbits])
            for context in new
            for key, numbits in context.lines.items()
        ),
    )


def _write_data(index: Index, new: list[FlatContext], ids: Mapping[bytes, int]) -> None:
    seen = {one for context in new for one in context.data}
    files = intern.file_ids(index, (one.path for one in seen))
    keys = {one: (one.view, files[one.path], one.digest or "") for one in seen}
    index.execute_many(
        "INSERT OR IGNORE INTO data (view, file, digest) VALUES (?, ?, ?)", sorted(keys.values())
    )
    intern.want(index, files.values())
    found = index.rows(
        "SELECT data.id, view, file, digest FROM temp.wanted JOIN data ON file = value"
    )
    data = {(view, file, digest): ident for ident, view, file, digest in found}
    index.execute_many(
        "INSERT INTO data_use (data, context) VALUES (?, ?)",
        sorted((data[keys[one]], ids[context.digest]) for context in new for one in context.data),
    )


def _write_tests(index: Index, collection: Collection, run_id: int) -> dict[NodeId, int]:
    """Write which tests there are; return their ids."""
    paths = {*collection.tests.values(), *collection.whole, *collection.errors}
    files = intern.file_ids(index, paths)
    wanted = {bound(nodeid): files[path] for nodeid, path in collection.tests.items()}
    index.execute_many(
        "INSERT INTO test (nodeid, file) VALUES (?, ?) ON CONFLICT (nodeid) DO UPDATE "
        "SET file = excluded.file, retired = 0 WHERE retired OR file <> excluded.file",
        sorted(wanted.items(), key=str),
    )
    intern.want(index, wanted)
    rows = index.rows("SELECT test.id, nodeid FROM temp.wanted JOIN test ON nodeid = value")
    _retire(index, {files[path] for path in collection.whole}, {ident for ident, _ in rows})
    seen = [
        *((files[path], oid, run_id, None) for path, oid in collection.whole.items()),
        *(
            (files[path], collection.oids.get(path), run_id, bound(text[:10_000]))
            for path, text in collection.errors.items()
        ),
    ]
    index.execute_many("INSERT OR REPLACE INTO collected_file VALUES (?, ?, ?, ?)", seen)
    return {NodeId(unbound(nodeid)): ident for ident, nodeid in rows}


def _retire(index: Index, files: set[int], present: set[int]) -> None:
    """Mark the tests of wholly collected files that were not among them."""
    intern.want(index, files)
    known = index.rows("SELECT test.id FROM temp.wanted JOIN test ON file = value AND NOT retired")
    gone = [(ident,) for (ident,) in known if ident not in present]
    index.execute_many("UPDATE test SET retired = 1 WHERE id = ?", gone)


def _write_executions(index: Index, executions: Iterable[Recorded], ids: _Ids) -> None:
    listed = list(executions)
    environments = {id(one.environment): one.environment for one in listed}
    named = {key: (ids.environments[one], fingerprint(one)) for key, one in environments.items()}
    index.execute_many(
        "INSERT INTO execution (test, context, environment, run, outcome, untrusted, seconds,"
        " seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                ids.tests[one.nodeid], ids.contexts[one.context],
                named[id(one.environment)][0], ids.run, one.outcome,
                bound(one.untrusted) if one.untrusted else None, one.seconds,
                execution_seal(
                    one.nodeid, one.context, named[id(one.environment)][1], one.outcome,
                    one.untrusted, one.seconds,
                ),
            )
            for one in listed
        ),
    )  # fmt: skip
