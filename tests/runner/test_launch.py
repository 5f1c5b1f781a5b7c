"""Launching pytest: what it is told, what it sees, what comes back."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coverquery.errors import InterpreterError
from coverquery.runner.collect import collect
from coverquery.runner.launch import launch
from coverquery.runner.outcome import read_outcome
from coverquery.runner.plan import INJECT, LaunchPlan, Progress

Planner = Callable[..., LaunchPlan]
MIXED = """
import pytest
def helper(x):
    assert x == 2
def test_ok(): pass
def test_bad():
    helper(3)
@pytest.fixture
def boom():
    raise ValueError("no\\nway")
def test_err(boom): pass
@pytest.mark.parametrize("word", ["a::b[c]", "\\x01", "ä"])
def test_many(word):
    assert not word
"""


def test_status_log_and_failures(planner: Planner) -> None:
    plan = planner({"test_mixed.py": MIXED}, name="a b\nü")
    result = launch(plan)
    assert (result.status, result.interrupted) == (1, None)
    assert "4 failed, 1 passed, 1 error" in result.log.read_text()
    outcome = read_outcome(plan.run_folder, plan.project, result.junit)
    assert outcome.counts == {"passed": 1, "failed": 4, "error": 1}
    assert (outcome.status, outcome.collected) == (1, 6)
    failures = {failure.nodeid: failure for failure in outcome.failures}
    bad = failures["test_mixed.py::test_bad"]
    assert (bad.kind, bad.error, bad.at) == (
        "failed", "AssertionError: assert 3 == 2", "test_mixed.py:4",
    )  # fmt: skip
    assert [(f.line, f.function, f.source) for f in bad.trace] == [
        (7, "test_bad", "helper(3)"),
        (4, "helper", "assert x == 2"),
    ]
    err = failures["test_mixed.py::test_err"]
    assert (err.kind, err.error, err.at) == ("error", "ValueError: no", "test_mixed.py:10")
    assert [f.at for f in outcome.failures].count("test_mixed.py:14") == 3


@pytest.mark.parametrize("style", ["short", "native", "long"])
def test_places_in_every_traceback_style(planner: Planner, style: str) -> None:
    plan = planner({"test_mixed.py": MIXED}, args=(f"--tb={style}",))
    launch(plan)
    failure = read_outcome(plan.run_folder, plan.project).failures[0]
    assert failure.at == "test_mixed.py:4"
    assert failure.error == "AssertionError: assert 3 == 2"


def test_request_is_the_contract(planner: Planner) -> None:
    plan = planner({"test_a.py": "def test_a(): pass"}, skip=("x::\udcff",))
    launch(plan)
    request = json.loads((plan.run_folder / "request.json").read_text())
    assert request == {
        "root": str(plan.project), "skip": ["x::\udcff"], "phases": True, "engine": "auto",
        "coverage_path": None, "exclude": [], "complete": False, "collect_only": False,
        "whole_files": False, "fast": None, "order": [], "first_unknown": 0,
    }  # fmt: skip


def test_a_nested_run_is_no_worker_of_the_outer_one(planner: Planner) -> None:
    plan = planner(
        {"test_a.py": "import os\ndef test_a(): assert 'PYTEST_XDIST_WORKER' not in os.environ"}
    )
    plan = _with(plan, environ={**plan.environ, "PYTEST_XDIST_WORKER": "gw7"})
    assert launch(plan).status == 0


def test_environment_of_the_tests(planner: Planner, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    code = f"import json, os\ndef test_a(): json.dump(dict(os.environ), open({str(seen)!r}, 'w'))"
    plan = planner({"test_a.py": code}, unset=frozenset({"GIT_DIR", "GIT_INDEX_FILE"}))
    environ = {**plan.environ, "GIT_DIR": "/real", "GIT_INDEX_FILE": "i", "PYTHONPATH": "/theirs"}
    assert launch(_with(plan, environ=environ)).status == 0
    tests = json.loads(seen.read_text())
    assert not {"GIT_DIR", "GIT_INDEX_FILE"} & tests.keys()
    assert tests["PYTHONPATH"] == f"{plan.inject}{os.pathsep}/theirs"
    assert tests["COVERQUERY_RUN"] == str(plan.run_folder)


def test_own_environment_is_hidden_from_another_pythons_tests(
    planner: Planner, tmp_path: Path
) -> None:
    own = Path(sys.prefix)
    plan = planner({})
    shown = {"VIRTUAL_ENV": str(own), "PATH": f"{own}/bin{os.pathsep}/usr/bin"}
    from coverquery.runner.environment import tests_environment

    other = tests_environment(_with(plan, environ=shown, python=tmp_path / "v" / "bin" / "python"))
    assert (other.get("VIRTUAL_ENV"), other["PATH"]) == (None, "/usr/bin")
    same = tests_environment(_with(plan, environ=shown, python=own / "bin" / "python"))
    assert (same["VIRTUAL_ENV"], same["PATH"]) == (shown["VIRTUAL_ENV"], shown["PATH"])


@pytest.mark.parametrize("where", ["argument", "environment", "configuration", "off"])
def test_a_junit_file_of_the_users_own_is_kept(planner: Planner, where: str) -> None:
    plan = planner({"test_a.py": "def test_a(): assert 0"})
    if where == "argument":
        plan = _with(plan, args=("--junitxml", "ci.xml"))
    elif where == "environment":
        plan = _with(plan, environ={**plan.environ, "PYTEST_ADDOPTS": "--junit-xml=ci.xml"})
    elif where == "configuration":
        (plan.project / "pytest.ini").write_text("[pytest]\naddopts = -v --junitxml=ci.xml\n")
    else:
        plan = _with(plan, args=("-p", "no:junitxml"))
    result = launch(plan)
    assert result.status == 1
    failure = read_outcome(plan.run_folder, plan.project, result.junit).failures[0]
    if where == "off":
        assert (failure.at, result.junit.exists()) == (None, False)
    else:
        assert result.junit == plan.project / "ci.xml"
        assert failure.at == "test_a.py:1"


def test_progress_is_told_and_may_end_the_run(planner: Planner) -> None:
    code = "import time\ndef test_a(): pass\ndef test_b(): time.sleep(60)\ndef test_c(): pass"
    plan = planner({"test_a.py": code}, skip=("test_a.py::test_c",))
    told: list[Progress] = []

    def stop(progress: Progress) -> None:
        told.append(progress)
        if progress.done:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        launch(plan, stop)
    assert (told[-1].done, told[-1].total, told[-1].failed) == (1, 2, 0)
    assert _left_behind(plan) == []


def test_collect_runs_nothing(planner: Planner) -> None:
    files = {"test_a.py": "def test_a(): open('ran', 'w')", "test_b.py": "import nowhere"}
    plan = planner(files)
    found = collect(plan)
    assert found.items == (("test_a.py::test_a", "test_a.py"),)
    assert [path for path, _ in found.errors] == ["test_b.py"]
    assert (found.complete, found.status) == (False, 2)
    assert not (plan.project / "ran").exists()


def test_collection_errors_are_failures(planner: Planner) -> None:
    plan = planner({"test_b.py": "x = 1\nimport nowhere\n"})
    result = launch(plan)
    (failure,) = read_outcome(plan.run_folder, plan.project).failures
    assert (result.status, failure.kind, failure.at) == (2, "collection", "test_b.py:2")
    assert failure.error == "ModuleNotFoundError: No module named 'nowhere'"


def test_names_that_are_no_text(planner: Planner) -> None:
    plan = planner({}, name="odd\udcff")
    (plan.project / "test_\udcfe.py").write_text("def test_a(): assert 0")
    assert launch(_with(plan, paths=("test_\udcfe.py",))).status == 1
    (failure,) = read_outcome(plan.run_folder, plan.project).failures
    assert failure.nodeid == "test_\udcfe.py::test_a"


def test_without_tests_the_raw_status_comes_back(planner: Planner) -> None:
    assert launch(planner({})).status == 5


def test_python_that_cannot_be_started(planner: Planner, tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match="cannot start"):
        launch(planner({}, python=tmp_path / "nothing"))


def test_death_by_signal_is_told(planner: Planner) -> None:
    plan = planner({"test_a.py": "import os\ndef test_a(): os.kill(os.getpid(), 9)"})
    assert launch(plan).status == 137
    assert read_outcome(plan.run_folder, plan.project).status is None


def test_what_tests_leave_running_is_ended(planner: Planner) -> None:
    code = "import subprocess, sys\ndef test_a(): subprocess.Popen(['sleep', '60'])"
    plan = planner({"test_a.py": code}, output="show")
    assert launch(plan).status == 0
    assert _left_behind(plan) == []


def test_a_stray_that_keeps_the_output_open_is_not_waited_for(planner: Planner) -> None:
    code = """
        import subprocess
        def test_a():
            stray = subprocess.Popen(["sleep", "100"], start_new_session=True, stdout=1)
            open("pid", "w").write(str(stray.pid))
    """
    plan = planner({"test_a.py": textwrap.dedent(code)}, output="show", args=("-s",))
    assert launch(plan).status == 0
    assert len(_left_behind(plan)) == 1  # a session of its own is out of our reach
    os.kill(int((plan.project / "pid").read_text()), signal.SIGKILL)


def test_output_goes_to_both_streams_and_the_log(
    planner: Planner, capfd: pytest.CaptureFixture[str]
) -> None:
    code = "import os\ndef test_a():\n    os.write(1, b'out\\xff\\n'); os.write(2, b'err\\n')"
    plan = planner({"test_a.py": code}, output="show", args=("-s",))
    result = launch(plan)
    shown = capfd.readouterr()
    assert "out" in shown.out
    assert "1 passed" in shown.out
    assert "err\n" in shown.err
    assert "coverquery: 1/1 tests (100 %)\n" in shown.err
    log = result.log.read_bytes()
    assert b"out\xff\n" in log
    assert b"err\n" in log


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_everything(planner: Planner, number: signal.Signals, status: int) -> None:
    code = """
        import os, signal, subprocess, time
        def test_a():
            subprocess.Popen(["sleep", "61"])
            os.kill(os.getppid(), %d)
            time.sleep(61)
    """
    plan = planner({"test_a.py": textwrap.dedent(code) % number})
    done = _launch_elsewhere(plan)
    assert done.stdout.split() == [str(status), str(int(number))]
    assert _left_behind(plan) == []


def test_control_z_stops_the_tests_too(planner: Planner, tmp_path: Path) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    plan = planner({"test_a.py": f"def test_a():\n    assert open({str(go)!r}).read() == 'on'"})
    process = _start_elsewhere(plan)
    with go.open("w") as fifo:  # now the test is running
        process.send_signal(signal.SIGTSTP)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert any(set(_states(plan)) == {"T"} for _ in range(1000))  # it takes a moment
        process.send_signal(signal.SIGCONT)
        fifo.write("on")
    assert process.communicate()[0].split() == ["0", "None"]


def test_who_does_not_listen_is_killed(planner: Planner) -> None:
    code = """
        import os, signal, time
        def test_a():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            os.kill(os.getppid(), signal.SIGINT)
            time.sleep(61)
    """
    plan = planner({"test_a.py": textwrap.dedent(code)}, grace=0.3)
    assert _launch_elsewhere(plan).stdout.split() == ["130", "2"]
    assert _left_behind(plan) == []


def test_with_the_real_recorder(planner: Planner) -> None:
    code = """
        import pytest
        @pytest.fixture
        def no(): assert 0
        def test_a(no): pass
        def test_b(): pass
    """
    code = textwrap.dedent(code)
    plan = planner({"test_a.py": code, "test_b.py": "import nowhere"}, inject=INJECT)
    found = collect(plan)
    assert [nodeid for nodeid, _ in found.items] == ["test_a.py::test_a", "test_a.py::test_b"]
    assert [path for path, _ in found.errors] == ["test_b.py"]
    plan = _with(plan, run_folder=plan.run_folder.with_name("again"), paths=("test_a.py",))
    told: list[Progress] = []
    result = launch(plan, told.append)
    outcome = read_outcome(plan.run_folder, plan.project, result.junit)
    assert (result.status, outcome.status, outcome.collected) == (1, 1, 2)
    assert outcome.counts == {"error": 1, "passed": 1}
    assert [failure.at for failure in outcome.failures] == ["test_a.py:4"]
    assert (told[-1].done, told[-1].total, told[-1].failed) == (2, 2, 1)


def _with(plan: LaunchPlan, **changes: Any) -> LaunchPlan:
    return plan._replace(**changes)


def _launch_elsewhere(plan: LaunchPlan) -> "subprocess.CompletedProcess[str]":
    process = _start_elsewhere(plan)
    said, _ = process.communicate()
    assert process.returncode == 0
    return subprocess.CompletedProcess([], 0, said)


def _start_elsewhere(plan: LaunchPlan) -> "subprocess.Popen[str]":
    """Launch in a process of its own, which gets the signals."""
    program = """
        import sys
        from os import environ
        from pathlib import Path
        from coverquery.runner.launch import launch
        from coverquery.runner.plan import LaunchPlan, Request
        project, run, inject, grace = sys.argv[1:]
        plan = LaunchPlan(Path(sys.executable), Path(project), Path(run), Request(Path(project)),
            environ, output="log", inject=Path(inject), grace=float(grace))
        result = launch(plan)
        print(result.status, result.interrupted)
    """
    words = [str(plan.project), str(plan.run_folder), str(plan.inject), str(plan.grace)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), *words],
        stdout=subprocess.PIPE, text=True, env={**plan.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip


def _states(plan: LaunchPlan) -> list[str]:
    """Return the states of the processes of this run."""
    mark = f"COVERQUERY_RUN={plan.run_folder}".encode()
    found = [p.parent for p in Path("/proc").glob("[0-9]*/environ") if mark in _content(p)]
    return [(_content(folder / "stat").decode().rpartition(")")[2].split())[0] for folder in found]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _left_behind(plan: LaunchPlan) -> list[str]:
    """Return the states of this run's processes that still live."""
    return [state for state in _states(plan) if state not in "ZX"]
