"""What follows kept state changes nothing of it."""

from typing import Any

AS_BEFORE = """
    import copy, functools, inspect, pickle, sys, threading, traceback, weakref
    import pytest

    @functools.lru_cache(maxsize=None)
    def fib(n):
        "Doc."
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    @functools.lru_cache(maxsize=2, typed=True)
    def bad(x):
        raise KeyError(x)

    class Shop:
        @functools.lru_cache
        def get(self, x=1):
            return x

        @functools.cached_property
        def lazy(self):
            return sys._getframe(0).f_lineno

    SHOP = Shop()

    def test_is_what_it_was():
        assert type(fib) is functools._lru_cache_wrapper
        assert fib.__name__ == "fib" and fib.__doc__ == "Doc."
        assert fib.__wrapped__.__code__.co_name == "fib"
        assert fib.cache_parameters() == {"maxsize": None, "typed": False}
        assert pickle.loads(pickle.dumps(fib)) is fib
        assert copy.copy(fib) is fib and copy.deepcopy(fib) is fib
        assert weakref.ref(fib)() is fib
        assert str(inspect.signature(functools.lru_cache)) == "(maxsize=128, typed=False)"
        assert str(inspect.signature(Shop.get)) == "(self, x=1)"

    def test_counts():
        fib.cache_clear()
        assert fib(10) == 55 and fib(10) == 55
        assert fib.cache_info() == (9, 11, None, 11)

    def test_deep():
        fib.cache_clear()
        assert fib(300) > 1

    def test_raises():
        with pytest.raises(KeyError) as caught:
            bad(1)
        names = [one.name for one in traceback.extract_tb(caught.value.__traceback__)]
        assert names == ["test_raises", "bad"]

    def test_wrong_arguments():
        with pytest.raises(TypeError) as caught:
            functools.lru_cache("2")
        names = [one.name for one in traceback.extract_tb(caught.value.__traceback__)]
        assert names == ["test_wrong_arguments", "lru_cache"]

    def test_methods():
        assert SHOP.get() == Shop.get(SHOP) == 1
        assert Shop.get.cache_info().misses == 1
        assert SHOP.lazy == SHOP.__dict__["lazy"]

    def test_threads():
        found = []
        threads = [threading.Thread(target=lambda: found.append(fib(50))) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(found)) == 1

    def test_is_not_kept_alive():
        class Local:
            pass

        @functools.cache
        def get():
            return Local()

        reference = weakref.ref(get())
        del get
        import gc
        gc.collect()
        assert reference() is None

    def test_frames_are_replaced(monkeypatch):
        monkeypatch.delattr(sys, "_getframe")
        assert fib(5) == 5 and SHOP.get(3) == 3
"""


def test_cached_functions_are_as_before(workshop: Any) -> None:
    recorded = workshop.record(workshop.project({"test_as_before.py": AS_BEFORE}))
    assert set(recorded.outcomes().values()) == {"passed"}, recorded.output
    assert not recorded.untrusted()


def test_what_runs_after_a_memo_raised_is_not_its_own(here: Any) -> None:
    project = here.project({
        "kept.py": """
            import functools

            def other():
                return 1

            @functools.cache
            def get(x):
                if x:
                    raise KeyError(x)
                return 0
        """,
        "test_kept.py": """
            import pytest
            import kept

            def test_raises():
                with pytest.raises(KeyError):
                    kept.get(1)
                assert kept.other()
        """,
    })  # fmt: skip
    journal = here.record(project, engine="auto").main
    if journal.header["engine"] == "monitoring":
        assert journal.lines(journal.cid("memo", "kept.py::get")) == {"kept.py": {8, 9}}
    else:  # nobody saw where it began: all of the test
        assert journal.links(journal.cid("memo", "kept.py::get")) == {
            "test test_kept.py::test_raises"
        }


def test_a_test_that_found_nothing_kept_depends_on_no_memo(workshop: Any) -> None:
    project = workshop.project({
        "test_it.py": """
            KEPT = {}

            def get(k):
                if k not in KEPT:
                    KEPT[k] = k
                return KEPT[k]

            def test_first():
                assert get(1)

            def test_second():
                assert get(1)

            def test_apart():
                assert True
        """,
    })  # fmt: skip
    journal = workshop.record(project).main
    for name, used in (("first", set()), ("second", {"memo test_it.py::get"}), ("apart", set())):
        links = journal.links(journal.test(f"test_{name}")[0])
        assert {one for one in links if one.startswith("memo")} == used
