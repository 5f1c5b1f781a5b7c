"""A test none of whose own lines was recorded is not trusted; all others are."""

from typing import Any

HEALTHY = {
    "deco.py": """
        import functools

        def wrapping(function):
            @functools.wraps(function)
            def inner(*args, **kwargs):
                return function(*args, **kwargs)
            return inner

        def answering(function):
            @functools.wraps(function)
            def inner():
                return None
            return inner

        def hiding(function):
            def inner():
                function()
            return inner
    """,
    "test_kinds.py": '''
        import asyncio, functools, threading, unittest
        from unittest import mock
        import pytest
        import deco

        def test_docstring():
            """Nothing else."""
        def test_dots(): ...
        def test_pass():
            pass
        test_lambda = lambda: None
        @pytest.mark.parametrize("n", [1, 2])
        def test_n(n):
            assert n
        @deco.wrapping
        def test_wrapped():
            assert True
        @deco.answering
        def test_left_out():
            assert True
        @deco.hiding
        def test_hidden():
            assert True
        @mock.patch("deco.hiding")
        def test_patched(hiding):
            assert hiding is deco.hiding
        def given(n):
            assert n
        test_partial = functools.partial(given, 3)
        test_exec = {}
        exec("def made():\\n    assert True\\n", test_exec)
        test_exec = test_exec["made"]
        def test_fails():
            assert not 1
        @pytest.mark.xfail
        def test_xfails():
            assert not 1
        @pytest.mark.xfail(run=False)
        def test_not_run():
            assert not 1
        @pytest.mark.skip
        def test_skipped():
            pass
        def test_skips():
            pytest.skip("now")
        def test_with_fixture(request):
            request.getfixturevalue("wide")
        @pytest.fixture(scope="module")
        def wide():
            return 1
        @pytest.mark.asyncio
        async def test_async():
            await asyncio.sleep(0)

        class TestPlain:
            def test_method(self):
                pass
            @staticmethod
            def test_static():
                pass
            @classmethod
            def test_class(cls):
                pass

        class TestUnit(unittest.TestCase):
            def test_unit(self):
                self.assertTrue(True)
            @unittest.expectedFailure
            def test_expected(self):
                self.fail()
            def test_sub(self):
                for n in range(2):
                    with self.subTest(n=n):
                        self.assertLess(n, 3)

        class TestLoop(unittest.IsolatedAsyncioTestCase):
            async def test_awaits(self):
                await asyncio.sleep(0)
    ''',
    "test_text.txt": ">>> 1 + 1\n2\n",
}


def test_healthy_tests_are_trusted(workshop: Any) -> None:
    recorded = workshop.record(workshop.project(HEALTHY), "test_kinds.py", "test_text.txt")
    assert len(recorded.outcomes()) == 27
    assert list(recorded.outcomes().values()).count("failed") == 1, recorded.output
    assert recorded.untrusted() == {}


def test_healthy_properties_are_trusted(here: Any) -> None:
    project = here.project(
        {
            "test_given.py": """
                from hypothesis import given, settings, strategies as st
                @settings(max_examples=3, database=None)
                @given(st.integers())
                def test_given(n):
                    assert n + 1 > n
                class TestGiven:
                    @given(st.just(1))
                    @settings(max_examples=3, database=None)
                    def test_method(self, n):
                        assert n
            """
        }
    )
    recorded = here.record(project)
    assert len(recorded.outcomes()) == 2, recorded.output
    assert recorded.untrusted() == {}


BLIND = {
    "test_blind.py": """
        import pytest
        def body():
            assert True
        def test_sees():
            body()
        def test_blind():
            body()
    """,
    "conftest.py": """
        import threading, sys
        import pytest
        @pytest.hookimpl(tryfirst=True)
        def pytest_pyfunc_call(pyfuncitem):
            if pyfuncitem.name == "test_blind":
                return True  # some plugin runs it elsewhere, or not at all
    """,
}


def test_a_test_without_a_line_of_its_own_is_untrusted(workshop: Any) -> None:
    recorded = workshop.record(workshop.project(BLIND))
    assert set(recorded.outcomes().values()) == {"passed"}
    assert recorded.untrusted() == {
        "test_blind.py::test_blind": "no line of the test itself was recorded"
    }


BLINKING = """
    import sys
    import pytest
    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(pyfuncitem):
        trace = sys.gettrace()
        sys.settrace(None)
        pyfuncitem.obj()
        sys.settrace(trace)
        return True
"""


def test_tracing_off_for_just_the_body_is_noticed(workshop: Any) -> None:
    recorded = workshop.record(
        workshop.project({**BLIND, "conftest.py": BLINKING}), engine="pytrace"
    )
    assert recorded.status == 0, recorded.output
    assert len(recorded.untrusted()) == 2
