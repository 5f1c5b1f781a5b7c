"""Journals are read whatever became of them, and never believed."""

from pathlib import Path
from typing import Any

import pytest

from coverquery.index.digests import blob_oid
from coverquery.index.journal import read, safe_path
from coverquery.index.store import Store

OID = blob_oid(b"x")


def recorded(project: Any, lines: list[list[Any]]) -> tuple[dict[str, str], Any]:
    """Integrate these records and a healthy test; return outcomes by test, and the report."""
    run = project.run()
    journal = project.journal(run)
    app = journal.module("app.py", "x")
    journal.test("t.py::healthy", {app: "1"})
    for line in lines:
        journal.line(*line)
    journal.end()
    report = project.integrate(run)
    with project.index(readonly=True) as index:
        return {e.nodeid: e.outcome for e in Store(index).executions()}, report


def test_a_last_line_cut_off_is_ignored(project: Any) -> None:
    journal = project.journal(project.run())
    journal.test("t.py::test_a")
    whole = journal.path.read_bytes()
    journal.test("t.py::test_b")
    everything = journal.path.read_bytes()
    for end in range(len(whole), len(everything)):
        journal.path.write_bytes(everything[:end])
        found = read(journal.path)
        assert [test.nodeid for test in found.tests] == ["t.py::test_a"]
        assert found.notes == []
        assert found.exit_status is None


def test_unknown_records_are_ignored_with_a_note(project: Any) -> None:
    outcomes, report = recorded(project, [["m", 1, 2], ["m", 3]])
    assert outcomes == {"t.py::healthy": "passed"}
    assert [note for note in report.notes if "'m'" in note] == [
        "journal-main.jsonl: unknown record 'm' ignored"
    ]


@pytest.mark.parametrize(
    "garbage", [b"\0\0\0\n", b"{}\n", b"[]\n", b"\xff\n", b"[" * 100_000 + b"\n"]
)
def test_garbage_in_the_middle_ends_the_journal(project: Any, garbage: bytes) -> None:
    journal = project.journal(project.run())
    journal.test("t.py::test_a")
    with journal.path.open("ab") as handle:
        handle.write(garbage)
    journal.test("t.py::test_b")
    journal.end()
    found = read(journal.path)
    assert [test.nodeid for test in found.tests] == ["t.py::test_a"]
    assert found.exit_status is None
    assert "unreadable" in found.notes[0]


@pytest.mark.parametrize(
    "record",
    [
        ["x", 90, "run", [77], [], [], []],
        ["x", 90, "run", [], [77], [], []],
        ["x", 90, "run", [], [], [77], []],
        ["x", 90, "run", [], [], [], [77]],
        ["x", 90, "run", ["1"], [], [], []],
    ],
)
def test_a_test_with_undefined_facts_is_left_out(project: Any, record: list[Any]) -> None:
    context = ["c", 90, "test", "t.py::bad", "t.py"]
    end = ["t", 90, "t.py::bad", "t.py", "passed", 0.1, None]
    outcomes, report = recorded(project, [context, record, end])
    assert outcomes == {"t.py::healthy": "passed"}
    assert any("t.py::bad" in note for note in report.notes)


def test_a_failure_with_undefined_facts_is_remembered_without_trust(project: Any) -> None:
    outcomes, _ = recorded(
        project,
        [
            ["c", 90, "test", "t.py::bad", "t.py"],
            ["x", 90, "run", [77], [], [], []],
            ["t", 90, "t.py::bad", "t.py", "failed", 0.1, None],
        ],
    )
    assert outcomes == {"t.py::healthy": "passed", "t.py::bad": "failed"}
    with project.index(readonly=True) as index:
        (bad,) = Store(index).executions(["t.py::bad"])  # type: ignore[list-item]
    assert bad.untrusted


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../up.py", "a/../../b.py", "a//b.py", "./a.py", "", "a\0b", 7, None, []],
)
def test_paths_that_leave_the_project_are_refused(project: Any, path: Any) -> None:
    assert safe_path(path) is None
    outcomes, report = recorded(
        project,
        [
            ["f", 80, path, OID, []],
            ["s", 81, 80, "1"],
            ["c", 90, "test", "t.py::bad", "t.py"],
            ["x", 90, "run", [81], [], [], []],
            ["t", 90, "t.py::bad", "t.py", "passed", 0.1, None],
            ["n", [["t.py::odd", path]], True],
        ],
    )
    assert outcomes == {"t.py::healthy": "passed"}
    assert any("refused file" in note for note in report.notes)


def test_an_import_of_a_refused_file_spoils_its_importers(project: Any) -> None:
    outcomes, _ = recorded(
        project,
        [
            ["f", 80, "lib.py", OID, []],
            ["f", 81, "/etc/hosts.py", OID, []],
            ["i", 80, 81],
            ["s", 82, 80, "1"],
            ["c", 90, "test", "t.py::bad", "t.py"],
            ["x", 90, "run", [82], [], [], []],
            ["t", 90, "t.py::bad", "t.py", "passed", 0.1, None],
        ],
    )
    assert outcomes == {"t.py::healthy": "passed"}


def test_an_import_with_undefined_facts_spoils_who_imports(project: Any) -> None:
    outcomes, _ = recorded(
        project,
        [
            ["f", 80, "lib.py", OID, []],
            ["s", 82, 80, "1"],
            ["c", 83, "import", "lib.py", "lib.py"],
            ["x", 83, "", [77], [], [], []],
            ["c", 90, "test", "t.py::bad", "t.py"],
            ["x", 90, "run", [82], [], [], []],
            ["t", 90, "t.py::bad", "t.py", "passed", 0.1, None],
        ],
    )
    assert outcomes == {"t.py::healthy": "passed"}


@pytest.mark.parametrize("lines", ["1-99999999999", "-5", "x", "1,,2", [1], "9" * 8])
def test_line_sets_beyond_reason_are_refused(project: Any, lines: Any) -> None:
    journal = project.journal(project.run())
    journal.line("s", 5, journal.file("app.py"), lines)
    assert 5 not in read(journal.path).sets


@pytest.mark.parametrize(
    "end",
    [
        ["t", 0, "t.py::bad", "t.py", "passed", float("nan"), None],
        ["t", 0, "t.py::bad", "t.py", ["passed"], 0.1, None],
        ["t", 0, "t.py::bad", "t.py", "great", 0.1, None],
        ["t", 0, "t.py::bad", "/t.py", "passed", 0.1, None],
        ["t", 99, "t.py::bad", "t.py", "passed", 0.1, None],
        ["t", {}, "t.py::bad", "t.py", "passed", 0.1, None],
        ["t", 0],
    ],
)
def test_a_test_that_ends_oddly_is_no_record(project: Any, end: list[Any]) -> None:
    journal = project.journal(project.run())
    assert journal.context("test", "t.py::bad", "t.py") == 0
    journal.line(*end)
    assert read(journal.path).tests == []


def test_a_file_named_again_has_all_its_names(project: Any) -> None:
    journal = project.journal(project.run())
    journal.line("f", 1, "a.py", OID, ["a"])
    journal.line("f", 1, "a.py", OID, ["pkg.a", "a"])
    assert read(journal.path).files[1].names == ("a", "pkg.a")


def test_a_journal_of_another_format_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "journal-main.jsonl"
    path.write_text('["v", 2, {}]\n["w", "hello"]\n')
    found = read(path)
    assert found.warnings == []
    assert "another version" in found.notes[0]
