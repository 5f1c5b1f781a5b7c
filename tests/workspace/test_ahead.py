"""What is read while pytest runs is what integration would read, and nothing else."""

import json
from pathlib import Path

from coverquery.index.digests import blob_oid
from coverquery.source.glance import glance
from coverquery.workspace.ahead import Ahead

TEXT = b"import b\nfrom a.c import d\n"


def noted(path: str, content: bytes, fid: int = 1) -> str:
    return json.dumps(["f", fid, path, blob_oid(content), []])


def ahead_of(tmp_path: Path, *lines: str) -> tuple[Ahead, Path]:
    journal = tmp_path / "journal-main.jsonl"
    journal.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    return Ahead(tmp_path / "index.db", tmp_path, tmp_path), journal


def test_a_noted_file_is_read_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(TEXT)
    ahead, _ = ahead_of(tmp_path, '["c",1,"session","",null]', noted("a.py", TEXT))
    ahead.look(lambda _: False)
    assert ahead.found == {blob_oid(TEXT): glance(TEXT)}


def test_a_file_that_was_edited_since_is_left_to_integration(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"import other\n")
    ahead, _ = ahead_of(tmp_path, noted("a.py", TEXT))
    ahead.look(lambda _: False)
    assert ahead.found == {}


def test_what_the_index_knows_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(TEXT)
    ahead, _ = ahead_of(tmp_path, noted("a.py", TEXT))
    ahead.look(lambda oid: oid == blob_oid(TEXT))
    assert ahead.found == {}


def test_a_line_that_is_still_being_written_waits(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(TEXT)
    ahead, journal = ahead_of(tmp_path)
    line = noted("a.py", TEXT).encode() + b"\n"
    journal.write_bytes(line[:9])
    ahead.look(lambda _: False)
    assert ahead.found == {}
    journal.write_bytes(line)
    ahead.look(lambda _: False)
    assert set(ahead.found) == {blob_oid(TEXT)}


def test_a_journal_nobody_understands_ends_no_run(tmp_path: Path) -> None:
    ahead, _ = ahead_of(tmp_path, '["f",1]', noted("../a.py", TEXT))
    with ahead:
        pass
    assert ahead.found == {}
