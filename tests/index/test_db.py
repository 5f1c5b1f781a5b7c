"""The index's file may be missing, broken, old, new, read-only, or shared."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from coverquery.errors import (
    IndexDamagedError,
    IndexMissingError,
    IndexNewerError,
    StorageError,
)
from coverquery.index import schema
from coverquery.index.check import check
from coverquery.index.db import Index, bound, unbound
from coverquery.index.rebuild import recover
from coverquery.index.store import Store

ROOT = Path(__file__).parents[2]


def filled(project: Any, tests: int = 3) -> Path:
    run = project.run()
    journal = project.journal(run)
    app = journal.module("app.py", "x\n" * 50)
    for number in range(tests):
        journal.test(f"t.py::test_{number}", {app: str(number + 1)})
    journal.end()
    project.integrate(run)
    path: Path = project.home / "index.db"
    return path


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_missing_index_says_how_to_make_one(project: Any) -> None:
    with pytest.raises(IndexMissingError) as caught:
        Index.open(project.home / "index.db")
    assert caught.value.fix == "coverquery run --all"
    assert not (project.home / "index.db").exists()


@pytest.mark.parametrize(
    "content",
    [b"garbage", b"x" * 5000, b"SQLite format 3\0", b"SQLite format 3\0" + b"\xff" * 5000],
)
@pytest.mark.parametrize("readonly", [False, True])
def test_garbage_is_damage_and_is_left_alone(project: Any, content: bytes, readonly: bool) -> None:
    path = project.home / "index.db"
    path.write_bytes(content)
    with pytest.raises(IndexDamagedError):
        Index.open(path, create=not readonly, readonly=readonly)
    assert path.read_bytes() == content


@pytest.mark.parametrize("part", [0.3, 0.5, 0.99])
def test_a_truncated_file_is_damage(project: Any, part: float) -> None:
    path = filled(project)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(IndexDamagedError):
        Index.open(path, readonly=True)


def test_pages_overwritten_with_zeros_never_give_an_answer_in_silence(project: Any) -> None:
    path = filled(project, tests=200)
    whole = path.read_bytes()
    with project.index(readonly=True) as index:
        right = [e.nodeid for e in Store(index).executions()]
    for page in range(4096, len(whole), 4096):
        path.write_bytes(whole[:page] + bytes(4096) + whole[page + 4096 :])
        try:
            with project.index(readonly=True) as index:
                if check(index):
                    continue
                assert [e.nodeid for e in Store(index).executions()] == right
        except IndexDamagedError:
            continue


def test_another_programs_database_is_refused(project: Any) -> None:
    path = project.home / "index.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE precious (x)")
    with pytest.raises(IndexDamagedError, match="another program"):
        Index.open(path, create=True)


def test_a_newer_format_is_refused_and_left_untouched(project: Any) -> None:
    path = filled(project)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = path.read_bytes()
    for readonly in (False, True):
        with pytest.raises(IndexNewerError) as caught:
            Index.open(path, create=not readonly, readonly=readonly)
        assert not isinstance(caught.value, IndexDamagedError)  # or it would be set aside
    assert path.read_bytes() == before


def test_an_older_format_is_migrated_after_a_copy(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(project)

    def with_colours(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE test ADD COLUMN colour TEXT")

    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    monkeypatch.setattr(schema, "MIGRATIONS", {schema.VERSION - 1: with_colours})
    with pytest.raises(IndexMissingError):
        Index.open(path, readonly=True)
    with Index.open(path) as index:
        assert index.rows("SELECT count(colour) FROM test") == [(0,)]
        assert len(Store(index).executions()) == 3
    assert version(path) == schema.VERSION
    assert version(path.with_name(f"index.db.v{schema.VERSION - 1}")) == schema.VERSION - 1


def test_an_index_of_the_first_format_is_migrated(project: Any) -> None:
    path = filled(project)
    with closing(sqlite3.connect(path)) as connection:
        wanted = connection.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
        connection.executescript("DROP TABLE audit; DROP TABLE unstable; PRAGMA user_version = 1")
    with Index.open(path) as index:
        assert index.rows("SELECT name FROM sqlite_master ORDER BY name") == wanted
        assert index.rows("SELECT * FROM audit") == index.rows("SELECT * FROM unstable") == []
        assert len(Store(index).executions()) == 3


def test_a_migration_that_fails_changes_nothing(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(project)

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM link")
        connection.execute("SELECT 1 FROM nowhere")

    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    monkeypatch.setattr(schema, "MIGRATIONS", {schema.VERSION - 1: broken})
    with pytest.raises(IndexDamagedError):
        Index.open(path)
    monkeypatch.undo()
    with Index.open(path) as index:
        assert index.one("SELECT count(*) FROM link") == (3,)


def test_the_schema_is_what_this_version_says(project: Any) -> None:
    with project.index() as index:
        assert index.one("PRAGMA journal_mode") == ("wal",)
        assert index.one("PRAGMA foreign_keys") == (1,)
        assert index.one("PRAGMA trusted_schema") == (0,)
        assert index.one("PRAGMA application_id") == (schema.APPLICATION_ID,)
        assert index.one("PRAGMA user_version") == (schema.VERSION,)


def test_read_only_folders_can_be_asked(project: Any, unprivileged: Callable[[], None]) -> None:
    path = filled(project)
    path.chmod(0o444)
    project.home.chmod(0o555)
    unprivileged()
    with Index.open(path, readonly=True) as index:
        assert len(Store(index).executions()) == 3
        Store(index).save_analyses({("names", "0" * 40): "{}"})  # type: ignore[dict-item]
    with pytest.raises(StorageError) as caught:
        Index.open(path).execute("DELETE FROM link")
    assert caught.value.fix


def test_read_only_folders_with_an_unfinished_log_can_be_asked(
    project: Any, unprivileged: Callable[[], None]
) -> None:
    path = filled(project)
    with project.index():  # holds the log open, so that it stays
        filled(project, tests=5)
        log = path.with_name("index.db-wal").read_bytes()
        whole = path.read_bytes()
    path.with_name("index.db-wal").write_bytes(log)
    path.write_bytes(whole)
    project.home.chmod(0o555)
    unprivileged()
    with Index.open(path, readonly=True) as index:
        assert len(Store(index).executions()) == 5


def test_recovery_sets_the_file_aside_and_reads_the_run_folders(project: Any) -> None:
    path = filled(project)
    filled(project, tests=5)
    path.write_bytes(b"garbage")
    path.with_name("index.db-wal").write_bytes(b"log")
    recovery = recover(project.home, project.into)
    assert recovery.kept is not None
    assert recovery.kept.read_bytes() == b"garbage"
    assert recovery.kept.name.startswith("index.db.corrupt-")
    assert recovery.kept.with_name(f"{recovery.kept.name}-wal").read_bytes() == b"log"
    assert [report.tests for report in recovery.reports] == [3, 5]
    with project.index(readonly=True) as index:
        assert len(Store(index).executions()) == 5
        assert check(index) == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE execution SET outcome = 'passed', untrusted = NULL WHERE id = 2",
        "UPDATE execution SET context = 1 WHERE id = 2",
        "DELETE FROM line_fact WHERE context = 2",
        "DELETE FROM link WHERE source = (SELECT max(source) FROM link)",
        "UPDATE line_set SET numbits = x'ff'",
        "UPDATE context SET label = 'other' WHERE id = 1",
        "UPDATE blob SET oid = 'beef'",
    ],
)
def test_damage_sqlite_does_not_notice_is_found(project: Any, damage: str) -> None:
    run = project.run()
    journal = project.journal(run)
    app = journal.module("app.py", "x")
    for outcome in ("passed", "failed", "skipped"):
        journal.test(f"t.py::{outcome}", {app: "1"}, outcome=outcome)
    journal.end()
    project.integrate(run)
    with project.index() as index:
        assert check(index) == []
        index.execute(damage)
        assert check(index) != []


def test_strings_sqlite_refuses_come_back() -> None:
    for text in ("plain", "caf\xe9", "\udce9", "\ud800 \udfff", ""):
        assert unbound(bound(text)) == text


def test_four_processes_make_and_fill_one_index(project: Any) -> None:
    program = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("shared", sys.argv[1])
shared = importlib.util.module_from_spec(spec)
sys.modules["shared"] = shared
spec.loader.exec_module(shared)
home, me = Path(sys.argv[2]), sys.argv[3]
project = shared.Project(home.parent, home)
for number in range(15):
    run = project.run()
    journal = project.journal(run)
    app = journal.module("app.py", f"{number}\\n")
    journal.test(f"t.py::test_{me}_{number}", {app: "1"})
    journal.test("t.py::common", {app: "1"})
    journal.end()
    assert project.integrate(run).tests == 2
"""
    conftest = Path(__file__).with_name("conftest.py")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, conftest, project.home, str(number)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        for number in range(4)
    ]
    assert [process.wait() for process in started] == [0] * 4
    with project.index(readonly=True) as index:
        store = Store(index)
        assert store.test_count() == 61
        assert index.one("SELECT count(*) FROM run") == (60,)
        assert len(store.executions()) == 60 + 8
        assert check(index) == []
