"""What a test's child processes do belongs to the test, however they were started."""

import shutil
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pluggy
import pytest

from coverquery.index.children import read_with_children
from coverquery.index.seen import Journal

WAYS = ("run", "module", "script", "wiped", "other_path", "shell", "system", "os_spawn", "posix",
        "fork", "fork_exec", "process", "spawned", "served", "pool", "executor", "grandchild",
        "exits", "pytester", "workers", "asynchronous", "from_thread",
        "fixture")  # fmt: skip

PKG = "import os\n" + "".join(f"\n\ndef {way}():\n    return {way!r}\n" for way in WAYS)
MAIN = """
if __name__ == "__main__":
    module()
"""

TESTS = '''
    import asyncio, multiprocessing, os, subprocess, sys, threading
    from concurrent.futures import ProcessPoolExecutor
    import pytest
    import pkg

    HERE = os.path.dirname(os.path.abspath(__file__))
    context = multiprocessing.get_context

    def python(way, **options):
        code = f"import pkg; print(pkg.{way}())"
        command = [sys.executable, "-c", code]
        options |= {"check": True, "stdout": subprocess.PIPE, "text": True}
        return subprocess.run(command, **options).stdout

    def call(way):
        return getattr(pkg, way)()

    def test_run():
        assert python("run") == "run\\n"

    def test_module():
        subprocess.run([sys.executable, "-m", "pkg"], check=True)

    def test_script(tmp_path):
        script = tmp_path / "script"
        lines = [f"#!{sys.executable}", f"import sys; sys.path.insert(0, {HERE!r})",
                 "import pkg; pkg.script()"]
        script.write_text("\\n".join(lines))
        script.chmod(0o755)
        subprocess.run([str(script)], check=True)

    def test_wiped(tmp_path):
        code = f"""if True:
            import os, sys
            assert not [n for n in os.environ if n.startswith(("COVERQUERY", "PYTHON"))], os.environ
            assert not [p for p in sys.path if p.endswith("site")], sys.path
            assert "coverquery_recorder" not in sys.modules and "json" not in sys.modules
            sys.path.insert(0, {HERE!r})
            import pkg
            pkg.wiped()
        """
        options = {"env": {}, "cwd": tmp_path, "check": True, "stderr": subprocess.PIPE}
        assert subprocess.run([sys.executable, "-c", code], **options).stderr == b""

    def test_other_path(tmp_path):
        (tmp_path / "sitecustomize.py").write_text("import sys\\nsys.theirs = 1\\n")
        code = "import os, sys, pkg; assert sys.theirs; pkg.other_path()"
        code += "; print(os.environ['PYTHONPATH'])"
        path = f"{tmp_path}:{HERE}"
        found = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": path}, check=True,
                               cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        assert found.stdout == path + "\\n"

    def test_shell():
        subprocess.run(f"{sys.executable} call.py shell", shell=True, check=True, cwd=HERE)

    def test_system(monkeypatch):
        monkeypatch.chdir(HERE)
        assert os.system(f"{sys.executable} call.py system") == 0

    def test_os_spawn():
        command = [sys.executable, "-c", "import pkg; pkg.os_spawn()"]
        assert os.spawnv(os.P_WAIT, sys.executable, command) == 0

    def test_posix():
        command = [sys.executable, "-c", "import pkg; pkg.posix()"]
        pid = os.posix_spawn(sys.executable, command, os.environ)
        assert os.waitpid(pid, 0)[1] == 0

    def test_fork():
        pid = os.fork()
        if not pid:
            pkg.fork()
            os._exit(0)
        os.waitpid(pid, 0)

    def test_fork_exec():
        pid = os.fork()
        if not pid:
            os.execv(sys.executable, [sys.executable, "-c", "import pkg; pkg.fork_exec()"])
        os.waitpid(pid, 0)

    def test_process():
        process = context("fork").Process(target=pkg.process)
        process.start()
        process.join()

    def test_spawned():
        process = context("spawn").Process(target=pkg.spawned)
        process.start()
        process.join()
        assert process.exitcode == 0

    def test_served():
        process = context("forkserver").Process(target=pkg.served)
        process.start()
        process.join()
        assert process.exitcode == 0

    def test_pool():
        with context("fork").Pool(1) as pool:  # killed before it waits, one is not vouched for
            assert pool.map(call, ["pool"] * 3) == ["pool"] * 3

    def test_executor():
        with ProcessPoolExecutor(2, mp_context=context("spawn")) as pool:
            assert list(pool.map(call, ["executor"] * 3)) == ["executor"] * 3

    def test_grandchild():
        inner = "import pkg; pkg.grandchild()"
        code = f"import subprocess as s, sys; s.run([sys.executable, '-c', {inner!r}], check=True)"
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_exits():
        code = "import os, pkg; pkg.exits(); os._exit(3)"
        assert subprocess.run([sys.executable, "-c", code]).returncode == 3

    INNER = """if True:
        import sys
        sys.path.insert(0, {!r})
        import pkg
        def test_inner():
            assert pkg.{}()
    """

    def test_pytester(pytester):
        pytester.makepyfile(INNER.format(HERE, "pytester"))
        pytester.runpytest_subprocess().assert_outcomes(passed=1)

    def test_workers(pytester):
        pytest.importorskip("xdist")
        pytester.makepyfile(INNER.format(HERE, "workers"))
        pytester.runpytest_subprocess("-n2").assert_outcomes(passed=1)

    def test_asynchronous():
        async def main():
            command = [sys.executable, "-c", "import pkg; pkg.asynchronous()"]
            process = await asyncio.create_subprocess_exec(*command)
            assert await process.wait() == 0
        asyncio.run(main())

    def test_from_thread():
        thread = threading.Thread(target=python, args=["from_thread"])
        thread.start()
        thread.join()

    @pytest.fixture(scope="module")
    def started():
        return python("fixture")

    def test_fixture(started):
        pass

    def test_fixture_again(started):
        pass

    def test_none():
        pass
'''

FILES = {
    "pkg.py": PKG + MAIN,
    "call.py": "import sys, pkg\ngetattr(pkg, sys.argv[1])()\n",
    "conftest.py": "pytest_plugins = ['pytester']\n",
    "test_ways.py": TESTS,
}


class Family:
    """A journal and those of all children, as the index reads them."""

    def __init__(self, run: Path, name: str = "main") -> None:
        self.journal: Journal = read_with_children(run / f"journal-{name}.jsonl")

    def lines(self, test: str) -> dict[str, set[int]]:
        """Return what a test executed, with everything that it uses."""
        cid = next(t.context for t in self.journal.tests if t.nodeid.endswith(f"::{test}"))
        found: dict[str, set[int]] = {}
        waiting, seen = [cid], {cid}
        while waiting:
            context = waiting.pop()
            for facts in self.journal.facts.get(context, {}).values():
                for sid in facts.sets:
                    fid, lines = self.journal.sets[sid]
                    path = str(self.journal.files[fid].path)
                    found.setdefault(path, set()).update(lines)
                waiting += facts.uses - seen
                seen |= facts.uses
        return found

    def doubts(self) -> dict[str, str]:
        """Return why tests are not trusted."""
        found = {t.nodeid: t.untrusted or self.journal.doubts.get(t.context)
                 for t in self.journal.tests}  # fmt: skip
        return {str(n).partition("::test_")[2]: why for n, why in found.items() if why}


@pytest.fixture(scope="module")
def ways(make_workshop: Callable[[str], Any]) -> tuple[Any, Family]:
    workshop = make_workshop("ways")
    recorded = workshop.record(workshop.project(FILES))
    assert recorded.status == 0, recorded.output
    return recorded, Family(recorded.run)


def line_of(way: str) -> int:
    return PKG.splitlines().index(f"    return {way!r}") + 1


def skipped(recorded: Any) -> set[str]:
    return {name.rpartition("test_")[2] for name, was in recorded.outcomes().items()
            if was == "skipped"}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_lines_of_a_child_are_the_tests(ways: tuple[Any, Family], way: str) -> None:
    recorded, family = ways
    if way in skipped(recorded):
        pytest.skip("no pytest-xdist there")
    ran = family.lines(f"test_{way}")["pkg.py"] & set(map(line_of, WAYS))
    assert ran == {line_of(way)}


def test_none_of_them_is_doubted(ways: tuple[Any, Family]) -> None:
    assert ways[1].doubts() == {}


def test_whoever_uses_the_fixture_depends_on_its_child(ways: tuple[Any, Family]) -> None:
    assert line_of("fixture") in ways[1].lines("test_fixture_again")["pkg.py"]
    assert line_of("fixture") not in ways[1].lines("test_none").get("pkg.py", set())


UNSEEN = {
    "helper.py": "def job():\n    pass\n",
    "test_unseen.py": """
        import multiprocessing, os, signal, subprocess, sys, time
        import pytest

        def python(*words, **options):
            return subprocess.run([sys.executable, *words], check=True, **options)

        @pytest.fixture(scope="module")
        def server():
            python("-I", "-c", "")

        def test_plain():
            pass

        def test_isolated():
            python("-I", "-c", "")

        def test_no_environment():
            python("-Ec", "")

        def test_no_site():
            python("-B", "-S", "-c", "")

        def test_told_of_imports():
            python("-Bu", "-W", "error", "-X", "importtime", "-c", "")

        def test_program():
            subprocess.run(["git", "--version"], check=True)

        def test_shell():
            subprocess.run("cat < test_unseen.py", shell=True, check=True)

        def test_system():
            os.system("echo $HOME")

        def test_chooser(tmp_path):
            chooser = tmp_path / "python"
            chooser.write_text(f"#!/bin/sh\\nexec {sys.executable} \\"$@\\"\\n")
            chooser.chmod(0o755)
            subprocess.run([str(chooser), "-c", ""], check=True)

        def test_killed():
            code = "print(flush=True); import time; time.sleep(1000)"
            with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
                process.stdout.readline()
                process.kill()

        def test_terminated():
            code = "print(flush=True); import time; time.sleep(1000)"
            with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
                process.stdout.readline()
                process.terminate()

        def test_crashed():
            subprocess.run([sys.executable, "-c", "import os; os.abort()"])

        def test_programs_child():
            code = "import subprocess; subprocess.run(['git', '--version'])"
            python("-c", code)

        def test_before_exec():
            python("-c", "", preexec_fn=lambda: None)

        def test_harmless():
            subprocess.run(["cat"], stdin=subprocess.DEVNULL, check=True)

        def test_version():
            python("--version")

        def test_not_there():
            with pytest.raises(OSError):
                subprocess.run(["no-such-program"])

        def test_server(server):
            pass

        def test_server_again(server):
            pass

        def test_platform():
            import platform
            platform.processor()

        def test_left():
            global left
            code = "import sys; sys.stdin.read()"
            left = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)

        def test_beside():
            pass

        def test_that_ends_it():
            left.communicate()

        def test_after():
            pass
    """,
}


def test_what_cannot_be_accounted_for_is_doubted(workshop: Any) -> None:
    recorded = workshop.record(workshop.project(UNSEEN))
    assert recorded.status == 0, recorded.output
    shell = "ran a command line in a shell: what that reads is not seen"
    git = "started git, which is no Python: what it reads is not seen"
    cut_off = "a child process that it started did not end in order"
    bare = "started Python with -{}, which keeps the recorder out"
    doubts = Family(recorded.run).doubts()
    doubts.pop("that_ends_it", None)  # whether a module's global links tests is tested elsewhere
    assert doubts == {
        "isolated": bare.format("I"),
        "no_environment": bare.format("E"),
        "no_site": bare.format("S"),
        "told_of_imports": bare.format("X importtime"),
        "program": git,
        "shell": shell,
        "system": shell,
        "chooser": shell,
        "killed": cut_off,
        "terminated": cut_off,
        "crashed": cut_off,
        "programs_child": f"a child process that it started: {git}",
        "before_exec": "ran code of its own between fork and exec (preexec_fn)",
        "server": bare.format("I"),
        "server_again": bare.format("I"),
        "left": "a child process that it started was still running when it ended",
        "beside": "a child process that test_unseen.py::test_left started was still running",
    }


def test_files_named_to_a_harmless_program_are_data(workshop: Any) -> None:
    project = workshop.project(
        {
            "data.txt": "1\n",
            "test_cat.py": """
                import subprocess
                def test_cat():
                    subprocess.run(["cat", "data.txt", "absent.txt"])
                def test_folder():
                    subprocess.run(["cat", "."])
                def test_sed():
                    subprocess.run(["sed", "-n", "s/1/2/p", "data.txt"], check=True)
                def test_sed_reads():
                    subprocess.run(["sed", "r data.txt"], stdin=subprocess.DEVNULL, check=True)
                def test_preloaded():
                    subprocess.run(["cat"], env={"LD_PRELOAD": "x.so"}, stdin=subprocess.DEVNULL)
            """,
        }
    )
    recorded = workshop.record(project)
    main = recorded.main
    found = main.data(main.cid("test", "test_cat.py::test_cat"))
    assert found["raw", "data.txt"]
    assert found["raw", "absent.txt"] is None
    assert ("raw", "data.txt") in main.data(main.cid("test", "test_sed"))
    assert {name.partition("::")[2] for name in recorded.untrusted()} == {
        "test_folder", "test_sed_reads", "test_preloaded",
    }  # fmt: skip


def test_a_child_started_by_an_import_concerns_everybody_after(workshop: Any) -> None:
    project = workshop.project(
        {
            "starts.py": "import subprocess\nsubprocess.run(['git', '--version'])\n",
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


@pytest.mark.parametrize("own", [False, True], ids=["", "in pluggy's own checkout"])
def test_what_a_plugin_asks_by_itself_concerns_nobody(
    workshop: Any, tmp_path: Path, own: bool
) -> None:
    plugin = """
        import subprocess, pytest
        def ask(*words):
            return subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout
        def pytest_addoption():
            ask("git", "--version")
        def pytest_configure():
            ask("tar", "--version")
        @pytest.hookimpl
        def pytest_runtest_setup(item):
            ask("git", "--version")
        @pytest.fixture
        def packed():
            return ask("tar", "--version")
        @pytest.fixture
        def asking():
            return ask
    """
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "asks.py").write_text(dedent(plugin))
    project = workshop.project(
        {
            "conftest.py": f"""
                import sys
                sys.path.append({str(folder)!r})
                pytest_plugins = ["asks"]
            """,
            "test_asked.py": """
                def test_plain(): pass
                def test_packed(packed): pass
                def test_asking(asking):
                    assert asking("git", "--version")
            """,
        }
    )
    if own:
        shutil.copytree(Path(pluggy.__file__).parent, project / "pluggy")
    untrusted = workshop.record(project).untrusted()
    assert list(untrusted) == ["test_asked.py::test_packed", "test_asked.py::test_asking"]


def test_a_forked_child_that_goes_on_as_pytest_finishes_no_tests(workshop: Any) -> None:
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
    assert [row[1] for j in recorded.journals.values() for row in j.of("t")] == [
        "test_fork.py::test_fork",
        "test_fork.py::test_then",
    ]
    assert len(recorded.main.of("z")) == 1


def test_a_killed_run_keeps_finished_tests_with_their_children(workshop: Any) -> None:
    project = workshop.project(
        {
            "pkg.py": "def one():\n    return 1\n",
            "test_kill.py": """
                import os, signal, subprocess, sys
                def test_done():
                    subprocess.run([sys.executable, "-c", "import pkg; pkg.one()"], check=True)
                def test_killed():
                    os.kill(os.getpid(), signal.SIGKILL)
            """,
        }
    )
    recorded = workshop.record(project)
    assert recorded.status == -9
    family = Family(recorded.run)
    assert [test.nodeid for test in family.journal.tests] == ["test_kill.py::test_done"]
    assert family.lines("test_done")["pkg.py"] == {2}
    assert family.doubts() == {}
