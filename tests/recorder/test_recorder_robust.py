"""The recorder among other tools, in trouble, and without changing what tests do."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

PLAIN = {
    "pkg.py": """
        import threading

        def one():
            return 1

        def many(n):
            for i in range(n):
                one()
            return n
    """,
    "test_a.py": """
        import pkg

        def test_one():
            assert pkg.one() == 1

        def test_many():
            assert pkg.many(3) == 3
    """,
    "test_b.py": """
        import pytest
        import pkg

        @pytest.fixture(scope="module")
        def made():
            return pkg.many(2)

        @pytest.mark.parametrize("n", range(3))
        def test_n(made, n):
            assert pkg.many(n) == n
    """,
}


def evidence(recorded: Any) -> dict[str, Any]:
    """What each test depends on by itself, whatever the process and its numbers."""
    return {
        row[1]: (journal.lines(row[0]), row[3], sorted(journal.links(row[0])))
        for journal in recorded.journals.values()
        for row in journal.of("t")
    }


def test_workers_record_what_one_process_does(workshop: Any) -> None:
    project = workshop.project(PLAIN)
    alone = workshop.record(project, "-p", "no:xdist")
    spread = workshop.record(project, "-n2")
    assert set(spread.journals) == {"main", "gw0", "gw1"}
    assert evidence(spread) == evidence(alone)
    ((tests, complete),) = spread.main.of("n")
    assert complete
    assert [nodeid for nodeid, _ in tests] == [n for n, _ in alone.main.of("n")[0][0]]
    assert spread.main.rows[-1] == ["z", 0]


def test_kill_keeps_every_finished_test(workshop: Any) -> None:
    project = workshop.project(
        {
            **PLAIN,
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


def test_known_tests_are_left_out(workshop: Any) -> None:
    project = workshop.project(PLAIN)
    recorded = workshop.record(project, skip=["test_a.py::test_many", "test_b.py::test_n[1]"])
    assert list(recorded.outcomes()) == [
        "test_a.py::test_one",
        "test_b.py::test_n[0]",
        "test_b.py::test_n[2]",
    ]
    assert "2 deselected" in recorded.output
    assert len(recorded.main.of("n")[0][0]) == 5


def test_collecting_only(workshop: Any) -> None:
    project = workshop.project(PLAIN)
    recorded = workshop.record(project, "--collect-only", collect_only=True)
    assert len(recorded.main.of("n")[0][0]) == 5
    assert recorded.outcomes() == {}


def test_a_broken_test_file_is_an_error_line(workshop: Any) -> None:
    project = workshop.project({**PLAIN, "test_c.py": "import nothing_like_it\n"})
    recorded = workshop.record(project, "--continue-on-collection-errors")
    ((path, text),) = recorded.main.of("e")
    assert path == "test_c.py"
    assert "nothing_like_it" in text
    assert recorded.main.of("n")[0][1] is False
    assert len(recorded.outcomes()) == 5


def test_a_broken_conftest_is_an_error_line(workshop: Any) -> None:
    project = workshop.project({**PLAIN, "conftest.py": "import nothing_like_it\n"})
    recorded = workshop.record(project)
    assert recorded.status == 4
    ((path, text),) = recorded.main.of("e")
    assert path == "conftest.py"
    assert "nothing_like_it" in text


def test_a_session_inside_a_test_is_not_ours(workshop: Any) -> None:
    project = workshop.project(
        {
            **PLAIN,
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
    assert set(recorded.journals) == {"main"}
    assert [row[1] for row in main.of("t")][:3] == [
        f"test_nested.py::test_{name}" for name in ("inside", "beside", "after")
    ]
    for name in ("test_inside", "test_after"):
        assert main.lines(main.cid("test", name))["pkg.py"] == {4}
    assert not any("wide" in row[1] for row in main.contexts.values())
    assert recorded.untrusted() == {"test_nested.py::test_beside": "started a child process"}


CHILDREN = {
    "test_children.py": """
        import multiprocessing, os, subprocess, sys
        import pytest

        @pytest.fixture(scope="module")
        def server():
            subprocess.run([sys.executable, "-c", ""], check=True)

        def job():
            pass

        def test_plain():
            pass

        def test_popen():
            subprocess.run([sys.executable, "-c", ""], check=True)

        def test_system():
            os.system("true")

        def test_spawned():
            process = multiprocessing.get_context("spawn").Process(target=job)
            process.start()
            process.join()

        def test_fork():
            pid = os.fork()
            if not pid:
                os._exit(0)
            os.waitpid(pid, 0)

        def test_platform():
            import platform
            platform.processor()

        def test_server(server):
            pass

        def test_server_again(server):
            pass

        def test_after():
            pass
    """
}


def test_children_make_a_record_untrusted(workshop: Any) -> None:
    recorded = workshop.record(workshop.project(CHILDREN))
    assert recorded.status == 0, recorded.output
    assert set(recorded.untrusted().values()) == {"started a child process"}
    assert {nodeid.rpartition("test_")[2] for nodeid in recorded.untrusted()} == {
        "popen", "system", "spawned", "fork", "server", "server_again",
    }  # fmt: skip


def test_a_child_started_by_an_import_concerns_everybody_after(workshop: Any) -> None:
    project = workshop.project(
        {
            "starts.py": "import subprocess\nsubprocess.run(['true'])\n",
            "test_import.py": """
                def test_before():
                    pass
                def test_importing():
                    import starts
                def test_after():
                    pass
            """,
        }
    )
    assert list(workshop.record(project).untrusted()) == [
        "test_import.py::test_importing",
        "test_import.py::test_after",
    ]


def test_a_forked_child_writes_nothing(workshop: Any) -> None:
    project = workshop.project(
        {
            "test_fork.py": """
                import os, sys
                def test_fork():
                    if os.fork() == 0:
                        return  # the child goes on as if it were pytest
                    os.wait()
                def test_then():
                    pass
            """
        }
    )
    recorded = workshop.record(project)
    assert [row[1] for row in recorded.main.of("t")] == [
        "test_fork.py::test_fork",
        "test_fork.py::test_then",
    ]
    assert len(recorded.main.of("z")) == 1


BLINDING = {
    **PLAIN,
    "test_0.py": """
        import sys
        import pkg
        def test_blind():
            sys.settrace(None)
            pkg.one()
    """,
}


def test_tracing_switched_off_is_noticed_and_mended(workshop: Any) -> None:
    recorded = workshop.record(workshop.project(BLINDING))
    main = recorded.main
    old = main.header["engine"] == "ctrace"
    found = {"test_0.py::test_blind": "tracing was switched off"} if old else {}
    assert recorded.untrusted() == found
    assert main.lines(main.cid("test", "test_many"))["pkg.py"] == {4, 7, 8, 9}


def test_a_freed_tool_id_is_noticed(workshop: Any) -> None:
    project = workshop.project(
        {
            **PLAIN,
            "test_0.py": """
                import sys
                import pytest
                def test_free():
                    if sys.version_info < (3, 12):
                        pytest.skip("no sys.monitoring")
                    for tool in range(6):
                        sys.monitoring.free_tool_id(tool)
            """,
        }
    )
    recorded = workshop.record(project)
    if recorded.main.header["engine"] == "monitoring":
        assert len(recorded.untrusted()) == 6


LOUD = {
    "loud.py": "import warnings\nwarnings.warn('at import', stacklevel=2)\n",
    "broken.py": "import json\n\ndef f():\n    raise KeyError('x')\nf()\n",
    "test_loud.py": """
        import importlib, sys, traceback, warnings
        import pytest

        def frames(error):
            return [(f.filename.rpartition("/")[2], f.name, f.lineno)
                    for f in traceback.extract_tb(error.__traceback__)]

        def test_import_error():
            with pytest.raises(KeyError) as caught:
                import broken
            print("TB", frames(caught.value))

        def test_import_module_error():
            with pytest.raises(KeyError) as caught:
                importlib.import_module("broken")
            print("TB", frames(caught.value))

        def test_missing():
            with pytest.raises(ImportError) as caught:
                importlib.import_module("no_such")
            print("TB", frames(caught.value))

        def test_warning():
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                import loud
            print("WARN", [(w.filename.rpartition("/")[2], w.lineno) for w in seen])

        @pytest.fixture(scope="module")
        def failing():
            raise ValueError("in a fixture")

        def test_fixture_error(failing):
            pass

        def test_depth():
            def down(n):
                try:
                    return down(n + 1)
                except RecursionError:
                    return n
            down(0)
            assert down(0) > 500

        def test_modules():
            print("TRACE", sys.getprofile(), len(sys.path) > 1)

        def test_fails():
            assert [1, 2] == [1, 3]
    """,
    "test_syntax.py": "def f(:\n",
    "test_raises.py": "from broken import f\n",
}


def test_output_is_the_same_with_and_without(workshop: Any) -> None:
    project = workshop.project(LOUD)
    arguments = ("-s", "--tb=native", "--continue-on-collection-errors", "-p", "no:randomly")
    with_, without = (
        workshop.record(project, *arguments, plain=plain).output for plain in (False, True)
    )
    assert scrubbed(with_) == scrubbed(without)
    assert "TB [" in with_
    assert "WARN [" in with_


def scrubbed(output: str) -> list[str]:
    return [line.rpartition(" in ")[0] or line for line in output.splitlines()]


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


def test_pytest_cov_in_the_configuration_is_kept_quiet(here: Any) -> None:
    ini = "[pytest]\npythonpath = .\naddopts = --cov=pkg --cov-fail-under=100\n"
    recorded = here.record(here.project({**PLAIN, "pytest.ini": ini}))
    main = recorded.main
    assert recorded.status == 0, recorded.output
    assert recorded.untrusted() == {}
    assert main.lines(main.cid("test", "test_many"))["pkg.py"] == {4, 7, 8, 9}


@pytest.mark.parametrize("branch", [(), ("--cov-branch",)])
def test_the_users_own_coverage_works_beside(here: Any, branch: tuple[str, ...]) -> None:
    project = here.project(PLAIN)
    arguments = ("--cov=pkg", "--cov=test_a", "--cov-report=json", *branch)
    reports = []
    for plain in (True, False):
        recorded = here.record(project, *arguments, plain=plain)
        report = json.loads((project / "coverage.json").read_text())
        reports.append({k: (v["executed_lines"], v.get("executed_branches"))
                        for k, v in report["files"].items()})  # fmt: skip
    assert reports[0] == reports[1]
    main = recorded.main
    assert recorded.untrusted() == {}
    assert main.lines(main.cid("test", "test_many"))["pkg.py"] == {4, 7, 8, 9}
    assert main.lines(main.cid("test", "test_many"))["test_a.py"] == {7}
    assert main.lines(main.cid("fixture", "made"))["pkg.py"] == {4, 7, 8, 9}
    assert "Error" not in recorded.output


def test_no_coverage_package_is_seen_where_there_is_none(workshop: Any) -> None:
    project = workshop.project(
        {
            "test_a.py": """
                import importlib.util, sys
                def test_a():
                    assert not [n for n in sys.modules if n.split(".")[0] == "coverage"]
                    assert importlib.util.find_spec("coverage") is None
            """
        }
    )
    recorded = workshop.record(project)
    assert recorded.status == 0, recorded.output


def test_without_a_c_tracer_it_is_slow_and_says_so(here: Any) -> None:
    project = here.project(PLAIN)
    (project / "coverage.py").write_text("raise ImportError\n")
    main = here.record(project, engine="ctrace", coverage_path=None).main
    assert main.header["engine"] == "pytrace"
    assert "slow" in main.of("w")[0][0]
    assert main.lines(main.cid("test", "test_many"))["pkg.py"] == {4, 7, 8, 9}


@pytest.mark.parametrize("engine", ["auto", "pytrace"])
def test_threads_are_recorded(workshop: Any, engine: str) -> None:
    project = workshop.project(
        {
            **PLAIN,
            "test_thread.py": """
                import threading
                import pkg
                def test_thread():
                    thread = threading.Thread(target=pkg.many, args=(2,))
                    thread.start()
                    thread.join()
            """,
        }
    )
    main = workshop.record(project, "test_thread.py", engine=engine).main
    assert main.lines(main.cid("test", "test_thread"))["pkg.py"] == {4, 7, 8, 9}


def test_a_rerun_that_passes_is_flaky(here: Any) -> None:
    project = here.project(
        {
            "conftest.py": """
                from _pytest.runner import runtestprotocol
                def pytest_runtest_protocol(item, nextitem):
                    for _ in range(2):
                        reports = runtestprotocol(item, nextitem=nextitem, log=False)
                        for report in reports:
                            item.ihook.pytest_runtest_logreport(report=report)
                    return True
            """,
            "test_a.py": """
                seen = []
                def test_flaky():
                    seen.append(1)
                    assert len(seen) == 2
                def test_steady():
                    pass
            """,
        }
    )
    recorded = here.record(project)
    assert set(recorded.outcomes().values()) == {"passed"}
    assert recorded.untrusted() == {"test_a.py::test_flaky": "flaky in one run"}


def test_an_interrupted_test_has_no_record(workshop: Any) -> None:
    project = workshop.project(
        {
            "test_a.py": """
                def test_done():
                    pass
                def test_cut():
                    raise KeyboardInterrupt
            """
        }
    )
    recorded = workshop.record(project)
    assert list(recorded.outcomes()) == ["test_a.py::test_done"]
    assert time.time() - recorded.main.header["started"] < 600
