"""After a run that was cut off every row of the index is looked at."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from coverquery.index.check import check
from coverquery.index.db import Index
from coverquery.index.digests import blob_oid
from coverquery.index.home import make_home
from coverquery.index.runs import RunFolder, RunPlan
from coverquery.workspace.integrating import mend
from coverquery.workspace.place import find_place

APP = b"def f():\n    return 1\n"


def recorded(home: Path, started: float, *, cut_off: bool) -> None:
    """One test that executes two lines."""
    run = RunFolder.create(home, RunPlan(None, None, ("pytest",), started))
    lines = [
        ["v", 1, {"python": "cpython 3.12.1", "executable": "", "prefix": "", "platform": "",
                  "site_dirs": [], "distributions": []}],
        ["f", 1, "app.py", blob_oid(APP), ["app"]],
        ["s", 1, 1, "1-2"],
        ["c", 1, "test", "t.py::test_a", "t.py"],
        ["x", 1, "run", [1], [], [], []],
        ["t", 1, "t.py::test_a", "t.py", "passed", 0.1, None],
    ]  # fmt: skip
    if not cut_off:
        lines.append(["z", 0])
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (run.path / "journal-main.jsonl").write_text(text, encoding="ascii")
    if not cut_off:
        run.updated(state="complete", ended=started + 1, exit_status=0)


def test_damage_found_after_a_cut_off_run_is_mended(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_bytes(APP)
    place, home, notes = find_place(tmp_path), make_home(tmp_path), list[str]()
    recorded(home, 1000.0, cut_off=False)
    with Index.open(home / "index.db", create=True):
        pass
    mend(place, home, notes, sound=True)
    with closing(sqlite3.connect(home / "index.db")) as connection, connection:
        connection.execute("DELETE FROM line_fact")
    recorded(home, 2000.0, cut_off=True)
    mend(place, home, notes, sound=True)
    assert notes[0] == "a run was cut off: the 1 tests it finished are kept"
    assert "was damaged" in notes[1]
    assert "made anew from 2 recorded runs" in notes[1]
    with Index.open(home / "index.db") as index:
        assert check(index) == []
        assert index.one("SELECT count(*) FROM line_fact") != (0,)


def test_a_sound_index_stays_after_a_cut_off_run(tmp_path: Path) -> None:
    place, home, notes = find_place(tmp_path), make_home(tmp_path), list[str]()
    with Index.open(home / "index.db", create=True):
        pass
    recorded(home, 1000.0, cut_off=True)
    mend(place, home, notes, sound=True)
    assert notes == ["a run was cut off: the 1 tests it finished are kept"]
