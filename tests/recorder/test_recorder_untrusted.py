"""Records that cannot be relied on say so."""

from typing import Any

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
    "test_0.py": """
        import sys
        import pkg
        def test_blind():
            sys.settrace(None)
            pkg.one()
    """,
}


def test_tracing_switched_off_is_noticed_and_mended(workshop: Any, simple: dict[str, str]) -> None:
    recorded = workshop.record(workshop.project({**simple, **BLINDING}))
    main = recorded.main
    old = main.header["engine"] == "ctrace"
    found = {"test_0.py::test_blind": "tracing was switched off"} if old else {}
    assert recorded.untrusted() == found
    assert main.lines(main.cid("test", "test_many"))["pkg.py"] == {4, 7, 8, 9}


def test_a_freed_tool_id_is_noticed(workshop: Any, simple: dict[str, str]) -> None:
    project = workshop.project(
        {
            **simple,
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
    assert recorded.status == 0, recorded.output
    if recorded.main.header["engine"] == "monitoring":
        assert len(recorded.untrusted()) == 6
