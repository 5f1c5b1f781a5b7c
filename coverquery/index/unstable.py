"""Tests with different outcomes on the same contents: noticed when a run is integrated."""

from collections.abc import Iterator
from itertools import groupby

from coverquery.audited import Unstable
from coverquery.index.contents_seen import contents_seen
from coverquery.index.db import Index, Row, unbound
from coverquery.index.manifests import load_manifests
from coverquery.model import NodeId

_IN_ONE_RUN = "flaky in one run"
"""The recorder's word for a test that pytest ran again and that then came out differently."""

_MOST = 200
"""When more tests than this change their outcome at once, it is no chance."""

_CLASS = "CASE {}.outcome WHEN 'error' THEN 'failed' ELSE {}.outcome END"
_PAIRS = f"""
SELECT new.test, new.id, new.outcome, old.id, old.outcome, run.uid
FROM execution AS new
JOIN execution AS old ON old.test = new.test AND old.environment = new.environment
    AND old.run <> new.run
JOIN run ON run.id = old.run
WHERE new.run = ? AND new.untrusted IS NULL AND old.untrusted IS NULL
    AND {_CLASS.format("new", "new")} <> {_CLASS.format("old", "old")}
ORDER BY new.test, run.started DESC, old.id DESC
"""  # noqa: S608  # constants only
_RERUN = "SELECT test, outcome FROM execution WHERE run = ? AND untrusted = ?"
_NOTED = """
SELECT nodeid, unstable.outcome, earlier, commit_id,
       (SELECT count(*) FROM run AS later WHERE later.started > run.started)
FROM unstable JOIN test ON test.id = unstable.test JOIN run ON run.id = unstable.run
WHERE NOT retired ORDER BY nodeid, started
"""


def note_unstable(index: Index, uid: str) -> None:
    """Compare the outcomes of a run with earlier ones; index open for writing."""
    row = index.one("SELECT id FROM run WHERE uid = ?", (uid,))
    if row is None:
        return
    found = [(test, row[0], outcome, "", uid) for test, outcome in _rerun(index, row[0])]
    found += [(test, row[0], *rest) for test, *rest in _differing(index, row[0], uid)]
    if found:
        with index.writing():
            index.execute_many("INSERT OR IGNORE INTO unstable VALUES (?, ?, ?, ?, ?)", found)


def _rerun(index: Index, run: int) -> list[Row]:
    return index.rows(_RERUN, (run, _IN_ONE_RUN))


def _differing(index: Index, run: int, uid: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield test, outcome, earlier outcome and the run of that."""
    by_test = [list(group) for _, group in groupby(index.rows(_PAIRS, (run,)), lambda row: row[0])]
    if not by_test or len(by_test) > _MOST:
        return
    files = load_manifests(index)
    seen = contents_seen(index, {ident for rows in by_test for row in rows for ident in row[1:4:2]})
    for rows in by_test:
        for test, new, outcome, old, earlier, old_uid in rows:
            nothing = frozenset[str]()
            mine, theirs = files.get(uid, nothing), files.get(old_uid, nothing)
            if seen[new].agrees(seen[old], mine, theirs):  # type: ignore[arg-type]
                yield test, outcome, earlier, old_uid
                break


def unstable_tests(index: Index) -> list[Unstable]:
    """Return the tests noted so far that are still there, the most often unstable first."""
    found = []
    for nodeid, group in groupby(index.rows(_NOTED), lambda row: row[0]):
        rows = list(group)
        outcomes = {word for row in rows for word in row[1:3] if word}
        found.append(
            Unstable(
                NodeId(unbound(nodeid)),
                tuple(sorted(outcomes)),
                len(rows),
                rows[-1][3],
                rows[-1][4],
                any(not row[2] for row in rows),
            )
        )
    return sorted(found, key=lambda one: (-one.times, one.nodeid))
