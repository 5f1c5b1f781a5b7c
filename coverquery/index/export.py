"""A run as coverage.py's own data file, with contexts as pytest-cov names them.

The tables are coverage.py's data format 7, which its documentation describes. They are made and
filled here in bulk: importing coverage.py for it would cost a tenth of a small suite.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from coverquery.errors import StorageError
from coverquery.index.children import read_with_children
from coverquery.index.db import bound
from coverquery.index.executed import executed
from coverquery.index.runs import RunFolder
from coverquery.index.seen import Journal

NAME = ".coverage"
FORMAT = 7
_TABLES = """
CREATE TABLE coverage_schema (version integer);
CREATE TABLE meta (key text, value text, unique (key));
CREATE TABLE file (id integer primary key, path text, unique (path));
CREATE TABLE context (id integer primary key, context text, unique (context));
CREATE TABLE line_bits (
    file_id integer references file (id),
    context_id integer references context (id),
    numbits blob,
    unique (file_id, context_id)
);
CREATE TABLE arc (
    file_id integer references file (id),
    context_id integer references context (id),
    fromno integer,
    tono integer,
    unique (file_id, context_id, fromno, tono)
);
CREATE TABLE tracer (file_id integer primary key references file (id), tracer text);
"""


class Coverage:
    """The lines of a run by context and file, all its processes together."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[str, int]] = {}

    def add(self, journal: Journal) -> None:
        """Add what one process executed."""
        paths = {fid: file.path for fid, file in journal.files.items()}
        for cid, phases in executed(journal).items():
            seen = journal.contexts.get(cid)
            is_test = seen is not None and seen.kind == "test"
            for phase, files in phases.items():
                name = f"{seen.label}|{phase}" if seen is not None and is_test else ""
                into = self._lines.setdefault(name, {}) if files else {}
                for fid, bits in files.items():
                    path = paths[fid]
                    into[path] = into.get(path, 0) | bits

    def write(self, target: Path, root: Path) -> None:
        """Write the file, whole or not at all.

        Args:
            target: the file.
            root: where the project lives; file names are made absolute with it.

        Raises:
            StorageError: it cannot be written.
        """
        temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        try:
            try:
                self._write(temporary, root)
                temporary.replace(target)
            finally:
                with suppress(FileNotFoundError):
                    temporary.unlink()
        except (OSError, sqlite3.OperationalError) as error:
            text = f"{target} cannot be written: {error}"
            raise StorageError(text, fix="free some space") from error

    def _write(self, path: Path, root: Path) -> None:
        named = sorted({path for files in self._lines.values() for path in files})
        files = {name: number for number, name in enumerate(named, 1)}
        contexts = {name: number for number, name in enumerate(sorted(self._lines), 1)}
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for setting in ("synchronous = OFF", "journal_mode = OFF"):  # can be made again
                connection.execute(f"PRAGMA {setting}")
            connection.executescript(f"BEGIN; {_TABLES}")
            connection.execute("INSERT INTO coverage_schema VALUES (?)", (FORMAT,))
            connection.execute("INSERT INTO meta VALUES ('has_arcs', '0')")
            connection.executemany(
                "INSERT INTO context VALUES (?, ?)",
                ((number, bound(name)) for name, number in contexts.items()),
            )
            connection.executemany(
                "INSERT INTO file VALUES (?, ?)",
                ((number, bound(str(root / name))) for name, number in files.items()),
            )
            rows = sorted(self._rows(files, contexts))
            connection.executemany("INSERT INTO line_bits VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")

    def _rows(
        self, files: dict[str, int], contexts: dict[str, int]
    ) -> Iterator[tuple[int, int, bytes]]:
        for name, by_file in self._lines.items():
            context = contexts[name]
            for path, all_bits in by_file.items():
                bits = all_bits & ~1  # coverage.py has no line 0
                if bits:
                    size = (bits.bit_length() + 7) >> 3
                    yield files[path], context, bits.to_bytes(size, "little")


def export(run: RunFolder, root: Path, target: Path | None = None) -> Path:
    """Write the coverage of a run from its journals.

    Args:
        run: its folder.
        root: where the project lives.
        target: the file to write, ``.coverage`` in the run folder by default.
    """
    wanted = target or run.path / NAME
    coverage = Coverage()
    for path in run.journals:
        coverage.add(read_with_children(path))
    coverage.write(wanted, root)
    return wanted
