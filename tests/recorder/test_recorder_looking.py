"""Whether a file is there: what raises no audit event."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

TESTS = """
    import copy, glob, inspect, linecache, os, pickle, shutil, subprocess, sys, traceback
    from pathlib import Path

    import pytest

    HERE = Path(__file__).parent

    def test_exists():
        assert os.path.exists(HERE / "data/a.txt")
        assert not (HERE / "data/none.txt").exists()
        assert os.path.isdir("data")

    def test_pathlib():
        assert (HERE / "data/a.txt").is_file()
        assert not os.access(b"data/none.txt", os.R_OK)

    def test_glob():
        assert glob.glob("data/a.txt") == ["data/a.txt"]

    def test_size():
        assert os.path.getsize("data/a.txt") == 1

    def test_stat():
        assert (HERE / "data/a.txt").stat().st_size == 1

    def test_access():
        assert os.access("data/a.txt", os.R_OK)

    def test_link():
        assert os.path.isfile("link.txt")

    def test_made():
        Path("made.txt").write_text("x")
        assert Path("made.txt").exists()
        os.remove("made.txt")
        assert not Path("made.txt").exists()

    def test_linked_by_a_child():
        assert Path("moving/a.txt").read_text() == "a"
        words = "import os; os.rename('moving', 'moved'); os.symlink('data', 'moving')"
        subprocess.run([sys.executable, "-I", "-c", words], check=True)
        assert Path("moving/a.txt").read_text() == "a"

    def test_resolved():
        assert HERE.resolve() == HERE

    def test_nobody():
        try:
            1 / 0
        except ZeroDivisionError:
            traceback.format_exc()
        linecache.checkcache()
        with open(1, closefd=False):
            os.stat(1)
        os.path.exists("/")
        os.path.exists("__pycache__")

    class Keeps:
        stat = os.stat

    def test_like_the_builtin(tmp_path):
        assert Keeps().stat(tmp_path) == os.lstat(path=tmp_path)
        assert os.stat in os.supports_follow_symlinks and os.access in os.supports_effective_ids
        assert {os.stat} <= os.supports_dir_fd & os.supports_fd
        assert shutil.rmtree.avoids_symlink_attacks
        assert pickle.loads(pickle.dumps(os.stat)) is os.stat and copy.deepcopy(os.stat) is os.stat
        assert list(inspect.signature(os.stat).parameters) == ["path", "dir_fd", "follow_symlinks"]
        assert (os.stat.__name__, repr(os.stat)) == ("stat", "<built-in function stat>")
        assert os.stat.__doc__.startswith("Perform a stat")
        number = os.open(tmp_path, os.O_RDONLY)
        assert os.stat(".", dir_fd=number) == os.stat(number)
        os.close(number)
        for wrong in (lambda: os.stat("none", 3), lambda: os.stat("none"), lambda: os.stat("a\\0")):
            with pytest.raises((TypeError, OSError, ValueError)) as caught:
                wrong()
            assert [entry.name for entry in caught.traceback][1:] == ["<lambda>"]
"""


@pytest.fixture(scope="module")
def recorded(make_workshop: Callable[[str], Any]) -> Any:
    workshop = make_workshop("looking")
    project = workshop.project({"test_a.py": TESTS, "data/a.txt": "a", "moving/a.txt": "a"})
    (project / "link.txt").symlink_to("data/a.txt")
    made = workshop.record(project)
    assert made.status == 0, made.output
    return made


def blob(text: str) -> str:
    return hashlib.sha1(b"blob %d\0%s" % (len(text), text.encode())).hexdigest()


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("exists", {("exists", "data/a.txt"): "file", ("exists", "data/none.txt"): None,
                    ("exists", "data"): "dir"}),
        ("pathlib", {("exists", "data/a.txt"): "file", ("exists", "data/none.txt"): None}),
        ("glob", {("exists", "data/a.txt"): "file"}),
        ("size", {("raw", "data/a.txt"): blob("a"), ("mode", "data/a.txt"): "-"}),
        ("stat", {("raw", "data/a.txt"): blob("a"), ("mode", "data/a.txt"): "-"}),
        ("access", {("exists", "data/a.txt"): "file", ("mode", "data/a.txt"): "-"}),
        ("link", {("link", "link.txt"): blob("data/a.txt"), ("exists", "data/a.txt"): "file"}),
        ("made", {}),
        ("linked_by_a_child", {("raw", "moving/a.txt"): blob("a"), ("link", "moving"): blob("data"),
                               ("raw", "data/a.txt"): blob("a")}),
        ("resolved", {}),
        ("nobody", {}),
    ],
)  # fmt: skip
def test_what_was_asked(recorded: Any, test: str, expected: object) -> None:
    main = recorded.main
    assert main.data(main.cid("test", f"::test_{test}")) == expected
