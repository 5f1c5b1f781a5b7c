"""A generator or coroutine that is resumed in the middle of a line."""

from collections.abc import Callable
from typing import Any

import pytest

FILES = {
    "pkg.py": """
        def running():
            total = 0
            while True:
                got = (yield total) + 1
                total = got

        def once():
            got = (yield 1) * 2; yield got

        class Later:
            def __await__(self):
                return (yield 1)

        async def waits():
            while True:
                got = [await Later()] * 2; await Later()
    """,
    "test_a.py": """
        import pytest
        import pkg

        @pytest.fixture(scope="module")
        def primed():
            made = pkg.running()
            next(made)
            return made

        @pytest.fixture(scope="module")
        def half_way():
            made = pkg.once()
            next(made)
            return made

        @pytest.fixture(scope="module")
        def waiting():
            made = pkg.waits()
            made.send(None)
            return made

        def test_first(primed):
            assert primed.send(1) == 2

        def test_second(primed):
            assert primed.send(1) == 2

        def test_rest(half_way):
            assert half_way.send(2) == 4

        def test_await_first(waiting):
            waiting.send(None)

        def test_await_second(waiting):
            waiting.send(None)
    """,
}


@pytest.fixture(scope="module", params=["auto", "pytrace"])
def recorded(make_workshop: Callable[[str], Any], request: pytest.FixtureRequest) -> Any:
    workshop = make_workshop("resumed")
    made = workshop.record(workshop.project(FILES), engine=request.param)
    assert made.status == 0, made.output
    if made.main.header["engine"] == "ctrace":
        pytest.skip("coverage.py's C tracer keeps nothing of a resumption")
    return made.main


@pytest.mark.parametrize(
    ("test", "lines"),
    [
        ("first", {4, 5}),
        ("second", {4, 5}),
        ("rest", {8}),
        ("await_first", {12, 16}),
        ("await_second", {12, 16}),
    ],
)
def test_the_rest_of_the_line_ran(recorded: Any, test: str, lines: set[int]) -> None:
    seen = recorded.lines(recorded.cid("test", f"::test_{test}"))["pkg.py"]
    assert lines <= seen
