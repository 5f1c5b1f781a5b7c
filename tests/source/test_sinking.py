"""Which files surely cannot be imported when a module cannot: a case is text by file, and those."""

# ruff: noqa: E501  (a case is a line)
import pytest

from coverquery.model import RepoPath
from coverquery.source.mentions import mentions
from coverquery.source.project import Project
from coverquery.source.sinking import sinking, sure_importers
from coverquery.source.syntax import parse

CASES = {
    "imported": ({"p/b.py": "from p import a\n"}, "p/b.py"),
    "imported by what is imported": ({"p/b.py": "import p.a\n", "c.py": "from p.b import x\n"}, "c.py p/b.py"),
    "in a try": ({"p/b.py": "try:\n    import p.a\nexcept ImportError:\n    pass\n"}, ""),
    "in a with": ({"p/b.py": "with suppress(ImportError):\n    import p.a\n"}, ""),
    "in a function": ({"p/b.py": "def f():\n    import p.a\n"}, ""),
    "under a condition": ({"p/b.py": "if x:\n    import p.a\nelse:\n    import p.a\n"}, ""),
    "for type checkers": ({"p/b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.a\n"}, ""),
    "beside a condition": ({"p/b.py": "if x:\n    y = 1\nimport p.a\n"}, "p/b.py"),
    "a name of the package": ({"p/__init__.py": "a = 1\n", "b.py": "from p import a\n"}, ""),
    "two of one name": ({"q/p/a.py": "", "b.py": "import p.a\n"}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES)
def test_goes_down_with_it(files: dict[str, str], expected: str) -> None:
    texts = {"p/a.py": "", **files}
    project = Project({RepoPath(p): [mentions(parse(t.encode()))] for p, t in texts.items()})
    found = sinking(sure_importers(project), RepoPath("p/a.py"))
    assert " ".join(sorted(found - {"p/a.py"})) == expected
