"""Keeping the newest executions of a test, and letting go of what only older ones used.

An execution that is gone widens the next selection, never narrows it.
"""

from collections.abc import Iterable

from coverquery.index.db import Index, Row
from coverquery.index.intern import want

KEPT_GOOD = 8
KEPT_BAD = 3
KEPT_ENVIRONMENTS = 8
TIDY_EVERY = 20
"""Runs; going through the whole index costs more than integrating a small suite."""

_SURPLUS = """
WITH kept AS (
    SELECT execution.id, test, execution.environment, started,
           outcome IN ('failed', 'error') OR untrusted IS NOT NULL AS bad,
           row_number() OVER (
               PARTITION BY test, execution.environment, context, outcome, untrusted IS NULL
               ORDER BY started DESC, execution.id DESC
           ) AS repetition
    FROM temp.wanted JOIN execution ON test = value JOIN run ON run.id = execution.run
), ranked AS (
    SELECT id, bad, row_number() OVER (
        PARTITION BY test, environment, bad ORDER BY started DESC, id DESC
    ) AS age
    FROM kept WHERE repetition = 1
)
SELECT id FROM kept WHERE repetition > 1
UNION ALL
SELECT id FROM ranked WHERE age > CASE WHEN bad THEN ? ELSE ? END
"""


_OUTDATED = """
SELECT id FROM execution WHERE environment NOT IN (
    SELECT execution.environment FROM execution JOIN run ON run.id = execution.run
    GROUP BY execution.environment ORDER BY max(started) DESC LIMIT ?
)
"""


def prune_executions(index: Index, tests: Iterable[int]) -> None:
    """Drop repetitions and the oldest executions of these tests, inside a transaction.

    A test keeps its newest good executions that differ in what they depend on, so that
    going back and forth between branches finds both.
    """
    want(index, tests)
    _drop(index, index.rows(_SURPLUS, (KEPT_BAD, KEPT_GOOD)))


def _drop(index: Index, executions: list[Row]) -> None:
    """Drop these executions and the contexts only they used."""
    if not executions:
        return
    index.execute("CREATE TEMP TABLE IF NOT EXISTS doomed (id INTEGER PRIMARY KEY)")
    index.execute("CREATE TEMP TABLE IF NOT EXISTS freed (id INTEGER PRIMARY KEY)")
    index.execute("DELETE FROM temp.doomed")
    index.execute_many("INSERT INTO temp.doomed VALUES (?)", executions)
    index.execute("DELETE FROM temp.freed")
    index.execute(
        "INSERT OR IGNORE INTO temp.freed SELECT context FROM execution"
        " WHERE id IN (SELECT id FROM temp.doomed)"
    )
    index.execute("DELETE FROM execution WHERE id IN (SELECT id FROM temp.doomed)")
    while _drop_unused(index):
        pass


def _drop_unused(index: Index) -> bool:
    """Drop the freed contexts nobody uses; what they used is freed next."""
    index.execute("DELETE FROM temp.doomed")
    index.execute(
        "INSERT INTO temp.doomed SELECT id FROM temp.freed WHERE"
        " NOT EXISTS (SELECT 1 FROM execution WHERE context = freed.id)"
        " AND NOT EXISTS (SELECT 1 FROM link WHERE target = freed.id)"
    )
    index.execute("DELETE FROM temp.freed")
    index.execute(
        "INSERT OR IGNORE INTO temp.freed SELECT target FROM link"
        " WHERE source IN (SELECT id FROM temp.doomed)"
    )
    index.execute("DELETE FROM link WHERE source IN (SELECT id FROM temp.doomed)")
    index.execute("DELETE FROM line_fact WHERE context IN (SELECT id FROM temp.doomed)")
    index.execute("DELETE FROM data_use WHERE context IN (SELECT id FROM temp.doomed)")
    return index.execute("DELETE FROM context WHERE id IN (SELECT id FROM temp.doomed)") > 0


def tidy_now_and_then(index: Index) -> None:
    """Tidy after every so many runs."""
    row = index.one("SELECT count(*) FROM run")
    if row and row[0] % TIDY_EVERY == 0:
        tidy(index)


def tidy(index: Index) -> None:
    """Drop what nothing refers to any more, and executions of environments long left.

    A test that is gone stays as long as one of its executions does: its branch may come back.
    """
    with index.writing():
        _drop(index, index.rows(_OUTDATED, (KEPT_ENVIRONMENTS,)))
        index.execute("DELETE FROM test WHERE retired AND id NOT IN (SELECT test FROM execution)")
        index.execute("DELETE FROM line_set WHERE id NOT IN (SELECT lines FROM line_fact)")
        index.execute("DELETE FROM data WHERE id NOT IN (SELECT data FROM data_use)")
        index.execute("DELETE FROM blob WHERE id NOT IN (SELECT blob FROM line_fact)")
        index.execute(
            "DELETE FROM source WHERE oid NOT IN (SELECT oid FROM blob)"
            " AND oid NOT IN (SELECT digest FROM data)"
            " AND oid NOT IN (SELECT oid FROM latest_tree)"
        )
