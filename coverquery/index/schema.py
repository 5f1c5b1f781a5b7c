"""The format of the index's file: making it, recognising it, bringing an old one forward."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from coverquery.errors import IndexMissingError, IndexNewerError
from coverquery.index.failures import damaged

APPLICATION_ID = 0x43515259  # "CQRY"
VERSION = 2
_PATIENCE_SECONDS = 60.0

_AUDITS = (
    """
    CREATE TABLE IF NOT EXISTS audit (
        id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, commit_id TEXT,
        ended REAL NOT NULL, counts TEXT NOT NULL, changes TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS unstable (
        test INTEGER NOT NULL REFERENCES test (id) ON DELETE CASCADE,
        run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
        outcome TEXT NOT NULL, earlier TEXT NOT NULL, earlier_run TEXT NOT NULL,
        PRIMARY KEY (test, run)
    ) WITHOUT ROWID
    """,
)


def _add_audits(connection: sqlite3.Connection) -> None:
    for statement in _AUDITS:
        connection.execute(statement)


MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {1: _add_audits}
"""From version n to n + 1, forward only, each a function with a name that says what it does."""


def prepare(connection: sqlite3.Connection, path: Path, *, readonly: bool) -> None:
    """Bring an opened file to this version's format, or refuse it untouched."""
    version = _version(connection, path)
    if version == VERSION:
        return
    if version > VERSION:
        raise IndexNewerError(
            f"the index {path} was made by a newer coverquery (format {version}, this one "
            f"knows {VERSION})",
            fix="upgrade coverquery",
        )
    if readonly:
        what = "is empty" if version == 0 else f"has the old format {version}"
        raise IndexMissingError(f"the index {path} {what}", fix="coverquery run")
    if version == 0:
        _create(connection, path)
    else:
        _migrate(connection, path)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the format of a file that is ours; 0 for an empty file."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application == APPLICATION_ID and version > 0:
        return int(version)
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables or application:
        raise damaged(path, "it is a database of another program")
    return 0


def _create(connection: sqlite3.Connection, path: Path) -> None:
    _write_ahead(connection)
    schema = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
    with _transaction(connection):
        if _version(connection, path) == VERSION:
            return  # somebody else was faster
        statement = ""
        for line in schema.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                connection.execute(statement)
                statement = ""
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
        connection.execute(f"PRAGMA user_version = {VERSION:d}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL; SQLite does not wait by itself when somebody else does the same."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection, path)
    copy = sqlite3.connect(path.with_name(f"{path.name}.v{version}"))
    try:
        connection.backup(copy)
    finally:
        copy.close()
    with _transaction(connection):
        for step in range(_version(connection, path), VERSION):
            if step not in MIGRATIONS:
                raise damaged(path, f"its format {step} is unknown")
            MIGRATIONS[step](connection)
            connection.execute(f"PRAGMA user_version = {step + 1:d}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
