"""Wherever a project stands and whatever it is called, its lines are recorded."""

import os
import sys
from typing import Any

import pytest

PLAIN = {
    "pkg.py": "def one():\n    return 1\n",
    "test_a.py": """
        import pkg

        def test_one():
            assert pkg.one() == 1
    """,
}
NAMES: dict[str, bytes] = {
    "newline": b"with\nnewline",
    "glob": b"[a-b]*?",
    "brackets": b"<odd>",
    "latin-1": b"latin-\xe9",
    "library": b"lib/site-packages/mine",
    "quotes": b"quote'\"s \\ {}%s",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_folder_of_any_name_is_recorded(workshop: Any, name: bytes) -> None:
    odd = type(workshop)(workshop.folder / os.fsdecode(name), workshop.python)
    for engine in {"auto", "pytrace"} if name == NAMES["glob"] else {"auto"}:
        recorded = odd.record(odd.project(PLAIN), "test_a.py", engine=engine)
        assert recorded.status == 0, recorded.output
        assert recorded.untrusted() == {}
        cid = recorded.main.cid("test", "test_one")
        assert recorded.main.lines(cid) == {"pkg.py": {2}, "test_a.py": {4}}


def test_a_file_of_any_name_is_recorded(workshop: Any) -> None:
    names = ["test_[a]*.py", "test_new\nline.py", "test_<x>.py"]
    project = workshop.project({**PLAIN, **dict.fromkeys(names, PLAIN["test_a.py"])})
    main = workshop.record(project, "--import-mode=importlib").main
    assert len(main.of("t")) == len(names) + 1
    for cid, _, path, *_ in main.of("t"):
        assert main.lines(cid) == {"pkg.py": {2}, path: {4}}


def test_the_project_may_be_coverage_py_itself(here: Any) -> None:
    """coverage.py never measures its own folder."""
    project = here.project({**PLAIN, "test_b.py": "def test_b():\n    import coverage.numbits\n"})
    script = (
        "import coverage, pathlib, shutil, sys;"
        "shutil.copytree(pathlib.Path(coverage.__file__).parent, sys.argv[1])"
    )
    os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", script, str(project / "coverage")])
    (project / "test_a.py").write_text(
        "from coverage.numbits import nums_to_numbits\n\n"
        "def test_one():\n    assert nums_to_numbits([1]) == b'\\2'\n"
    )
    recorded = here.record(project, "test_a.py", coverage_path=str(project / "coverage"))
    assert recorded.status == 0, recorded.output
    assert recorded.untrusted() == {}
    main = recorded.main
    assert "coverage/numbits.py" in main.lines(main.cid("test", "test_one"))
