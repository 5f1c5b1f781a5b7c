"""What a test is said to have done: pytest's word, and no word for what was cut off."""

from typing import Any


def test_outcomes_are_pytests(workshop: Any) -> None:
    project = workshop.project(
        {
            "test_a.py": """
                import pytest

                def test_passes():
                    pass

                def test_fails():
                    assert 1 == 2

                def test_skipped():
                    pytest.skip("no")

                @pytest.mark.skip
                def test_never():
                    pass

                @pytest.mark.xfail
                def test_xfails():
                    assert 1 == 2

                @pytest.mark.xfail
                def test_xpasses():
                    pass

                @pytest.mark.xfail(strict=True)
                def test_strict():
                    pass

                @pytest.fixture
                def broken():
                    raise RuntimeError

                def test_error(broken):
                    pass

                @pytest.fixture
                def late():
                    yield
                    raise RuntimeError

                def test_late_error(late):
                    pass
            """
        }
    )
    recorded = workshop.record(project)
    assert {nodeid.rpartition("test_")[2]: o for nodeid, o in recorded.outcomes().items()} == {
        "passes": "passed",
        "fails": "failed",
        "skipped": "skipped",
        "never": "skipped",
        "xfails": "xfailed",
        "xpasses": "xpassed",
        "strict": "failed",
        "error": "error",
        "late_error": "error",
    }
    assert recorded.main.rows[-1] == ["z", 1] == ["z", recorded.status]
    assert recorded.untrusted() == {}


def test_a_rerun_that_passes_is_flaky(here: Any) -> None:
    project = here.project(
        {
            "conftest.py": """
                from _pytest.runner import runtestprotocol
                def pytest_runtest_protocol(item, nextitem):
                    for _ in range(2):
                        reports = runtestprotocol(item, nextitem=nextitem, log=False)
                        for report in reports:
                            item.ihook.pytest_runtest_logreport(report=report)
                    return True
            """,
            "test_a.py": """
                seen = []
                def test_flaky():
                    seen.append(1)
                    assert len(seen) == 2
                def test_steady():
                    pass
            """,
        }
    )
    recorded = here.record(project)
    assert set(recorded.outcomes().values()) == {"passed"}
    assert recorded.untrusted() == {"test_a.py::test_flaky": "flaky in one run"}


def test_an_interrupted_test_has_no_record(workshop: Any) -> None:
    project = workshop.project(
        {
            "test_a.py": """
                def test_done():
                    pass
                def test_cut():
                    raise KeyboardInterrupt
            """
        }
    )
    recorded = workshop.record(project)
    assert list(recorded.outcomes()) == ["test_a.py::test_done"]
    assert recorded.main.rows[-1] == ["z", 2]


SHARED_IDS = {
    "conftest.py": """
        import pytest
        class Cases(pytest.File):
            def collect(self):
                for line in self.path.read_text().split():
                    name, _, value = line.partition("=")
                    yield Case.from_parent(self, name=name, value=value)
        class Case(pytest.Item):
            def __init__(self, value, **rest):
                super().__init__(**rest)
                self.value = value
            def runtest(self):
                import lib
                assert lib.check(self.value)
        def pytest_collect_file(file_path, parent):
            if file_path.suffix == ".cases":
                return Cases.from_parent(parent, path=file_path)
    """,
    "lib.py": """
        def check(value):
            if value == "1":
                return True
            if value == "2":
                return True
            return value == "0"
    """,
}


def test_tests_that_share_an_id_have_one_record(here: Any) -> None:
    files = SHARED_IDS | {"x.cases": "a=1\na=2\nb=2\n"}
    recorded = here.record(here.project(files))
    assert recorded.outcomes() == {"x.cases::a": "passed", "x.cases::b": "passed"}
    assert [row[2] for row in recorded.main.rows if row[0] == "t"] == ["x.cases::a", "x.cases::b"]
    main = recorded.main
    assert {3, 5} <= main.lines(main.cid("test", "x.cases::a"))["lib.py"]


def test_a_failure_of_tests_that_share_an_id_stands(here: Any) -> None:
    files = SHARED_IDS | {"x.cases": "a=3\na=1\nb=2\nc=1\nc=3\n"}
    recorded = here.record(here.project(files))
    assert recorded.outcomes() == {
        "x.cases::a": "failed", "x.cases::b": "passed", "x.cases::c": "failed"
    }  # fmt: skip


def test_tests_that_share_an_id_and_did_not_all_run_have_no_record(here: Any) -> None:
    files = SHARED_IDS | {"x.cases": "a=1\nb=3\na=2\n"}
    recorded = here.record(here.project(files), "-x")
    assert recorded.outcomes() == {"x.cases::b": "failed"}
