"""Nothing changes for the tests, and other tools keep working."""

import json
from typing import Any

import pytest

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


def test_pytest_cov_in_the_configuration_is_kept_quiet(here: Any, simple: dict[str, str]) -> None:
    ini = "[pytest]\npythonpath = .\naddopts = --cov=pkg --cov-fail-under=100\n"
    recorded = here.record(here.project({**simple, "pytest.ini": ini}))
    main = recorded.main
    assert recorded.status == 0, recorded.output
    assert recorded.untrusted() == {}
    assert main.lines(main.cid("test", "test_many"))["pkg.py"] == {4, 7, 8, 9}


@pytest.mark.parametrize("branch", [(), ("--cov-branch",)])
def test_the_users_own_coverage_works_beside(
    here: Any, branch: tuple[str, ...], simple: dict[str, str]
) -> None:
    project = here.project(simple)
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


def test_without_a_c_tracer_it_is_slow_and_says_so(here: Any, simple: dict[str, str]) -> None:
    project = here.project(simple)
    (project / "coverage.py").write_text("raise ImportError\n")
    main = here.record(project, engine="ctrace", coverage_path=None).main
    assert main.header["engine"] == "pytrace"
    assert "slow" in main.of("w")[0][0]
    assert main.lines(main.cid("test", "test_many"))["pkg.py"] == {4, 7, 8, 9}


@pytest.mark.parametrize("engine", ["auto", "pytrace"])
def test_threads_are_recorded(workshop: Any, engine: str, simple: dict[str, str]) -> None:
    project = workshop.project(
        {
            **simple,
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
