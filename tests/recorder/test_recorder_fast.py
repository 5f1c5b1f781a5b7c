"""The hot path in C records what the one in Python records."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coverquery.runner.fast import fast_library
from coverquery.runner.interpreter import find_interpreter

FILES = {
    "pkg.py": """
        import threading

        one_line = lambda n: n + 1
        def short(): return 1
        def documented():
            "Nothing but this."

        def branches(n):
            if n % 3 == 0:
                return "three"
            for _ in range(n):
                n -= 1
            return n

        def numbers(n):
            for each in range(n):
                got = yield each; got = got

        async def later():
            return short()

        def in_a_thread(work):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()

        def raises():
            try:
                raise ValueError(1)
            except ValueError as error:
                return str(error)
            finally:
                short()

        class Gone:
            def __del__(self):
                short()

        _KEPT = {}

        def kept(key):
            if key not in _KEPT:
                _KEPT[key] = made(key)
            return _KEPT[key]

        def made(key):
            if key == "bad":
                raise KeyError(key)
            return short()
    """,
    "data.txt": "read",
    "test_a.py": """
        import gc, os, pathlib, pytest, pkg

        @pytest.fixture(scope="module")
        def primed():
            made = pkg.numbers(10_000)
            next(made)
            return made

        @pytest.mark.parametrize("n", [0, 1, 2, 3, 500])
        def test_branches(n):
            pkg.branches(n)

        def test_once(primed):
            next(primed)

        def test_often(primed):
            for _ in range(500):
                next(primed)

        def test_once_more(primed):
            next(primed)

        def test_short():
            assert pkg.one_line(pkg.short()) == 2
            pkg.documented()

        def test_short_often():
            for _ in range(300):
                assert pkg.one_line(pkg.short()) == 2
                pkg.documented()

        def test_thread():
            pkg.in_a_thread(lambda: [pkg.branches(n) for n in range(200)])

        def test_coroutine():
            with pytest.raises(StopIteration):
                pkg.later().send(None)

        def test_raises():
            assert pkg.raises() == "1"

        def test_a_memo_raises():
            with pytest.raises(KeyError):
                pkg.kept("bad")
            pkg.branches(5)

        def test_a_memo_fills():
            assert pkg.kept("good") == 1
            pkg.branches(4)

        def test_a_memo_is_full():
            assert pkg.kept("good") == 1

        def test_reads():
            path = pathlib.Path(pkg.__file__).with_name("data.txt")
            assert path.exists() and not path.with_suffix(".gone").exists()
            assert path.read_text() == "read"
            assert len(os.listdir(path.parent)) > 2

        def test_finalised_late():
            first, second = pkg.Gone(), pkg.Gone()
            first.other, second.other = second, first
            del first, second
            gc.collect()

        def test_code_that_comes_and_goes():
            with open(pkg.__file__) as file:
                text = file.read()
            for _ in range(50):
                space = {}
                exec(compile(text, pkg.__file__, "exec"), space)
                space["branches"](4)
    """,
}

ROWS = r"""
import importlib.machinery, importlib.util, json, sys
loader = importlib.machinery.ExtensionFileLoader("_fast", sys.argv[1])
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("_fast", loader))
loader.exec_module(module)
plain = json.JSONEncoder(separators=(",", ":"))
texts = ["", "a", 'q"\\/', "\n\t\0\x1f\x7f", "\xe9\u20ac", "\U0001f600x", "\udc80", "a" * 5000]
numbers = [0, -1, 7, 2**31, 2**62, -(2**63), 0.1, -0.0, 1e300, 1e-7, 12345.678901, 3.0]
rows = [(), *((one,) for one in texts + numbers)]
rows.append((None, True, False, [1, [2, (3,)]], texts, numbers))
for row in rows:
    assert module.row(row) == plain.encode(row), row
class Text(str): pass
for odd in ({}, Text("x"), 2**64, float("inf"), object(), [[[[[[[[[[[[]]]]]]]]]]]]):
    assert module.row((1, odd)) is None, odd
"""

GROWS = """
import importlib.machinery, importlib.util, sys
loader = importlib.machinery.ExtensionFileLoader("_fast", sys.argv[1])
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("_fast", loader))
loader.exec_module(module)
monitoring = sys.monitoring
monitoring.use_tool_id(4, "ours")

def round(size):
    lines = module.Lines(4, monitoring)
    text = "def f(n):\\n" + "    n += 1\\n" * size + "    return n\\n"
    for name, event in (("on_line", "LINE"), ("on_start", "PY_START"), ("on_resume", "PY_RESUME")):
        monitoring.register_callback(4, getattr(monitoring.events, event), getattr(lines, name))
    functions = []
    for _ in range(20):
        space = {}
        exec(text, space)
        functions.append(space["f"])
        lines.add(space["f"].__code__, monitoring.events.LINE, 0)
    for _ in range(5):
        for function in functions:
            for _ in range(20):
                function(1)
        plain, sids = set(), set()
        assert len(lines.switch(lambda code, ran: len(ran), sids, plain)) == 20
        plain.update(sids)
        assert len(sids) == 1
        for function in functions:
            function(1)
        assert not lines.switch(None, sids, plain)
        module.row((1, 0.5, "text" * size, None, list(range(size)), {})), module.row((chr(0xDC80),))
    assert not lines.switch(None, set(), set())
    for function in functions:
        function(1)
    try:
        lines.switch(lambda code, ran: 1 / 0, set(), set())
    except ZeroDivisionError:
        assert lines.broken
    for wrong in ((), (1,), (1, 2), (round.__code__, "x"), (round.__code__, 10**30)):
        lines.on_line(*wrong), lines.on_start(*wrong), lines.on_resume(*wrong)
    for event in ("LINE", "PY_START", "PY_RESUME"):
        monitoring.register_callback(4, getattr(monitoring.events, event), None)
    for function in functions:
        monitoring.set_local_events(4, function.__code__, 0)

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])

for _ in range(200):  # the allocator settles
    round(100)
before = resident()
for _ in range(200):
    round(100)
grown = resident() - before
assert grown < 500, f"{grown} pages more"
"""


@pytest.fixture(scope="module", params=["3.12", "3.13"])
def built(
    request: pytest.FixtureRequest,
    python_of: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, str]:
    python = python_of(request.param)
    folder = tmp_path_factory.mktemp("fast")
    environ = {**os.environ, "XDG_CACHE_HOME": str(folder)}
    library = fast_library(find_interpreter(folder, str(python), environ), folder, environ)
    if library is None:
        pytest.skip("no C compiler, or no headers of this Python")
    return python, library


def told(journal: Any) -> Any:
    """What a journal says of contexts, without its numbers."""
    lines = {
        (*row, phase): journal.lines(cid, phase)
        for cid, row in enumerate_contexts(journal)
        for phase in ("", "setup", "run", "teardown")
    }
    links = {tuple(row): journal.links(cid) for cid, row in enumerate_contexts(journal)}
    tests = [row[1:4] + row[5:] for row in journal.of("t")]
    return lines, links, tests, sorted(map(str, (row[1:] for row in journal.of("d"))))


def enumerate_contexts(journal: Any) -> Any:
    return [(cid, tuple(row)) for cid, row in journal.contexts.items()]


def test_both_record_the_same(built: tuple[Path, str], workshop_of: Callable[[Path], Any]) -> None:
    python, library = built
    workshop = workshop_of(python)
    project = workshop.project(FILES)
    pure = workshop.record(project)
    fast = workshop.record(project, fast=library)
    assert pure.status == fast.status == 0, fast.output
    assert (pure.main.header["fast"], fast.main.header["fast"]) == (False, True)
    assert told(fast.main) == told(pure.main)
    assert any(row[2] == "data.txt" for row in fast.main.of("d"))
    memo = fast.main.lines(fast.main.cid("memo", "pkg.py::kept"))["pkg.py"]
    assert memo
    assert not memo & set(range(9, 15)), "what ran after it is not its own"


def test_a_library_that_does_not_load_is_left_alone(
    built: tuple[Path, str], workshop_of: Callable[[Path], Any], tmp_path: Path
) -> None:
    workshop = workshop_of(built[0])
    project = workshop.project(FILES)
    broken = tmp_path / "_fast.so"
    broken.write_bytes(b"\x7fELF and then nothing")
    made = workshop.record(project, "-k", "short", fast=str(broken))
    assert made.status == 0, made.output
    assert made.main.header["fast"] is False
    assert 5 in made.main.lines(made.main.cid("test", "::test_short"))["pkg.py"]


def test_rows_are_those_of_json(built: tuple[Path, str]) -> None:
    python, library = built
    done = subprocess.run(
        [python, "-X", "dev", "-c", ROWS, library], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_nothing_grows_and_nothing_crashes(built: tuple[Path, str]) -> None:
    python, library = built
    done = subprocess.run(
        [python, "-X", "dev", "-c", GROWS, library], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
