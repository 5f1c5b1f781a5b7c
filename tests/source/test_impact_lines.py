"""Inside functions: each rule, beside the case a naive comparison of lines would miss.

A case is (what, old body, new body, what is touched). Bodies stand in ``def f(x):``, so
their first line is line 2 and they are written without indentation.
"""

# ruff: noqa: E501  (a case is a line)

from textwrap import indent
from typing import Any

import pytest

CASES: list[tuple[str, str, str, str]] = [
    # nothing
    ("comment", "a = 1\nreturn a", "a = 1  # why\nreturn a", ""),
    ("blank lines", "a = 1\nreturn a", "a = 1\n\n\nreturn a", ""),
    ("comment block above", "a = 1\nreturn a", "# why\n# so\na = 1\nreturn a", ""),
    ("spaces", "a = g( 1,2 )", "a = g(1, 2)", ""),
    ("line breaks", "a = g(1, 2)", "a = g(\n    1,\n    2,\n)", ""),
    ("parentheses", "return (a)", "return a", ""),
    ("quotes", "return 'a'", 'return "a"', ""),
    ("u prefix", "return 'a'", "return u'a'", ""),
    ("raw prefix", r"return '\\d'", r"return r'\d'", ""),
    ("joined strings", "return 'ab'", "return 'a' 'b'", ""),
    ("hex number", "return 16", "return 0x10", ""),
    ("digits", "return 1000", "return 1_000", ""),
    ("elif is else-if", "if a:\n    b\nelif c:\n    d", "if a:\n    b\nelse:\n    if c:\n        d", ""),
    ("a pass more", "a()", "a()\npass", ""),
    ("pass for dots", "if a:\n    pass", "if a:\n    ...", ""),
    ("a bare string inside", "a()\nb()", "a()\n'note'\nb()", ""),
    ("local annotation", "a = g()\nreturn a", "a: int = g()\nreturn a", ""),
    ("local annotation changed", "a: int = g()", "a: str = g()", ""),
    ("attribute annotation", "x.a: int = g()", "x.a = g()", ""),
    ("bare annotation changed", "a: int\na = 1", "a: str\na = 1", ""),
    ("bare annotation of a local", "a = 1\nreturn a", "a: int\na = 1\nreturn a", ""),
    ("one line", "if a: b()", "if a:\n    b()", ""),
    ("statements on one line", "a(); b()", "a()\nb()", ""),
    ("redundant global", "return a", "global a\nreturn a", "shape f 2"),
    ("unused declaration", "return a", "global z\nreturn a", ""),
    ("else pass", "if a:\n    b()\nelse:\n    pass", "if a:\n    b()", ""),
    ("finally pass dropped", "try:\n    b()\nexcept E:\n    c()\nfinally:\n    pass",
     "try:\n    b()\nexcept E:\n    c()", ""),
    # changed and deleted
    ("changed", "a()\nb()\nc()", "a()\nb(1)\nc()", "line f 3"),
    ("changed among moved", "a()\nb()\nc()", "a()\n\n# x\nb(1)\nc()", "line f 3"),
    ("deleted", "a()\nb()\nc()", "a()\nc()", "line f 3"),
    ("deleted first", "a()\nb()", "b()", "line f 2"),
    ("deleted last", "a()\nb()", "a()", "line f 3"),
    ("all lines of a statement", "a(\n    1,\n    2,\n)\nb()", "a(\n    1,\n    3,\n)\nb()", "line f 2-5"),
    ("type of a constant", "return 1", "return 1.0", "line f 2"),
    ("one is not True", "return 1", "return True", "line f 2"),
    ("negative zero", "return 0.0", "return -0.0", "line f 2"),
    ("bytes", "return 'a'", "return b'a'", "line f 2"),
    ("spaces in a string", "return 'a b'", "return 'a  b'", "line f 2"),
    ("spaces in f-string debug", "return f'{a=}'", "return f'{a =}'", "line f 2"),
    ("order of keywords", "g(a=1, b=2)", "g(b=2, a=1)", "line f 2"),
    ("swapped", "a()\nb()", "b()\na()", "line f 2-3"),
    ("deleted compound", "a()\nif b:\n    c()\nd()", "a()\nd()", "line f 3-4"),
    ("operator", "return a < b", "return a <= b", "line f 2"),
    ("assert message", "assert a, 'x'", "assert a, 'y'", "line f 2"),
    ("import inside", "import a\nreturn 1", "import b\nreturn 1", "line f 2"),
    ("from where", "from .a import b\nreturn 1", "from ..a import b\nreturn 1", "line f 2"),
    ("lambda", "a = lambda: 1\nreturn a", "a = lambda: 2\nreturn a", "line f 2"),
    ("comprehension", "return [i for i in x]", "return [i for i in x if i]", "line f 2"),
    ("on one line with another", "a(); b()\nc()", "a(); b(1)\nc()", "line f 2"),
    ("inline suite", "if a: b()\nc()", "if a: b(1)\nc()", "line f 2"),
    # inserted
    ("inserted before", "a()\nb()", "a()\nn()\nb()", "line f 3"),
    ("inserted first", "a()\nb()", "n()\na()\nb()", "line f 2"),
    ("inserted last", "a()\nb()", "a()\nb()\nn()", "line f 3"),
    ("inserted after early return", "if a:\n    return 1\nb()", "if a:\n    return 1\nb()\nn()", "line f 4"),
    ("inserted before compound", "a()\nif b:\n    c()", "a()\nn()\nif b:\n    c()", "line f 3-4"),
    ("inserted before nested def", "a()\ndef g():\n    b()\nreturn g",
     "a()\nn()\ndef g():\n    b()\nreturn g", "line f 3"),
    ("inserted before pass", "a()\nif b:\n    c()\n    pass", "a()\nif b:\n    c()\n    n()\n    pass",
     "line f 4"),
    ("inserted before if 0", "if 0:\n    a()\nb()", "n()\nif 0:\n    a()\nb()", "line f 2-4"),
    ("inserted before global", "a()\nglobal z\nz = 1", "a()\nn()\nglobal z\nz = 1", "line f 4"),
    ("declaration moved", "global z\nz = 1", "a()\nglobal z\nz = 1", "line f 3"),
    ("into a suite of declarations", "b: int", "b: int\nn()", "line f 1-2"),
    ("inserted before declaration", "b: int\nb = g()", "n()\nb: int\nb = g()", "line f 3"),
    ("inserted before all declarations", "a()\nb: int", "a()\nn()\nb: int", "line f 2"),
    ("inserted into the branch", "if a:\n    b()\nc()", "if a:\n    b()\n    n()\nc()", "line f 3"),
    ("into an empty branch", "if a:\n    pass\nc()", "if a:\n    n()\nc()", "line f 2-3"),
    ("into an empty handler", "try:\n    a()\nexcept E:\n    pass", "try:\n    a()\nexcept E:\n    n()",
     "line f 4-5"),
    ("into an empty function", "pass", "n()", "line f 2"),
    ("into dots", "...", "n()", "line f 2"),
    ("at the end of a loop body", "for i in x:\n    a()\nb()", "for i in x:\n    a()\n    n()\nb()", "line f 3"),
    ("after a loop with break", "while a:\n    if b:\n        break\nc()",
     "while a:\n    if b:\n        break\n    n()\nc()", "line f 3-4"),
    ("before while True", "while True:\n    a()", "n()\nwhile True:\n    a()", "line f 2-3"),
    ("between two on one line", "a(); b()", "a(); n(); b()", "line f 2"),
    ("inserted before an assert", "a()\nassert b\nc()", "a()\nn()\nassert b\nc()", "line f 3-4"),
    ("after an assert", "a()\nassert b", "a()\nassert b\nn()", "line f 2-3"),
    ("into a try group", "try:\n    pass\nexcept* E:\n    c()", "try:\n    n()\nexcept* E:\n    c()", "line f 2-5"),
    # headers
    ("if header", "if a:\n    b()\nc()", "if a and x:\n    b()\nc()", "line f 2"),
    ("if header on lines", "if (\n    a\n):\n    b()\nc()", "if (\n    d\n):\n    b()\nc()", "line f 2-4"),
    ("elif header", "if a:\n    b()\nelif c:\n    d()", "if a:\n    b()\nelif e:\n    d()", "line f 4"),
    ("for header", "for i in x:\n    b()\nc()", "for i in y:\n    b()\nc()", "line f 2"),
    ("while header", "while a:\n    b()\nc()", "while d:\n    b()\nc()", "line f 2"),
    ("while True header", "while True:\n    b()\nc()", "while d:\n    b()\nc()", "line f 2-3"),
    ("with header", "with a:\n    b()\nc()", "with d:\n    b()\nc()", "line f 2"),
    ("with as", "with a as e:\n    b()", "with a as g:\n    b()", "line f 2"),
    ("if becomes while", "if a:\n    b()\nc()", "while a:\n    b()\nc()", "line f 2-3"),
    ("body under a header", "if a:\n    b()\n    c()", "if a:\n    b(1)\n    c()", "line f 3"),
    ("header and body", "if a:\n    b()\n    c()", "if d:\n    b()\n    c(1)", "line f 2,4"),
    ("match subject", "match a:\n    case 1:\n        b()", "match c:\n    case 1:\n        b()", "line f 2"),
    ("case pattern", "match a:\n    case 1:\n        b()\n    case 2:\n        c()",
     "match a:\n    case 1:\n        b()\n    case 3:\n        c()", "line f 5-6"),
    ("case guard", "match a:\n    case 1 if b:\n        b()\n    case 2:\n        c()",
     "match a:\n    case 1 if c:\n        b()\n    case 2:\n        c()", "line f 3-4"),
    ("case body", "match a:\n    case 1:\n        b()\n    case 2:\n        c()",
     "match a:\n    case 1:\n        b()\n    case 2:\n        c(1)", "line f 6"),
    ("except type", "try:\n    a()\nexcept E:\n    b()", "try:\n    a()\nexcept F:\n    b()", "line f 4-5"),
    ("except body", "try:\n    a()\nexcept E:\n    b()", "try:\n    a()\nexcept E:\n    b(1)", "line f 5"),
    ("finally body", "try:\n    a()\nfinally:\n    b()", "try:\n    a()\nfinally:\n    b(1)", "line f 5"),
    # new clauses
    ("new else", "if a:\n    b()\nc()", "if a:\n    b()\nelse:\n    n()\nc()", "line f 2-3"),
    ("new elif", "if a:\n    b()\nc()", "if a:\n    b()\nelif d:\n    n()\nc()", "line f 2-3"),
    ("new elif between", "if a:\n    b()\nelse:\n    c()", "if a:\n    b()\nelif d:\n    n()\nelse:\n    c()",
     "line f 5"),
    ("new for-else", "for i in x:\n    b()\nc()", "for i in x:\n    b()\nelse:\n    n()\nc()", "line f 2-3"),
    ("new except", "try:\n    a()\nexcept E:\n    b()", "try:\n    a()\nexcept D:\n    n()\nexcept E:\n    b()",
     "line f 2-5"),
    ("new finally", "try:\n    a()\nexcept E:\n    b()", "try:\n    a()\nexcept E:\n    b()\nfinally:\n    n()",
     "line f 2-5"),
    ("new try-else", "try:\n    a()\nexcept E:\n    b()", "try:\n    a()\nexcept E:\n    b()\nelse:\n    n()",
     "line f 2-5"),
    ("new case", "match a:\n    case 1:\n        b()", "match a:\n    case 1:\n        b()\n    case 2:\n        n()",
     "line f 2-4"),
    ("dropped else", "if a:\n    b()\nelse:\n    c()", "if a:\n    b()", "line f 5"),
    ("dropped except", "try:\n    a()\nexcept D:\n    c()\nexcept E:\n    b()", "try:\n    a()\nexcept E:\n    b()",
     "line f 4-5"),
    ("wrapped in try", "a()\nb()", "try:\n    a()\nexcept E:\n    pass\nb()", "line f 2"),
    ("wrapped in if", "a()\nb()", "a()\nif c:\n    b()", "line f 3"),
    # nested definitions
    ("nested body", "def g():\n    a()\n    b()\nreturn g", "def g():\n    a()\n    b(1)\nreturn g", "line f.g 4"),
    ("nested header", "c()\ndef g(a=1):\n    b()\nreturn g", "c()\ndef g(a=2):\n    b()\nreturn g", "line f 3-4"),
    ("nested decorator", "@c\ndef g():\n    b()\nreturn g", "@d\ndef g():\n    b()\nreturn g", "line f 2-4"),
    ("nested docstring", "def g():\n    'a'\n    b()\nreturn g", "def g():\n    'b'\n    b()\nreturn g", "line f.g 2"),
    ("nested generator", "def g():\n    b()\nreturn g()", "def g():\n    b()\n    yield 1\nreturn g()",
     "line f.g 3|shape f.g 2-3"),
    ("class body inside", "class K:\n    a = 1\n    b = 2\nreturn K", "class K:\n    a = 1\n    b = 3\nreturn K",
     "line f.K 4"),
    ("class annotation inside", "class K:\n    a: int = 1\nreturn K", "class K:\n    a: str = 1\nreturn K",
     "line f.K 3"),
    ("class header inside", "class K:\n    a = 1\nreturn K", "class K(B):\n    a = 1\nreturn K", "line f 2-3"),
    ("method inside", "class K:\n    def m(self):\n        return 1\nreturn K",
     "class K:\n    def m(self):\n        return 2\nreturn K", "line f.K.m 4"),
    ("into an empty class inside", "class K:\n    pass\nreturn K", "class K:\n    a = 1\nreturn K", "line f.K 2-3"),
]  # fmt: skip

SHAPES: list[tuple[str, str, str, str]] = [
    ("local becomes global", "a = 1\nreturn a", "global a\na = 1\nreturn a", "shape f 2-3"),
    ("global becomes local", "b()\nreturn a", "b()\nif c:\n    a = 1\nreturn a", "line f 3|shape f 2-3"),
    ("through del", "b()\nreturn a", "b()\nif c:\n    del a\nreturn a", "line f 3|shape f 2-3"),
    ("through walrus", "b()\nreturn a", "b((a := 1))\nreturn a", "line f 2|shape f 2-3"),
    ("through walrus in comprehension", "b()\nreturn a", "b([(a := i) for i in x])\nreturn a",
     "line f 2|shape f 2-3"),
    ("comprehension variable is its own", "b()\nreturn a", "b([a for a in x])\nreturn a", "line f 2"),
    ("lambda parameter is its own", "b()\nreturn a", "b(lambda a: a)\nreturn a", "line f 2"),
    ("through import", "b()\nreturn a", "b()\nimport a.z\nreturn a", "line f 3|shape f 2-3"),
    ("through import as", "b()\nreturn a", "b()\nimport z as a\nreturn a", "line f 3|shape f 2-3"),
    ("through except as", "try:\n    b()\nexcept E:\n    c()\nreturn a",
     "try:\n    b()\nexcept E as a:\n    c()\nreturn a", "line f 4-5|shape f 2-6"),
    ("through with as", "with b:\n    c()\nreturn a", "with b as a:\n    c()\nreturn a", "line f 2|shape f 2-4"),
    ("through for", "for i in b:\n    c()\nreturn a", "for i, a in b:\n    c()\nreturn a", "line f 2|shape f 2-4"),
    ("through star target", "i = b\nreturn a", "i, *a = b\nreturn a", "line f 2|shape f 2-3"),
    ("through a capture", "match b:\n    case [i]:\n        c()\nreturn a",
     "match b:\n    case [i, *a]:\n        c()\nreturn a", "line f 3-4|shape f 2-5"),
    ("through a nested def", "b()\nreturn a", "b()\ndef a():\n    pass\nreturn a", "line f 3|shape f 2-3"),
    ("through a nested class", "b()\nreturn a", "b()\nclass a:\n    pass\nreturn a", "line f 3|shape f 2-3"),
    ("through a bare annotation", "b()\nreturn a", "b()\na: int\nreturn a", "shape f 2-3"),
    ("through typing only import", "b()\nreturn a", "b()\nif 0:\n    import a\nreturn a", "line f 3|shape f 2-3"),
    ("unreached binding", "return a\nb()", "return a\nb()\na = 1", "line f 3|shape f 2-3"),
    ("only the changed statement mentions it", "b(a)\nreturn 1", "a = 2\nreturn 1", "line f 2"),
    ("renamed everywhere", "a = 1\nreturn a", "z = 1\nreturn z", "line f 2-3"),
    ("new local", "b()\nreturn 1", "n = 2\nb()\nreturn 1", "line f 2"),
    ("nested function sees it", "def g():\n    return a\nb()\nreturn g",
     "def g():\n    return a\na = 1\nb()\nreturn g", "line f 4|shape f 2-5"),
    ("nonlocal", "a = 1\ndef g():\n    a = 2\n    return a\nreturn g",
     "a = 1\ndef g():\n    nonlocal a\n    a = 2\n    return a\nreturn g", "shape f.g 4-5"),
    ("class body of its own", "class K:\n    b = a\n    a = 1\nreturn K", "class K:\n    b = a\nreturn K",
     "line f.K 4|shape f.K 3-4"),
    ("super needs __class__", "b()\nreturn super()", "b()\n__class__ = 1\nreturn super()",
     "line f 3|shape f 2-3"),
    ("locals() reads them all", "b()\nreturn locals()", "b()\nn = 1\nreturn locals()",
     "line f 3|shape f 2-3"),
    ("eval reads them all", "if b:\n    c()\nreturn eval('n')", "if b:\n    n = c()\nreturn eval('n')",
     "line f 3|shape f 2-4"),
]  # fmt: skip


def function(body: str) -> str:
    return f"def f(x):\n{indent(body, '    ')}\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES + SHAPES],
)
def test_what_a_change_in_a_function_touches(
    old: str, new: str, expected: str, compare: Any, said: Any
) -> None:
    found = compare(function(old), function(new))
    assert found.note is None
    assert "|".join(said(found)) == expected


@pytest.mark.parametrize(
    ("old", "new"), [pytest.param(*case[1:3], id=case[0]) for case in CASES + SHAPES]
)
def test_back_means_something_when_forth_does(old: str, new: str, compare: Any) -> None:
    forth, back = compare(function(old), function(new)), compare(function(new), function(old))
    assert bool(forth.touches) == bool(back.touches)
    assert compare(function(old), function(old)).touches == ()


def test_new_lines_show_where_the_change_stands(compare: Any) -> None:
    (touch,) = compare(function("a()\nb()"), function("a()\n\nn(\n    1)\nb()")).touches
    assert str(touch.new_lines) == "4-5"
