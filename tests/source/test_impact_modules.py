"""Module and class level, headers, docstrings and texts that cannot be read.

A case is (what, old text, new text, what is touched).
"""
# ruff: noqa: E501  (a case is a line)

from typing import Any

import pytest

TC = "from typing import TYPE_CHECKING\n"

CASES: list[tuple[str, str, str, str]] = [
    # module level
    ("constant", "A = 1\nB = 2\n", "A = 1\nB = 3\n", "symbol B 2"),
    ("new constant", "A = 1\n", "A = 1\nB = 3\n", "symbol B -"),
    ("dropped constant", "A = 1\nB = 2\n", "A = 1\n", "symbol B 2 gone"),
    ("two names", "A, B = 1, 2\n", "A, B = 2, 1\n", "symbol A 1 raises|symbol B 1 raises"),
    ("expression", "g(1)\n", "g(2)\n", "import - 1 whole"),
    ("import", "import a\n", "import b\n", "symbol a 1 gone|symbol b - raises"),
    ("import as", "import a as b\n", "import c as b\n", "symbol b 1 raises"),
    ("annotation", "A: int = 1\n", "A: str = 1\n", "symbol A 1"),
    ("annotated or not", "A: int = 1\n", "A = 1\n", "symbol A 1"),
    ("loop", "for i in a:\n    g(i)\n", "for i in a:\n    g(1)\n", "import - 2 whole"),
    ("lambda", "A = lambda: 1\n", "A = lambda: 2\n", "symbol A 1"),
    ("comprehension", "A = [i for i in b]\n", "A = [i for i in c]\n", "symbol A 1 raises"),
    ("header of if", "if a:\n    B = 1\n", "if c:\n    B = 1\n", "import - 1-2 whole"),
    ("moved definition", "def f():\n    pass\ndef g():\n    pass\n", "def g():\n    pass\ndef f():\n    pass\n",
     ""),
    ("new function", "def f():\n    pass\n", "def f():\n    pass\ndef g():\n    pass\n", "symbol g -"),
    ("deleted function", "def f():\n    pass\ndef g():\n    pass\n", "def f():\n    pass\n", "line g 4|symbol g 3-4 gone"),
    ("renamed function", "def f():\n    a()\n", "def g():\n    a()\n", "line f 2|symbol f 1-2 gone|symbol g -"),
    ("new class", "", "class K:\n    pass\n", "symbol K -"),
    ("idle string", "A = 1\n'x'\n", "A = 1\n'y'\n", ""),
    ("idle pass", "if a:\n    B = 1\n", "if a:\n    B = 1\n    pass\n", ""),
    ("formatting", "A = [1,\n 2]\n", "A = [1, 2]\n", ""),
    ("moved down", "def f():\n    return 1\n", "# x\n\n\ndef f():\n    return 1\n", ""),
    ("future import", "def f():\n    pass\n", "from __future__ import annotations\ndef f():\n    pass\n",
     "import annotations - whole"),
    # function headers
    ("default", "def f(a=1):\n    b()\n", "def f(a=2):\n    b()\n", "line f 2|symbol f 1"),
    ("parameter", "def f(a):\n    b()\n", "def f(c):\n    b()\n", "line f 2|symbol f 1"),
    ("keyword only", "def f(a, b):\n    b()\n", "def f(a, *, b):\n    b()\n", "line f 2|symbol f 1"),
    ("parameter annotation", "def f(a: int):\n    b()\n", "def f(a: str):\n    b()\n", "line f 2|symbol f 1"),
    ("return annotation", "def f() -> int:\n    b()\n", "def f() -> str:\n    b()\n", "line f 2|symbol f 1"),
    ("decorator", "@a\ndef f():\n    b()\n", "@c\ndef f():\n    b()\n", "import f 1-2 whole"),
    ("new decorator", "def f():\n    b()\n", "@c\ndef f():\n    b()\n", "import f 1 whole"),
    ("async", "def f():\n    b()\n", "async def f():\n    b()\n", "line f 2|symbol f 1-2"),
    ("becomes a generator", "def f():\n    b()\n", "def f():\n    b()\n    yield 1\n", "line f 2|shape f 2|symbol - - raises"),
    ("is no generator any more", "def f():\n    b()\n    yield 1\n", "def f():\n    b()\n", "line f 3|shape f 2-3|symbol - - raises"),
    ("a dead yield counts", "def f():\n    b()\n", "def f():\n    b()\n    if 0:\n        yield\n", "line f 2|shape f 2|symbol - - raises"),
    ("a yield in a lambda does not", "def f():\n    b()\n", "def f():\n    b(lambda: (yield))\n", "line f 2"),
    ("header over lines", "def f(\n    a=1,\n):\n    b()\n", "def f(\n    a=2,\n):\n    b()\n", "line f 4|symbol f 1-3"),
    ("header reformatted", "def f(a=1, b=2):\n    b()\n", "def f(\n    a=1,\n    b=2,\n):\n    b()\n", ""),
    # classes
    ("class constant", "class K:\n    a = 1\n    b = 2\n", "class K:\n    a = 1\n    b = 3\n", "symbol K.b 3"),
    ("base class", "class K(A):\n    a = 1\n", "class K(B):\n    a = 1\n", "symbol K.?bases 1 raises"),
    ("class keyword", "class K:\n    a = 1\n", "class K(metaclass=M):\n    a = 1\n", "import K 1 whole"),
    ("class field", "class K:\n    a: int\n", "class K:\n    a: str\n", "symbol K.a 2"),
    ("method body", "class K:\n    def m(self):\n        a()\n", "class K:\n    def m(self):\n        b()\n", "line K.m 3"),
    ("new method", "class K:\n    a = 1\n", "class K:\n    a = 1\n    def m(self): ...\n", "symbol K.m -"),
    ("method header", "class K:\n    def m(self):\n        a()\n", "class K:\n    def m(self, b=1):\n        a()\n",
     "line K.m 3|symbol K.m 2"),
    ("nested class method", "class K:\n    class L:\n        def m(self):\n            a()\n",
     "class K:\n    class L:\n        def m(self):\n            b()\n", "line K.L.m 4"),
    ("setter, not getter",
     "class K:\n    @property\n    def a(self):\n        g()\n    @a.setter\n    def a(self, v):\n        h()\n",
     "class K:\n    @property\n    def a(self):\n        g()\n    @a.setter\n    def a(self, v):\n        h(v)\n",
     "line K.a 7"),
    ("second overload of the same header", "def f():\n    a()\ndef f():\n    b()\n", "def f():\n    a()\ndef f():\n    c()\n",
     "line f 4"),
    ("assertions no longer rewritten", "'''x'''\n", "'''PYTEST_DONT_REWRITE'''\n", "doc - 1 whole|import - 1 whole"),
    # functions inside statements of the module
    ("function in if", "if a:\n    def f():\n        b()\n", "if a:\n    def f():\n        c()\n", "line f 3"),
    ("function in else", "if a:\n    b = 1\nelse:\n    def f():\n        b()\n",
     "if a:\n    b = 1\nelse:\n    def f():\n        c()\n", "line f 5"),
    ("function in try", "try:\n    import a\nexcept ImportError:\n    def f():\n        b()\n",
     "try:\n    import a\nexcept ImportError:\n    def f():\n        c()\n", "line f 5"),
    ("function in finally", "try:\n    a()\nfinally:\n    def f():\n        b()\n",
     "try:\n    a()\nfinally:\n    def f():\n        c()\n", "line f 5"),
    ("function in with", "with a:\n    def f():\n        b()\n", "with a:\n    def f():\n        c()\n", "line f 3"),
    ("function in match", "match a:\n    case 1:\n        def f():\n            b()\n",
     "match a:\n    case 1:\n        def f():\n            c()\n", "line f 4"),
    ("new handler", "try:\n    a()\nexcept E:\n    b()\n", "try:\n    a()\nexcept D:\n    c()\nexcept E:\n    b()\n",
     "import - - whole"),
    ("handler type", "try:\n    a()\nexcept E:\n    b()\n", "try:\n    a()\nexcept D:\n    b()\n", "import - 3-4 whole"),
    ("new else", "if a:\n    b()\n", "if a:\n    b()\nelse:\n    c()\n", "import - - whole"),
    ("reads what a match may have bound", "match a:\n    case 1:\n        w = 1\ny = 1\n",
     "match a:\n    case 1:\n        w = 1\ny = w\n", "symbol y 4 raises"),
    ("reads what was deleted", "w = 1\ndel w\ny = 1\n", "w = 1\ndel w\ny = w\n", "symbol y 3 raises"),
    ("reads what is bound", "w = 1\ny = 1\n", "w = 1\ny = w\n", "symbol y 2"),
    # typing only
    ("typing only import", TC + "if TYPE_CHECKING:\n    import a\n", TC + "if TYPE_CHECKING:\n    import b\n", ""),
    ("typing only block new", TC, TC + "if TYPE_CHECKING:\n    import b\n", ""),
    ("typing only block gone", TC + "if TYPE_CHECKING:\n    import b\n", TC, ""),
    ("typing only by attribute", "import typing as t\nif t.TYPE_CHECKING:\n    import a\n",
     "import typing as t\nif t.TYPE_CHECKING:\n    import b\n", ""),
    ("typing only under another name", "from typing import TYPE_CHECKING as T\nif T:\n    import a\n",
     "from typing import TYPE_CHECKING as T\nif T:\n    import b\n", ""),
    ("its else part runs", TC + "if TYPE_CHECKING:\n    import a\nelse:\n    a = 1\n",
     TC + "if TYPE_CHECKING:\n    import a\nelse:\n    a = 2\n", "symbol a 5"),
    ("a new else part runs", TC + "if TYPE_CHECKING:\n    import a\n", TC + "if TYPE_CHECKING:\n    import a\nelse:\n    a = 2\n",
     "import - - whole"),
    ("rebound flag", TC + "TYPE_CHECKING = g()\nif TYPE_CHECKING:\n    import a\n",
     TC + "TYPE_CHECKING = g()\nif TYPE_CHECKING:\n    import b\n", "symbol a 4 gone|symbol b - raises"),
    ("flag rebound by a function", TC + "def f():\n    global TYPE_CHECKING\n    TYPE_CHECKING = 1\nif TYPE_CHECKING:\n    import a\n",
     TC + "def f():\n    global TYPE_CHECKING\n    TYPE_CHECKING = 1\nif TYPE_CHECKING:\n    import b\n",
     "symbol a 6 gone|symbol b - raises"),
    ("flag of somebody else", "from mine import TYPE_CHECKING\nif TYPE_CHECKING:\n    a = 1\n",
     "from mine import TYPE_CHECKING\nif TYPE_CHECKING:\n    a = 2\n", "symbol a 3"),
    ("not typing only", TC + "if not TYPE_CHECKING:\n    a = 1\n", TC + "if not TYPE_CHECKING:\n    a = 2\n", "symbol a 3"),
    ("typing only in a function", TC + "def f():\n    if TYPE_CHECKING:\n        a: int\n    b()\n",
     TC + "def f():\n    if TYPE_CHECKING:\n        a: str\n        g()\n    b()\n", ""),
    ("typing only binds a name all the same", TC + "def f():\n    b()\n    return a\n",
     TC + "def f():\n    b()\n    if TYPE_CHECKING:\n        import a\n    return a\n", "shape f 3-4"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES]
)
def test_what_a_change_of_a_module_touches(
    old: str, new: str, expected: str, compare: Any, said: Any
) -> None:
    found = compare(old, new)
    assert found.note is None
    assert "|".join(said(found)) == expected
    assert bool(compare(new, old).touches) == bool(found.touches)


def test_a_deleted_file_is_touched_whole(compare: Any) -> None:
    found = compare("A = 1\n", None)
    assert (found.new, found.note) == (None, None)
    (touch,) = found.touches
    assert (touch.why, touch.whole, touch.symbol) == ("import", True, "")
    assert str(touch.old_lines) == "1"


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("A = 1\n", "A = 1\nB = (\n", "syntax error in line 2: '(' was never closed"),
        ("A = 1\n", "return 1\n", "syntax error in line 1: 'return' outside function"),
        ("def f():\n    a()\n", "def f():\n    nonlocal a\n    a()\n", "syntax error in line 2: no binding for nonlocal 'a' found"),
        ("def f():\n    a()\n", "def f():\n    a()\n    break\n", "syntax error in line 3: 'break' outside loop"),
        ("def f():\n    nonlocal a\n    a()\n", "def f():\n    a()\n", "syntax error in line 2: no binding for nonlocal 'a' found"),
        ("def f():\n    global a\n    a = 1\n", "def f():\n    global a\n    a: int = 1\n", "annotated name 'a' can't be global"),
        (TC, TC + "if TYPE_CHECKING:\n    return 1\n", "syntax error in line 3: 'return' outside function"),
        (TC + "if TYPE_CHECKING:\n    return 1\n", TC, "syntax error in line 3: 'return' outside function"),
        ("A = (\n", "A = 1\n", "syntax error in line 1: '(' was never closed"),
        ("A = 1\n", b"A = '\xff'\n", "(unicode error)"),
        ("A = 1\n", b"# coding: nosuch\nA = 1\n", "unknown encoding"),
        ("A = 1\n", b"A = 1\0\n", "null byte"),
        ("A = 1\n", "A = " + "(" * 5000 + ")" * 5000 + "\n", "too many nested parentheses"),
        ("A = 1\n", "A = " + "-" * 50000 + "1\n", ""),
        ("def f():\n    return 1\n", "def f():\n    return " + "+".join(["a"] * 5000) + "\n", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_touched_whole(
    old: str, new: str | bytes, note: str, compare: Any
) -> None:
    found = compare(old, new)
    assert found.note is not None
    assert note in found.note
    (touch,) = found.touches
    assert (touch.why, touch.whole) == ("import", True)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"# coding: latin-1\nA = '\xe9'\n", "A = '\u00e9'\n".encode(), ""),
        (b"# coding: latin-1\nA = '\xc3\xa9'\n", b"# coding: utf-8\nA = '\xc3\xa9'\n", "symbol A 2"),
        (b"# coding: utf-7\nA = 1+AAo-B = 1\n", b"# coding: utf-7\nA = 1+AAo-B = 2\n", "symbol B 3"),
        (b"\xef\xbb\xbfA = 1\n", b"A = 1\n", ""),
        (b"A = 1\r\nB = 2\r\n", b"A = 1\nB = 2\n", ""),
        (b"A = 1\rB = 2\r", b"A = 1\nB = 3\n", "symbol B 2"),
        (b"A = 1\n\x0cB = 2\n", b"A = 1\n\x0cB = 3\n", "symbol B 2"),
        (b"A = '''\x0c\x1c\n'''\nB = 2\n", b"A = '''\x0c\x1c\n'''\nB = 3\n", "symbol B 3"),
        (b"A = 1", b"A = 1\n", ""),
        (b"A = \\\n  1\nB = 1\n", b"A = \\\n  1\nB = 2\n", "symbol B 3"),
        (b"def f():\n    return '\\d'\n", b"def f():\n    return '\\w'\n", "line f 2"),
    ],
)  # fmt: skip
def test_bytes_are_read_as_the_compiler_reads_them(
    old: bytes, new: bytes, expected: str, compare: Any, said: Any
) -> None:
    assert "|".join(said(compare(old, new))) == expected
