"""What a file's text says it imports."""

from typing import Any

import pytest

from coverquery.source.names import ImportNames, imports


def names(text: str) -> ImportNames:
    found = imports(text.encode())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a\n", {(0, "a", ())}),
        ("import a.b, c as d\n", {(0, "a.b", ()), (0, "c", ())}),
        ("from a import c, b\n", {(0, "a", ("b", "c"))}),
        ("from a import *\n", {(0, "a", ("*",))}),
        ("from . import b\n", {(1, "", ("b",))}),
        ("from ..a import b as c\n", {(2, "a", ("b",))}),
        ("def f():\n    if x:\n        import a\n", {(0, "a", ())}),
        ("try:\n    import a\nexcept ImportError:\n    import b\n", {(0, "a", ()), (0, "b", ())}),
        (
            "import typing\nif typing.TYPE_CHECKING:\n    import a\nelse:\n    import b\n",
            {(0, "typing", ()), (0, "b", ())},
        ),
        ("TYPE_CHECKING = g()\nif TYPE_CHECKING:\n    import a\n", {(0, "a", ())}),
    ],
)
def test_import_statements_anywhere(text: str, expected: set[Any]) -> None:
    assert set(names(text).modules) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a\na.b.c()\n", {"a.b.c"}),
        ("import a.b as c\nc.d\n", {"a.b.d"}),
        ("from a import b\nb.c\n", {"a.b.c"}),
        ("from .a import b\nb.c\n", {".a.b.c"}),
        ("from .. import b as x\nx.c\n", {"..b.c"}),
        ("try:\n    import a as x\nexcept E:\n    import x\nx.c\n", {"a.c", "x.c"}),
        ("f().a.b\n", set()),
        ("x\n", set()),
    ],
)
def test_attribute_chains(text: str, expected: set[str]) -> None:
    assert names(text).chains == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("patch('a.b.c')\n", {"a.b.c"}),
        ("A = ['a.b:main']\n", {"a.b.main"}),
        ("A = 'word'\n", set()),
        ("import_module('word')\n", {"word"}),
        ("importlib.import_module('.word', 'a')\n", {"word", "a"}),
        ("__import__(name='word')\n", {"word"}),
        ("A = 'a sentence. with dots'\n", set()),
        ("A = 'a..b'\n", set()),
        ("A = '1.2'\n", set()),
        ("A = b'a.b'\n", set()),
    ],
)
def test_strings_that_name_modules(text: str, expected: set[str]) -> None:
    assert names(text).strings == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f.__doc__\n", {"f"}),
        ("a.f.__doc__\n", {"f"}),
        ("g().__doc__\n", {"*"}),
        ("inspect.getdoc(a.f)\n", {"f"}),
        ("getsource(f)\n", {"f"}),
        ("help(g())\n", {"*"}),
        ("getattr(f, '__doc__')\n", {"*"}),
        ("print(__doc__)\n", {"__doc__"}),
        ("f.doc\n", set()),
    ],
)
def test_docstrings_read(text: str, expected: set[str]) -> None:
    assert names(text).doc_reads == expected


def test_names_survive_json() -> None:
    found = names("from ..a import b, c\nimport d\nb.x\np('q.r')\nb.__doc__\n")
    assert ImportNames.from_json(found.to_json()) == found


def test_unreadable_text_has_no_names() -> None:
    assert imports(b"import (\n") is None
    assert imports(b"\0") is None
