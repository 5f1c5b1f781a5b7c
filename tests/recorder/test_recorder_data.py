"""Data that tests reach in odd ways: files they change, links, databases, archives."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TESTS = """
    import os
    import sqlite3
    import sys
    from pathlib import Path
    from unittest import mock

    HERE = Path(__file__).parent

    def test_folder_made_again():
        (HERE / "data").mkdir(exist_ok=True)
        os.makedirs(HERE / "data", exist_ok=True)
        assert (HERE / "data/old.txt").read_text() == "old"

    def test_new_folder():
        (HERE / "made/deep").mkdir(parents=True)
        (HERE / "made/deep/a.txt").write_text("a")
        assert (HERE / "made/deep/a.txt").read_text() == "a"
        assert os.listdir(HERE / "made") == ["deep"]

    def test_update():
        with open(HERE / "update.txt", "r+") as file:
            assert file.read() == "update"
            file.write("d")

    def test_after_update():
        assert (HERE / "update.txt").read_text() == "updated"

    def test_append_and_read():
        with open(HERE / "log.txt", "a") as file:
            file.write("more")
        assert (HERE / "log.txt").read_text() == "logmore"

    def test_append_only():
        with open(HERE / "only.txt", "a") as file:
            file.write("more")

    def test_descriptor():
        number = os.open(HERE / "raw.txt", os.O_RDWR | os.O_CREAT)
        assert os.read(number, 9) == b"raw"
        os.close(number)

    def test_replaced():
        os.rename(HERE / "source.txt", HERE / "target.txt")
        assert (HERE / "target.txt").read_text() == "source"

    def test_missing_then_made():
        try:
            open(HERE / "cache.txt")
        except OSError:
            (HERE / "cache.txt").write_text("c")
        assert (HERE / "cache.txt").read_text() == "c"

    def test_link():
        assert (HERE / "link.txt").read_text() == "old"

    def test_linked_folder():
        assert os.listdir(HERE / "outer/inner") == ["old.txt"]

    def test_link_to_outside():
        (HERE / "outside.txt").read_text()

    def test_own_link():
        os.symlink("data/old.txt", HERE / "own.txt")
        assert (HERE / "own.txt").read_text() == "old"

    def test_linked_module():
        import linked
        assert linked.X == 1

    def test_database():
        connection = sqlite3.connect(f"file:{HERE}/base.db?mode=ro", uri=True)
        assert connection.execute("select * from t").fetchall() == [(1,)]
        connection.close()

    def test_new_database():
        sqlite3.connect(HERE / "new.db").close()
        sqlite3.connect(":memory:").close()

    def test_called_like_packages():
        (HERE / "data2/site-packages/a.txt").read_text()
        (HERE / "data2/node_modules/a.txt").read_text()

    def test_patched():
        with mock.patch("os.path.realpath", lambda path, **_: "/nowhere"), \\
             mock.patch("os.getcwd", lambda: "/nowhere"), \\
             mock.patch("os.readlink", lambda path: "/nowhere"), \\
             mock.patch("os.stat", None), mock.patch("hashlib.sha1", None), \\
             mock.patch("os.fsdecode", None), mock.patch("threading.get_ident", None):
            file = open("data/patched.txt")
        assert file.read() == "patched"
        file.close()

    def test_archive():
        import zipped
        assert zipped.X == 1
"""


@pytest.fixture(scope="module")
def recorded(make_workshop: Callable[[str], Any]) -> Any:
    workshop = make_workshop("data")
    project = workshop.project(
        {
            "test_a.py": TESTS,
            "conftest.py": "import sys\nsys.path += ['lib.zip', 'modules']\n",
            "data/old.txt": "old",
            "data/patched.txt": "patched",
            "real/folder/old.txt": "old",
            "update.txt": "update",
            "log.txt": "log",
            "only.txt": "only",
            "raw.txt": "raw",
            "source.txt": "source",
            "real/code.py": "X = 1\n",
            "modules/readme.txt": "",
            "data2/site-packages/a.txt": "a",
            "data2/node_modules/a.txt": "a",
        }
    )
    (workshop.folder / "outside.txt").write_text("x")
    for link, target in {
        "link.txt": "data/old.txt",
        "outer": "real",
        "real/inner": "folder",
        "outside.txt": "../outside.txt",
        "modules/linked.py": "../real/code.py",
    }.items():
        (project / link).symlink_to(target)
    make_database(project / "base.db")
    with zipfile.ZipFile(project / "lib.zip", "w") as archive:
        archive.writestr("zipped.py", "X = 1\n")
    digests = {name: blob((project / name).read_bytes()) for name in ("base.db", "lib.zip")}
    made = workshop.record(project)
    assert made.status == 0, made.output
    return made, digests


def make_database(path: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("create table t (x)")
    connection.execute("insert into t values (1)")
    connection.commit()
    connection.close()


def blob(data: bytes | str) -> str:
    data = data.encode() if isinstance(data, str) else data
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def facts(recorded: Any, test: str) -> dict[tuple[str, str], str | None]:
    main = recorded[0].main
    found = main.data(main.cid("test", f"::{test}"))
    return {key: digest for key, digest in found.items() if key[0] != "exists"}


@pytest.mark.parametrize(
    ("test", "path", "content"),
    [
        ("test_folder_made_again", "data/old.txt", "old"),
        ("test_update", "update.txt", "update"),
        ("test_after_update", "update.txt", "update"),
        ("test_append_and_read", "log.txt", "log"),
        ("test_descriptor", "raw.txt", "raw"),
        ("test_replaced", "source.txt", "source"),
        ("test_patched", "data/patched.txt", "patched"),
    ],
)
def test_the_file_before_it_was_touched(recorded: Any, test: str, path: str, content: str) -> None:
    assert facts(recorded, test) == {("raw", path): blob(content)}


@pytest.mark.parametrize("test", ["test_new_folder", "test_append_only", "test_new_database"])
def test_what_a_test_makes_is_no_data(recorded: Any, test: str) -> None:
    assert facts(recorded, test) == {}


def test_missing_then_made_was_missing(recorded: Any) -> None:
    assert facts(recorded, "test_missing_then_made") == {("raw", "cache.txt"): None}


def test_links_are_data_themselves(recorded: Any) -> None:
    old = ("raw", "data/old.txt"), blob("old")
    listed = hashlib.sha1(b"old.txt").hexdigest()
    assert facts(recorded, "test_link") == dict([(("link", "link.txt"), blob("data/old.txt")), old])
    assert facts(recorded, "test_linked_folder") == {
        ("link", "outer"): blob("real"),
        ("link", "real/inner"): blob("folder"),
        ("listing", "real/folder"): listed,
    }
    assert facts(recorded, "test_link_to_outside") == {
        ("link", "outside.txt"): blob("../outside.txt")
    }
    assert facts(recorded, "test_own_link") == dict([old])


def test_a_link_to_a_module_is_data_of_its_import(recorded: Any) -> None:
    main = recorded[0].main
    assert main.data(main.cid("import", "real/code.py")) == {
        ("link", "modules/linked.py"): blob("../real/code.py")
    }


def test_a_database_and_an_archive_are_data(recorded: Any) -> None:
    run, digests = recorded
    assert facts(recorded, "test_database") == {("raw", "base.db"): digests["base.db"]}
    session = run.main.data(run.main.cid("session", ""))
    assert session["raw", "lib.zip"] == digests["lib.zip"]


def test_names_of_package_folders_do_not_make_packages(recorded: Any) -> None:
    assert facts(recorded, "test_called_like_packages") == {
        ("raw", "data2/site-packages/a.txt"): blob("a"),
        ("raw", "data2/node_modules/a.txt"): blob("a"),
    }


def test_listings_leave_out_what_tools_leave_behind(here: Any) -> None:
    left = (".git/x", ".coverquery/x", ".pytest_cache/x", ".hypothesis/x", ".mypy_cache/x",
            ".ruff_cache/x", "__pycache__/x")  # fmt: skip
    test = "import os\ndef test_a():\n    assert os.listdir(os.path.dirname(__file__))\n"
    project = here.project({"t/test_a.py": test, **{f"t/{name}": "" for name in left}})
    main = here.record(project).main
    found = main.data(main.cid("test", "::test_a"))
    assert found["listing", "t"] == hashlib.sha1(b"test_a.py").hexdigest()


def test_an_environment_below_the_root_is_not_the_projects(here: Any) -> None:
    files = {
        "test_a.py": "def test_a():\n    open('venv/lib/site-packages/a.txt').close()\n",
        "venv/pyvenv.cfg": "",
        "venv/lib/site-packages/a.txt": "",
    }
    main = here.record(here.project(files)).main
    assert main.data(main.cid("test", "::test_a")) == {}
