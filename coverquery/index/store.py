"""Questions a selection asks: what is known, and who depends on it."""

import json
from collections.abc import Collection, Iterable
from typing import NamedTuple

from coverquery.index.caches import Caches
from coverquery.index.db import Row, bound, unbound
from coverquery.index.intern import want
from coverquery.index.run_json import environment_from
from coverquery.lines import LineSet
from coverquery.model import (
    DataFact,
    Environment,
    Execution,
    Hit,
    KnownBlob,
    NodeId,
    Oid,
    RepoPath,
)

_EXECUTIONS = """
SELECT execution.id, nodeid, path, execution.environment, outcome, untrusted, seconds,
       commit_id, uid
FROM execution
JOIN test ON test.id = execution.test
JOIN file ON file.id = test.file
JOIN run ON run.id = execution.run
"""
_IN_ORDER = " ORDER BY started, execution.id"

# From the asked contexts up the links to the executions, each pair once.
_DEPENDANTS = """
WITH RECURSIVE reached (context, asked) AS (
    SELECT value, value FROM temp.wanted
    UNION
    SELECT link.source, asked FROM reached JOIN link ON link.target = reached.context
)
SELECT execution.id, asked FROM reached JOIN execution ON execution.context = reached.context
"""


class ContextName(NamedTuple):
    """What a context is called."""

    kind: str
    label: str


class Store(Caches):
    """Everything asked of the index on the way to a selection."""

    def known_blobs(self) -> list[KnownBlob]:
        """Return every version of a file that a kept execution depends on."""
        rows = self.index.rows(
            "SELECT blob.id, path, oid FROM blob JOIN file ON file.id = blob.file"
            " WHERE EXISTS (SELECT 1 FROM line_fact WHERE blob = blob.id) ORDER BY blob.id"
        )
        return [KnownBlob(ident, RepoPath(unbound(path)), Oid(oid)) for ident, path, oid in rows]

    def data_facts(self) -> list[DataFact]:
        """Return every data file or folder that a kept execution looked at."""
        rows = self.index.rows(
            "SELECT data.id, view, path, digest FROM data JOIN file ON file.id = data.file"
            " WHERE EXISTS (SELECT 1 FROM data_use WHERE data = data.id) ORDER BY data.id"
        )
        return [
            DataFact(ident, view, RepoPath(unbound(path)), digest or None)
            for ident, view, path, digest in rows
        ]

    def hits(self, blob: int, lines: LineSet | None) -> list[Hit]:
        """Return the contexts with evidence on these lines of a version of a file.

        Args:
            blob: id of the version.
            lines: None for every context that has any fact on it, executed lines or not.
        """
        rows = self.index.rows(
            "SELECT context, lines, numbits FROM line_fact JOIN line_set ON line_set.id = lines"
            " WHERE blob = ? ORDER BY context",
            (blob,),
        )
        common: dict[int, LineSet] = {}
        found = []
        for context, lines_id, numbits in rows:
            if lines_id not in common:
                executed = LineSet.from_numbits(numbits)
                common[lines_id] = executed if lines is None else executed & lines
            if lines is None or common[lines_id]:
                found.append(Hit(context, common[lines_id]))
        return found

    def readers(self, data: int) -> list[int]:
        """Return the contexts that looked at a data file."""
        rows = self.index.rows(
            "SELECT context FROM data_use WHERE data = ? ORDER BY context", (data,)
        )
        return [context for (context,) in rows]

    def dependants(self, contexts: Iterable[int]) -> dict[int, set[int]]:
        """Return which executions depend on which of these contexts, directly or not."""
        want(self.index, contexts)
        found: dict[int, set[int]] = {}
        for execution, asked in self.index.rows(_DEPENDANTS):
            found.setdefault(execution, set()).add(asked)
        return found

    def executions(self, tests: Collection[NodeId] | None = None) -> list[Execution]:
        """Return the kept executions of these tests, or of all; the newest last."""
        if tests is None:
            return [_execution(row) for row in self.index.rows(_EXECUTIONS + _IN_ORDER)]
        want(self.index, map(bound, tests))
        joined = f"{_EXECUTIONS} JOIN temp.wanted ON nodeid = value {_IN_ORDER}"
        return [_execution(row) for row in self.index.rows(joined)]

    def executions_by_id(self, ids: Iterable[int]) -> list[Execution]:
        """Return these executions, the newest last."""
        want(self.index, ids)
        joined = f"{_EXECUTIONS} JOIN temp.wanted ON execution.id = value {_IN_ORDER}"
        return [_execution(row) for row in self.index.rows(joined)]

    def test_contexts(self, tests: Iterable[NodeId]) -> list[int]:
        """Return the contexts of the kept executions of these tests."""
        want(self.index, map(bound, tests))
        rows = self.index.rows(
            "SELECT DISTINCT context FROM temp.wanted JOIN test ON nodeid = value"
            " JOIN execution ON execution.test = test.id"
        )
        return [context for (context,) in rows]

    def context_names(self, ids: Iterable[int]) -> dict[int, ContextName]:
        """Return what contexts are called."""
        want(self.index, ids)
        rows = self.index.rows("SELECT id, kind, label FROM temp.wanted JOIN context ON id = value")
        return {ident: ContextName(kind, unbound(label)) for ident, kind, label in rows}

    def tests(self) -> list[tuple[NodeId, RepoPath]]:
        """Return the tests that were there when their file was last collected, and the file.

        A file in which no test was found stands for itself: its node id is its path.
        """
        rows = self.index.rows(
            "SELECT nodeid, path FROM test JOIN file ON file.id = test.file WHERE NOT retired"
        )
        if any(bytes in (type(nodeid), type(path)) for nodeid, path in rows):
            rows = [(unbound(nodeid), unbound(path)) for nodeid, path in rows]
        return [(nodeid, path) for path, nodeid in sorted((path, nodeid) for nodeid, path in rows)]

    def test_count(self) -> int:
        """Return how many tests there are; files without tests do not count."""
        row = self.index.one(
            "SELECT count(*) FROM test JOIN file ON file.id = test.file"
            " WHERE NOT retired AND nodeid <> path"
        )
        return int(row[0]) if row else 0

    def collected_files(self) -> dict[RepoPath, Oid | None]:
        """Return the test files of which every test was seen, with the content they had then.

        None stands for files that are not Python. Files that could not be collected are left
        out, as are those of which only parts were ever asked for.
        """
        rows = self.index.rows(
            "SELECT path, oid FROM collected_file JOIN file ON file.id = file WHERE error IS NULL"
        )
        return {RepoPath(unbound(path)): oid and Oid(oid) for path, oid in rows}

    def failed_files(self) -> dict[RepoPath, str]:
        """Return the files that could not be collected when last tried, with the error."""
        rows = self.index.rows(
            "SELECT path, error FROM collected_file JOIN file ON file.id = file"
            " WHERE error IS NOT NULL"
        )
        return {RepoPath(unbound(path)): unbound(error) for path, error in rows}

    def environments(self) -> dict[int, Environment]:
        """Return the environments executions were recorded in, by id."""
        rows = self.index.rows("SELECT id, details FROM environment")
        return {ident: environment_from(json.loads(details)) for ident, details in rows}

    def environment_id(self, fingerprint: str) -> int | None:
        """Return the id of an environment by `digests.fingerprint`; None: never recorded in."""
        row = self.index.one("SELECT id FROM environment WHERE fingerprint = ?", (fingerprint,))
        return None if row is None else int(row[0])


def _execution(row: Row) -> Execution:
    if bytes in (type(row[1]), type(row[2]), type(row[5])):
        row = tuple(unbound(value) if isinstance(value, bytes) else value for value in row)
    return Execution._make(row)
