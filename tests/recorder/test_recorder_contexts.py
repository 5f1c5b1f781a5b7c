"""What is recorded of an ordinary project: lines, fixtures, imports, data, outcomes."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

FILES = {
    "pkg/__init__.py": "",
    "pkg/core.py": '''
        def add(a, b):
            if a > 5:
                return 0
            return a + b

        half = lambda x: x / 2

        def one(): return 1

        def documented():
            """Only this."""

        def lazy():
            from pkg import extra
            return extra.VALUE

        def gen():
            yield 1
            yield 2
    ''',
    "pkg/extra.py": """
        from pkg import deep
        from pkg.core import add
        VALUE = add(1, 2)
    """,
    "pkg/deep.py": "X = 1\n",
    "pkg/plugin.py": "def pytest_configure(config):\n    config.seen = 1\n",
    "pkg/texts/a.txt": "hello\n",
    "tests/__init__.py": "",
    "tests/conftest.py": """
        import pytest
        from pkg import core

        @pytest.fixture(scope="session")
        def db():
            core.add(1, 1)
            yield 1
            core.add(9, 9)

        @pytest.fixture(scope="module", params=["a", "b"])
        def flavour(request, db):
            return request.param

        @pytest.fixture(scope="module")
        def late(request):
            return request.getfixturevalue("db")

        @pytest.fixture
        def narrow():
            core.one()
            yield 1
            core.half(2)
    """,
    "tests/test_a.py": """
        import importlib
        import os
        import unittest
        from pathlib import Path

        import pytest

        from pkg.core import add, documented, gen, half, lazy, one

        def cases():
            return [add(7, 7), 2]

        def test_add():
            assert add(1, 2) == 3

        def test_short(narrow):
            assert half(4) == 2 and one() == 1 and documented() is None

        def test_short_again():
            assert half(4) == 2 and one() == 1 and documented() is None

        def test_gen():
            assert list(gen()) == [1, 2]

        def test_lazy():
            assert lazy() == 3

        def test_lazy_again():
            assert lazy() == 3

        def test_import_module():
            assert importlib.import_module("pkg.deep").X == 1

        def test_reload():
            from pkg import deep
            importlib.reload(deep)

        def test_db(db):
            pass

        def test_db_again(db):
            pass

        def test_flavour(flavour):
            pass

        def test_late(late):
            pass

        @pytest.mark.parametrize("n", cases())
        def test_param(n):
            pass

        def test_data():
            folder = Path(__file__).parents[1] / "pkg" / "texts"
            assert (folder / "a.txt").read_text() == "hello\\n"
            assert [p.name for p in folder.iterdir()] == ["a.txt"]
            assert not any(folder.glob("*.md"))
            assert "pkg" in os.listdir()
            try:
                open(folder / "none.txt")
            except OSError:
                pass
            Path("made.out").write_text("x")
            assert Path("made.out").read_text() == "x"
            Path("made.out").unlink()

        class TestUnit(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                add(3, 3)

            def test_one(self):
                one()

            def test_two(self):
                pass
    """,
    "setup.cfg": "[metadata]\n",
}


@pytest.fixture(scope="module")
def recorded(make_workshop: Callable[[str], Any]) -> Any:
    workshop = make_workshop("contexts")
    project = workshop.project(FILES)
    return workshop.record(project, "-p", "pkg.plugin")


def blob(text: str) -> str:
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def lines(recorded: Any, test: str, path: str = "pkg/core.py", phase: str | None = None) -> Any:
    return recorded.main.lines(recorded.main.cid("test", test), phase).get(path, set())


def test_each_test_has_its_own_lines(recorded: Any) -> None:
    assert lines(recorded, "::test_add") == {2, 4}
    assert lines(recorded, "::test_gen") == {18, 19}
    assert lines(recorded, "::test_short") >= {6, 8, 10}
    assert lines(recorded, "::test_short_again") == {6, 8, 10}
    assert lines(recorded, "::test_db", "tests/test_a.py") == {39}


def test_phases_are_kept_apart(recorded: Any) -> None:
    assert lines(recorded, "::test_short", phase="setup") == {8}
    assert lines(recorded, "::test_short", phase="run") == {6, 8, 10}
    assert lines(recorded, "::test_short", phase="teardown") == {6}


def test_wide_fixtures_are_shared_contexts(recorded: Any) -> None:
    main = recorded.main
    db = main.cid("fixture", "db@")
    assert main.lines(db)["pkg/core.py"] == {2, 3, 4}  # set-up and teardown
    for test in ("::test_db", "::test_db_again"):
        assert "fixture db@" in main.links(main.cid("test", test))
    assert "fixture db@" not in main.links(main.cid("test", "::test_add"))
    assert lines(recorded, "::test_db") == set()


def test_fixtures_link_the_fixtures_they_ask_for(recorded: Any) -> None:
    main = recorded.main
    for name in ("flavour[a]@", "flavour[b]@", "late@"):
        assert "fixture db@" in main.links(main.cid("fixture", name))
    a = main.links(main.cid("test", "::test_flavour[a]"))
    assert any(link.startswith("fixture flavour[a]@") for link in a)
    assert not any(link.startswith("fixture flavour[b]@") for link in a)


def test_unittest_class_setup_is_a_fixture(recorded: Any) -> None:
    main = recorded.main
    for test in ("TestUnit::test_one", "TestUnit::test_two"):
        link = [x for x in main.links(main.cid("test", test)) if "setUpClass" in x]
        assert len(link) == 1
    assert main.lines(main.cid("fixture", "setUpClass"))["pkg/core.py"] == {2, 4}


def test_every_test_links_its_collection_and_session(recorded: Any) -> None:
    main = recorded.main
    assert {"collect tests/test_a.py", "session "} <= main.links(main.cid("test", "::test_add"))
    imported = main.imported(main.cid("collect", "tests/test_a.py"))
    assert {"tests/test_a.py", "tests/__init__.py"} <= imported
    assert "tests/conftest.py" not in imported


def test_parametrize_arguments_run_in_the_import(recorded: Any) -> None:
    main = recorded.main
    assert main.lines(main.cid("import", "tests/test_a.py"))["pkg/core.py"] == {2, 3}


def test_plugins_of_the_project_belong_to_the_session(recorded: Any) -> None:
    main = recorded.main
    session = main.cid("session", "")
    assert main.lines(session)["pkg/plugin.py"] == {2}
    assert "pkg/plugin.py" in main.imported(session)


def test_lazy_imports(recorded: Any) -> None:
    main = recorded.main
    first, second = main.cid("test", "::test_lazy"), main.cid("test", "::test_lazy_again")
    assert main.imported(first) == {"pkg/extra.py"}
    assert main.imported(second) == set()
    assert main.lines(first)["pkg/core.py"] == {14, 15}  # what extra ran belongs to extra
    assert main.lines(main.cid("import", "pkg/extra.py")) == {
        "pkg/extra.py": {1, 2, 3},
        "pkg/core.py": {2, 4},
    }
    assert {("pkg/core.py", "pkg/extra.py"), ("pkg/extra.py", "pkg/deep.py")} <= main.edges


def test_import_module_of_what_is_there(recorded: Any) -> None:
    main = recorded.main
    assert main.imported(main.cid("test", "::test_import_module")) >= {"pkg/deep.py"}
    assert main.imported(main.cid("test", "::test_reload")) >= {"pkg/deep.py"}
    assert ("tests/test_a.py", "pkg/deep.py") in main.edges
    assert ("tests/test_a.py", "tests/__init__.py") in main.edges


def test_module_names_and_content(recorded: Any) -> None:
    files = {row[1]: row for row in recorded.main.of("f")}
    assert files["pkg/deep.py"][2:] == [blob("X = 1\n"), ["pkg.deep"]]
    assert files["tests/test_a.py"][3] == ["tests.test_a"]


def test_data_files(recorded: Any) -> None:
    main = recorded.main
    found = main.data(main.cid("test", "::test_data"))
    assert found.pop(("listing", "")) is not None
    assert found.pop(("exists", "pkg/texts"), "dir") == "dir"  # glob asks on some Pythons
    assert found == {
        ("raw", "pkg/texts/a.txt"): blob("hello\n"),
        ("listing", "pkg/texts"): hashlib.sha1(b"a.txt").hexdigest(),
        ("raw", "pkg/texts/none.txt"): None,
    }
    assert main.data(main.cid("test", "::test_add")) == {}


def test_configuration_belongs_to_the_session(recorded: Any) -> None:
    main = recorded.main
    assert set(main.data(main.cid("session", ""))) == {("pytest-config", "pytest.ini")}


def test_everything_collected_is_listed(recorded: Any) -> None:
    ((tests, complete),) = recorded.main.of("n")
    assert complete
    assert [nodeid for nodeid, _ in tests] == list(recorded.outcomes())
    assert {path for _, path in tests} == {"tests/test_a.py"}


def test_the_header_names_the_interpreter(recorded: Any) -> None:
    header = recorded.main.header
    assert recorded.main.rows[0][:2] == ["v", 1]
    new = header["python"].split(".")[1] >= "12"
    assert header["engine"] == ("monitoring" if new else "ctrace")
    assert any(name.startswith("pytest-") for name in header["distributions"])
    assert header["root"] == str(recorded.project)


def test_the_lines_are_those_of_a_trace_function(
    recorded: Any, make_workshop: Callable[[str], Any]
) -> None:
    workshop = make_workshop("traced")
    traced = workshop.record(workshop.project(FILES), "-p", "pkg.plugin", engine="pytrace")
    assert traced.main.header["engine"] == "pytrace"
    for row in recorded.main.of("t"):
        cid, other = row[0], traced.main.test(row[1])[0]
        assert recorded.main.lines(cid) == traced.main.lines(other), row[1]
