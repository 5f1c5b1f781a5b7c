"""A run folder as coverage.py's own data file, with contexts as pytest-cov names them.

coverage.py makes the schema, we fill it in bulk: row by row through its API takes ten times
as long.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from coverquery.errors import StorageError
from coverquery.index.db import bound
from coverquery.index.journal import read
from coverquery.index.runs import RunFolder
from coverquery.index.seen import Journal
from coverquery.lines import LineSet

NAME = ".coverage"
_Lines = dict[tuple[str, str], int]


def export(run: RunFolder, root: Path, target: Path | None = None) -> Path:
    """Write the coverage of a run, all its processes together.

    Args:
        run: its folder.
        root: where the project lives; file names are made absolute with it.
        target: the file to write, ``.coverage`` in the run folder by default.
    """
    wanted = target or run.path / NAME
    temporary = wanted.with_name(f"{wanted.name}.{os.getpid()}.tmp")
    lines: _Lines = {}
    for journal in run.journals:
        _merge(read(journal), lines)
    try:
        try:
            _write(temporary, root, lines)
            temporary.replace(wanted)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
    except (OSError, sqlite3.OperationalError) as error:
        raise StorageError(f"{wanted} cannot be written: {error}", fix="free some space") from error
    return wanted


def _merge(journal: Journal, lines: _Lines) -> None:
    for context, path, bits in _executed(journal):
        key = (context, path)
        lines[key] = lines.get(key, 0) | bits


def _executed(journal: Journal) -> Iterator[tuple[str, str, int]]:
    for cid, phases in journal.facts.items():
        seen = journal.contexts.get(cid)
        for phase, facts in phases.items():
            is_test = seen is not None and seen.kind == "test"
            context = f"{seen.label}|{phase}" if seen is not None and is_test else ""
            by_file: dict[int, int] = {}
            for sid in facts.sets:
                fid, executed = journal.sets[sid]
                by_file[fid] = by_file.get(fid, 0) | executed.bits
            for fid, bits in by_file.items():
                yield context, journal.files[fid].path, bits & ~1  # coverage.py has no line 0


def _write(path: Path, root: Path, lines: _Lines) -> None:
    import coverage

    data = coverage.CoverageData(basename=str(path))
    try:
        data.add_lines({})  # says "lines, no branches", and makes the schema
    except coverage.CoverageException as error:
        raise OSError(str(error)) from error
    finally:
        data.close()
    contexts = {name: number for number, name in enumerate(sorted({c for c, _ in lines}), 1)}
    files = {name: number for number, name in enumerate(sorted({p for _, p in lines}), 1)}
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")  # can be made again
        connection.executemany(
            "INSERT INTO context (id, context) VALUES (?, ?)",
            ((number, bound(name)) for name, number in contexts.items()),
        )
        connection.executemany(
            "INSERT INTO file (id, path) VALUES (?, ?)",
            ((number, bound(str(root / name))) for name, number in files.items()),
        )
        connection.executemany(
            "INSERT INTO line_bits (file_id, context_id, numbits) VALUES (?, ?, ?)",
            sorted(
                (files[name], contexts[context], LineSet(bits).numbits())
                for (context, name), bits in lines.items()
                if bits
            ),
        )
