"""The recorder among other tools, in trouble, and without changing what tests do."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any


def evidence(recorded: Any) -> dict[str, Any]:
    """What each test depends on by itself, whatever the process and its numbers."""
    return {
        row[1]: (journal.lines(row[0]), row[3], sorted(journal.links(row[0])))
        for journal in recorded.journals.values()
        for row in journal.of("t")
    }


def test_workers_record_what_one_process_does(workshop: Any, simple: dict[str, str]) -> None:
    project = workshop.project(simple)
    alone = workshop.record(project, "-p", "no:xdist")
    spread = workshop.record(project, "-n2")
    assert set(spread.journals) == {"main", "gw0", "gw1"}
    assert evidence(spread) == evidence(alone)
    ((tests, complete),) = spread.main.of("n")
    assert complete
    assert [nodeid for nodeid, _ in tests] == [n for n, _ in alone.main.of("n")[0][0]]
    assert spread.main.rows[-1] == ["z", 0]


def test_kill_keeps_every_finished_test(workshop: Any, simple: dict[str, str]) -> None:
    project = workshop.project(
        {
            **simple,
            "test_c.py": """
                import os, signal
                def test_killed():
                    os.kill(os.getpid(), signal.SIGKILL)
                def test_never():
                    pass
            """,
        }
    )
    recorded = workshop.record(project)
    assert recorded.status == -signal.SIGKILL
    assert len(recorded.outcomes()) == 5
    assert recorded.main.of("z") == []
    assert recorded.main.lines(recorded.main.cid("test", "test_many"))["pkg.py"] == {4, 7, 8, 9}


def test_known_tests_are_left_out(workshop: Any, simple: dict[str, str]) -> None:
    project = workshop.project(simple)
    recorded = workshop.record(project, skip=["test_a.py::test_many", "test_b.py::test_n[1]"])
    assert list(recorded.outcomes()) == [
        "test_a.py::test_one",
        "test_b.py::test_n[0]",
        "test_b.py::test_n[2]",
    ]
    assert "2 deselected" in recorded.output
    assert len(recorded.main.of("n")[0][0]) == 5


def test_collecting_only(workshop: Any, simple: dict[str, str]) -> None:
    project = workshop.project(simple)
    recorded = workshop.record(project, "--collect-only", collect_only=True)
    assert len(recorded.main.of("n")[0][0]) == 5
    assert recorded.outcomes() == {}


def test_a_broken_test_file_is_an_error_line(workshop: Any, simple: dict[str, str]) -> None:
    project = workshop.project({**simple, "test_c.py": "import nothing_like_it\n"})
    recorded = workshop.record(project, "--continue-on-collection-errors")
    ((path, text),) = recorded.main.of("e")
    assert path == "test_c.py"
    assert "nothing_like_it" in text
    assert recorded.main.of("n")[0][1] is False
    assert len(recorded.outcomes()) == 5


def test_a_broken_conftest_is_an_error_line(workshop: Any, simple: dict[str, str]) -> None:
    project = workshop.project({**simple, "conftest.py": "import nothing_like_it\n"})
    recorded = workshop.record(project)
    assert recorded.status == 4
    ((path, text),) = recorded.main.of("e")
    assert path == "conftest.py"
    assert "nothing_like_it" in text


def test_a_session_inside_a_test_is_not_ours(workshop: Any, simple: dict[str, str]) -> None:
    project = workshop.project(
        {
            **simple,
            "conftest.py": "pytest_plugins = ['pytester']\n",
            "test_nested.py": """
                import pkg
                INNER = '''
                    import pytest
                    @pytest.fixture(scope="session")
                    def wide():
                        return 1
                    def test_inner(wide):
                        assert wide == 2
                '''
                def test_inside(pytester):
                    pytester.makepyfile(INNER)
                    pytester.runpytest_inprocess("-p", "no:asyncio").assert_outcomes(failed=1)
                    assert pkg.one() == 1
                def test_beside(pytester):
                    pytester.makepyfile(INNER)
                    result = pytester.runpytest_subprocess("-p", "coverquery_recorder.plugin")
                    result.assert_outcomes(failed=1)
                def test_after():
                    assert pkg.one() == 1
            """,
        }
    )
    recorded = workshop.record(project, "test_nested.py", "test_a.py")
    main = recorded.main
    assert recorded.status == 0, recorded.output
    assert set(recorded.journals) == {"main", "child-main-1"}
    assert not recorded.journals["child-main-1"].of("t")
    assert [row[1] for row in main.of("t")][:3] == [
        f"test_nested.py::test_{name}" for name in ("inside", "beside", "after")
    ]
    for name in ("test_inside", "test_after"):
        assert main.lines(main.cid("test", name))["pkg.py"] == {4}
    assert not any("wide" in row[1] for row in main.contexts.values())
    assert recorded.untrusted() == {}


def test_doctests_and_other_files_are_data_of_their_collection(workshop: Any) -> None:
    project = workshop.project(
        {
            "mod.py": 'def f():\n    """\n    >>> f()\n    1\n    """\n    return 1\n',
            "test_text.txt": ">>> 1 + 1\n2\n",
        }
    )
    main = workshop.record(project, "--doctest-modules", "mod.py", "test_text.txt").main
    assert len(main.of("t")) == 2
    assert set(main.data(main.cid("collect", "mod.py"))) == {("docstrings", "mod.py")}
    assert set(main.data(main.cid("collect", "test_text.txt"))) == {("raw", "test_text.txt")}
    assert main.lines(main.cid("test", "mod.py::mod.f"))["mod.py"] == {6}


def test_package_setup_is_a_context_of_the_tests_below(workshop: Any) -> None:
    project = workshop.project(
        {
            "pkg.py": "def one():\n    return 1\n\ndef two():\n    return 2\n",
            "tests/__init__.py": """
                import pkg
                def setup_module(module=None):
                    pkg.one()
                def teardown_module(module=None):
                    pkg.two()
            """,
            "tests/test_a.py": "def test_a():\n    pass\ndef test_b():\n    pass\n",
        }
    )
    main = workshop.record(project).main
    cid = main.cid("node", "tests")
    assert main.lines(cid)["pkg.py"] == {2, 5}
    for name in ("test_a", "test_b"):
        assert any(
            link.startswith("node tests") for link in main.links(main.cid("test", f"::{name}"))
        )


def test_async_tests_and_fixtures(workshop: Any) -> None:
    project = workshop.project(
        {
            "pkg.py": "async def one():\n    return 1\n\nasync def two():\n    return 2\n",
            "test_async.py": """
                import pytest, pytest_asyncio
                import pkg
                pytestmark = pytest.mark.asyncio(loop_scope="module")
                @pytest_asyncio.fixture(scope="module", loop_scope="module")
                async def wide():
                    return await pkg.one()
                async def test_a(wide):
                    assert await pkg.two() == 2
                async def test_b(wide):
                    assert await pkg.two() == 2
            """,
        }
    )
    recorded = workshop.record(project)
    main = recorded.main
    assert recorded.status == 0, recorded.output
    assert main.lines(main.cid("fixture", "wide@"))["pkg.py"] == {2}
    for name in ("test_a", "test_b"):
        cid = main.cid("test", f"::{name}")
        assert main.lines(cid)["pkg.py"] == {5}
        assert any(link.startswith("fixture wide@") for link in main.links(cid))


def test_without_a_run_the_plugin_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_a():\n    pass\n")
    inject = Path(__file__).parents[2] / "coverquery" / "inject"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "coverquery_recorder.plugin", "test_a.py"],
        cwd=tmp_path, check=False, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(inject)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
