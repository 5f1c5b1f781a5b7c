"""The index's file: opening it and asking it. Knows no table.

What the tables mean is schema.sql's; what is asked of them, store.py's and its neighbours'.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from coverquery.errors import IndexMissingError
from coverquery.index.failures import refuse_cut_off, said
from coverquery.index.schema import prepare

SIDE_FILES = ("-wal", "-shm")
_BUSY_SECONDS = 60.0

Row = tuple[Any, ...]


class Index:
    """An open index. Use it in one thread, and as a context manager."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, readonly: bool) -> None:
        self.path = path
        self.readonly = readonly
        self._connection = connection

    @classmethod
    def open(cls, path: Path, *, create: bool = False, readonly: bool = False) -> Self:
        """Open the index.

        Args:
            path: the file.
            create: make it when it is not there.
            readonly: never write, and work on read-only folders too.

        Raises:
            IndexMissingError: it is not there.
            IndexDamagedError: it cannot be used; rebuild.recover makes a new one.
            IndexNewerError: a newer coverquery made it; the file is left as it is.
            StorageError: the folder cannot be written.
        """
        if not path.exists() and not create:
            raise IndexMissingError(f"there is no index at {path}", fix="coverquery run --all")
        refuse_cut_off(path)
        connect = _connect_readonly if readonly else _connect
        with said(path):
            connection = connect(path)
            try:
                prepare(connection, path, readonly=readonly)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection, readonly=readonly)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return the rows of a query."""
        with said(self.path):
            return self._connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row of a query, if any."""
        with said(self.path):
            row: Row | None = self._connection.execute(sql, parameters).fetchone()
        return row

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Execute one statement; return how many rows it changed."""
        with said(self.path):
            return self._connection.execute(sql, parameters).rowcount

    def execute_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Execute one statement for each row of parameters."""
        with said(self.path):
            self._connection.executemany(sql, parameters)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make what happens inside one transaction: all of it or nothing.

        Inside another one it is a part of that.
        """
        if self._connection.in_transaction:
            yield
            return
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise


def bound(text: str) -> str | bytes:
    """Return what stands for a string in a column: SQLite takes no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def unbound(value: str | bytes) -> str:
    """Return the string that `bound` was given."""
    return value if isinstance(value, str) else value.decode("utf-8", "surrogatepass")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    _settings(connection)
    return connection


def _connect_readonly(path: Path) -> sqlite3.Connection:
    try:
        return _probed(f"{path.absolute().as_uri()}?mode=ro")
    except sqlite3.OperationalError:
        # WAL wants to write beside the file, which a read-only folder refuses.
        wal = path.with_name(path.name + "-wal")
        if wal.exists() and wal.stat().st_size:
            return _copied(path)  # immutable would not see what is in the log
        return _probed(f"{path.absolute().as_uri()}?immutable=1")


def _probed(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        _settings(connection)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _copied(path: Path) -> sqlite3.Connection:
    import tempfile  # start-up time

    with tempfile.TemporaryDirectory(prefix="coverquery-") as folder:
        copy = Path(folder) / path.name
        for suffix in ("", "-wal"):
            part = path.with_name(path.name + suffix).read_bytes()
            copy.with_name(copy.name + suffix).write_bytes(part)
        memory = sqlite3.connect(":memory:", isolation_level=None)
        source = sqlite3.connect(copy)
        try:
            source.backup(memory)
        finally:
            source.close()
    _settings(memory)
    return memory


def _settings(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # a run is called integrated after COMMIT
    connection.execute("PRAGMA temp_store = MEMORY")
