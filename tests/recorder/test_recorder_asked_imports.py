"""Imports that run no code: of what is not there, and of what is there already."""

from collections.abc import Callable
from typing import Any

import pytest

FILES = {
    "pkg/__init__.py": "",
    "pkg/a.py": "try:\n    import fast\nexcept ImportError:\n    fast = None\n",
    "pkg/b.py": '''
        """Numbers.

        >>> from pkg.c import CONST
        >>> CONST
        1
        >>> import pkg.d as d, json
        >>> import pkg.none
        Traceback (most recent call last):
        ModuleNotFoundError: No module named 'pkg.none'
        """
    ''',
    "pkg/c.py": "CONST = 1\n",
    "pkg/d.py": "from . import c\n",
    "conftest.py": "import builtins\nimport pkg.c, pkg.d\nPLAIN = builtins.__import__\n",
    "test_text.txt": ">>> from pkg import c\n>>> c.CONST\n1\n",
    "test_z.py": """
        import builtins, importlib, importlib.util, sys
        import pkg.a
        from conftest import PLAIN

        def test_find():
            assert importlib.util.find_spec("pkg.extra") is None

        def test_from():
            try:
                from pkg import missing
            except ImportError:
                pass

        def test_put_aside():
            kept = sys.meta_path[:]
            sys.meta_path.clear()
            sys.meta_path[:] = kept
            assert importlib.util.find_spec("extra") is None

        def test_import_is_itself():
            assert builtins.__import__ is PLAIN
    """,
}


@pytest.fixture(scope="module")
def recorded(make_workshop: Callable[[str], Any]) -> Any:
    workshop = make_workshop("asked")
    made = workshop.record(workshop.project(FILES), "--doctest-modules")
    assert made.status == 0, made.output
    return made.main


def missing(stem: str) -> dict[tuple[str, str], str | None]:
    return {("raw", f"{stem}.py"): None, ("raw", f"{stem}/__init__.py"): None,
            ("exists", stem): None}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "label", "stem"),
    [
        ("import", "pkg/a.py", "fast"),
        ("test", "::test_find", "pkg/extra"),
        ("test", "::test_from", "pkg/missing"),
        ("test", "::test_put_aside", "extra"),
        ("test", "pkg/b.py::pkg.b", "pkg/none"),
    ],
)
def test_what_was_not_found(recorded: Any, kind: str, label: str, stem: str) -> None:
    assert recorded.data(recorded.cid(kind, label)) == missing(stem)


def test_doctests_need_what_they_import(recorded: Any) -> None:
    found = recorded.imported(recorded.cid("test", "pkg/b.py::pkg.b"))
    assert found == {"pkg/__init__.py", "pkg/c.py", "pkg/d.py"}
    found = recorded.imported(recorded.cid("test", "test_text.txt::test_text.txt"))
    assert found == {"pkg/__init__.py", "pkg/c.py"}


def test_the_finder_goes_away(workshop: Any) -> None:
    finders = "import sys\ndef pytest_unconfigure():\n    sys.stderr.write(str(sys.meta_path))\n"
    project = workshop.project({"late.py": finders, "test_a.py": "def test_a():\n    pass\n"})
    recorded = workshop.record(project, "-p", "late")
    assert "PathFinder" in recorded.output
    assert "Absent" in recorded.output  # the project's hook comes before our last
    end = "import sys, atexit\natexit.register(lambda: sys.stderr.write(str(sys.meta_path)))\n"
    (project / "late.py").write_text(end)
    recorded = workshop.record(project, "-p", "late")
    assert "PathFinder" in recorded.output
    assert "Absent" not in recorded.output
