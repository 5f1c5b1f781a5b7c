"""Threads: their lines are the test's while it runs, and nobody's business afterwards."""

from typing import Any

PKG = "".join(
    f"def {name}():\n    return {i}\n\n" for i, name in enumerate(["one", "two", "three"])
)
THREADS = {
    "pkg.py": PKG,
    "test_threads.py": """
        import asyncio, threading
        from concurrent.futures import ThreadPoolExecutor
        import pytest
        import pkg

        pool = ThreadPoolExecutor(1)
        stop = threading.Event()
        threads = []

        def start(function, *args):
            thread = threading.Thread(target=function, args=args, daemon=True)
            thread.start()
            threads.append(thread)
            return thread

        @pytest.fixture(scope="module")
        def server():
            end = threading.Event()
            thread = start(end.wait)
            yield
            end.set()
            thread.join()

        def test_joined():
            start(pkg.one).join()

        def test_pool():
            assert pool.submit(pkg.two).result() == 1

        def test_pool_again():
            assert pool.submit(pkg.three).result() == 2

        def test_async():
            async def main():
                await asyncio.sleep(0)
                return await asyncio.to_thread(pkg.two)
            assert asyncio.run(main()) == 1

        def test_server(server):
            pass

        def test_left():
            def work():
                stop.wait(60)
                pkg.three()
            start(work)

        def test_left_waiting():
            timer = threading.Timer(60, pkg.one)
            timer.daemon = True
            timer.start()
            threads.append(timer)

        def test_end():
            stop.set()
            threads[-2].join(60)
            threads[-1].cancel()
            threads[-1].join(60)

        def test_after():
            pass
    """,
}


def test_a_thread_is_of_the_test_that_runs_unless_it_goes_on(workshop: Any) -> None:
    recorded = workshop.record(workshop.project(THREADS))
    assert recorded.status == 0, recorded.output
    main = recorded.main
    for name, line in (("joined", 2), ("pool", 5), ("pool_again", 8), ("async", 5)):
        assert main.lines(main.cid("test", f"::test_{name}"))["pkg.py"] >= {line}, name
    still = "a thread that it started was still running when it ended"
    doubts = {name.partition("::test_")[2]: why for name, why in recorded.untrusted().items()}
    doubts.pop("end", None)  # whether a module's list links tests is tested elsewhere
    assert doubts == {"left": still, "left_waiting": still}
