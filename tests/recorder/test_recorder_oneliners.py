"""A body on the line of its ``def`` ran for those who called the function, not for importers."""

from collections.abc import Callable
from typing import Any

FILES = {
    "pkg.py": """
        def plain(): return 1
        def deep():
            return 2
        called = lambda: 3
        VALUE = 4
        class K:
            def method(self): return 5

        def decorate(f): return f
        @decorate
        def decorated(): return 6
    """,
    "test_a.py": """
        import pkg

        def test_all():
            assert pkg.plain() + pkg.deep() + pkg.called() + pkg.K().method() == 11
            assert pkg.decorated() == 6
    """,
}


def test_only_callers_ran_the_body(make_workshop: Callable[[str], Any]) -> None:
    workshop = make_workshop("oneliners")
    made = workshop.record(workshop.project(FILES))
    assert made.status == 0, made.output
    bodies = {1, 3, 4, 7, 11}
    assert bodies <= made.main.lines(made.main.cid("test", "::test_all"))["pkg.py"]
    if made.main.header["engine"] != "monitoring":
        return  # whose line it was is not known there: importers count as callers
    imported = made.main.lines(made.main.cid("import", "pkg.py"))["pkg.py"]
    assert not imported & bodies
    assert {2, 5, 6, 10} <= imported
