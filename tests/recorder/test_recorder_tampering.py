"""Somebody switches the recording off for a while: whoever missed lines by it is not trusted."""

from typing import Any

OFF = "tracing was switched off"
PKG = {"pkg.py": "def one():\n    return 1\n\ndef two():\n    return 2\n"}
AFTER = """

        def test_after():
            pkg.one()
            pkg.two()
"""
MONITORED = """
        import sys
        import pytest
        import pkg

        ours = [] if sys.version_info < (3, 12) else [
            tool for tool in range(6) if sys.monitoring.get_tool(tool)
        ]
        pytestmark = pytest.mark.skipif(not ours, reason="no sys.monitoring")
"""


def on_monitoring(recorded: Any) -> bool:
    return bool(recorded.main.header["engine"] == "monitoring")


def test_tracing_off_and_on_again(workshop: Any) -> None:
    project = workshop.project(
        {
            **PKG,
            "test_a.py": """
        import sys, threading
        import pkg

        def test_midway():
            assert pkg.one() == 1
            trace = sys.gettrace()
            sys.settrace(None)
            pkg.two()
            sys.settrace(trace)
"""
            + AFTER,
        }
    )
    for engine in ("auto", "pytrace"):
        recorded = workshop.record(project, engine=engine)
        found = recorded.untrusted()
        assert found == ({} if on_monitoring(recorded) else {"test_a.py::test_midway": OFF})
        lines = recorded.main.lines(recorded.main.cid("test", "test_after"))["pkg.py"]
        assert lines == {2, 5}


def test_threads_are_no_longer_traced(workshop: Any) -> None:
    project = workshop.project(
        {
            **PKG,
            "test_a.py": """
        import threading
        import pkg

        def test_off():
            threading.settrace(None)
"""
            + AFTER,
        }
    )
    recorded = workshop.record(project, engine="pytrace")
    assert set(recorded.untrusted().values()) == {OFF}
    assert len(recorded.untrusted()) == 2


def test_somebody_takes_our_callbacks(workshop: Any) -> None:
    project = workshop.project(
        {
            **PKG,
            "test_a.py": MONITORED
            + """
        def test_callback():
            for tool in ours:
                sys.monitoring.register_callback(tool, sys.monitoring.events.LINE, None)
            pkg.two()
"""
            + AFTER,
        }
    )
    recorded = workshop.record(project)
    assert len(recorded.untrusted()) == (2 if on_monitoring(recorded) else 0)


def test_somebody_switches_events_of_some_code_off(workshop: Any) -> None:
    project = workshop.project(
        {
            **PKG,
            "test_a.py": MONITORED
            + """
        def test_events():
            for tool in ours:
                sys.monitoring.set_local_events(tool, pkg.two.__code__, 0)
            pkg.two()
"""
            + AFTER,
        }
    )
    recorded = workshop.record(project)
    assert recorded.status == 0, recorded.output
    assert len(recorded.untrusted()) == (2 if on_monitoring(recorded) else 0)


def test_a_tool_of_their_own_concerns_nobody(workshop: Any) -> None:
    project = workshop.project(
        {
            **PKG,
            "test_a.py": MONITORED
            + """
        def test_own():
            monitoring = sys.monitoring
            free = next(tool for tool in range(6) if monitoring.get_tool(tool) is None)
            monitoring.use_tool_id(free, "theirs")
            monitoring.register_callback(free, monitoring.events.LINE, lambda *_: None)
            monitoring.set_events(free, monitoring.events.LINE)
            pkg.two()
            monitoring.set_events(free, 0)
            monitoring.restart_events()
            monitoring.free_tool_id(free)
            with pytest.raises(ValueError, match="in use|invalid"):
                monitoring.set_events(17, 0)
"""
            + AFTER,
        }
    )
    recorded = workshop.record(project)
    assert recorded.status == 0, recorded.output
    assert recorded.untrusted() == {}
    if on_monitoring(recorded):
        lines = recorded.main.lines(recorded.main.cid("test", "test_own"))["pkg.py"]
        assert lines == {5}


def test_a_crashed_worker_leaves_word_of_its_test(workshop: Any) -> None:
    project = workshop.project(
        {
            "test_a.py": """
        import os

        def test_crash():
            os._exit(3)

        def test_fine():
            pass
"""
        }
    )
    recorded = workshop.record(project, "-n2")
    assert recorded.outcomes() == {
        "test_a.py::test_crash": "failed",
        "test_a.py::test_fine": "passed",
    }
    assert recorded.untrusted() == {"test_a.py::test_crash": "its process crashed while it ran"}
