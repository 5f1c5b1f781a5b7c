"""Docstrings: touched apart; escaping where whoever makes their owner may read them.

Who else reads one is found among what was recorded: tests/selection/cases/reading.cases.
"""
# ruff: noqa: E501  (a case is a line)

from typing import Any

import pytest

CASES: list[tuple[str, str, str]] = [
    ("module", "'''%s'''\n", "doc - 1 whole"),
    ("function", "def f():\n    '''%s'''\n    a()\n", "doc f 2 whole"),
    ("class", "class K:\n    '''%s'''\n    a = 1\n", "doc K 2 whole"),
    ("method", "class K:\n    def m(self):\n        '''%s'''\n        a()\n", "doc K.m 3 whole"),
    ("function called", "def f():\n    '''%s'''\n    a()\nf()\n", "doc f 2 whole"),
    ("another string", "def f():\n    a()\n    '''%s'''\n", ""),
    ("property", "class K:\n    @property\n    def m(self):\n        '''%s'''\n        a()\n", "doc K.m 4 whole"),
    ("setter", "class K:\n    @property\n    def m(self):\n        b()\n    @m.setter\n    def m(self, v):\n        '''%s'''\n        a()\n",
     "doc K.m 7 whole"),
    ("functools.cache", "from functools import cache\n@cache\ndef f():\n    '''%s'''\n    a()\n", "doc f 4 whole"),
    ("functools by attribute", "import functools as ft\n@ft.lru_cache(maxsize=2)\ndef f():\n    '''%s'''\n    a()\n", "doc f 4 whole"),
    ("a cache of one's own", "def cache(f):\n    return f\n@cache\ndef f():\n    '''%s'''\n    a()\n", "doc f 5 whole escapes"),
    ("cache bound twice", "try:\n    from functools import cache\nexcept ImportError:\n    cache = g\n@cache\ndef f():\n    '''%s'''\n    a()\n",
     "doc f 7 whole escapes"),
    ("cache of two modules", "try:\n    from functools import cache\nexcept ImportError:\n    from mine import cache\n@cache\ndef f():\n    '''%s'''\n    a()\n",
     "doc f 7 whole escapes"),
    ("unknown decorator", "@route('/')\ndef f():\n    '''%s'''\n    a()\n", "doc f 3 whole escapes"),
    ("fixture", "import pytest\n@pytest.fixture(scope='module')\ndef f():\n    '''%s'''\n    a()\n", "doc f 4 whole"),
    ("dataclass", "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass K:\n    '''%s'''\n    a: int\n", "doc K 4 whole"),
    ("unknown class decorator", "@attr\nclass K:\n    '''%s'''\n    a = 1\n", "doc K 3 whole escapes"),
    ("exception", "class K(ValueError):\n    '''%s'''\n", "doc K 2 whole"),
    ("base of the same module", "class B:\n    a = 1\nclass K(B):\n    '''%s'''\n", "doc K 4 whole"),
    ("foreign base", "from web import View\nclass K(View):\n    '''%s'''\n", "doc K 3 whole"),
    ("foreign base of a base", "from web import View\nclass B(View):\n    pass\nclass K(B):\n    '''%s'''\n", "doc K 5 whole"),
    ("shadowed exception", "from mine import ValueError\nclass K(ValueError):\n    '''%s'''\n", "doc K 3 whole"),
    ("metaclass", "class K(metaclass=M):\n    '''%s'''\n", "doc K 2 whole escapes"),
    ("method of a foreign base", "class K(TestCase):\n    def m(self):\n        '''%s'''\n        a()\n", "doc K.m 3 whole"),
    ("passed on", "def f():\n    '''%s'''\n    a()\nregister(f)\n", "doc f 2 whole"),
    ("passed by keyword", "def f():\n    '''%s'''\n    a()\nregister(x=f)\n", "doc f 2 whole"),
    ("in a list", "def f():\n    '''%s'''\n    a()\nALL = [f]\n", "doc f 2 whole"),
    ("in a dict", "def f():\n    '''%s'''\n    a()\nALL = {1: f}\n", "doc f 2 whole"),
    ("a key", "def f():\n    '''%s'''\n    a()\nALL[f] = 1\n", "doc f 2 whole"),
    ("assigned", "def f():\n    '''%s'''\n    a()\ng = f\n", "doc f 2 whole"),
    ("a default", "def f():\n    '''%s'''\n    a()\ndef g(x=f):\n    pass\n", "doc f 2 whole"),
    ("returned", "def f():\n    '''%s'''\n    a()\ndef g():\n    return f\n", "doc f 2 whole"),
    ("bound method passed", "class K:\n    def m(self):\n        '''%s'''\n    def n(self):\n        go(self.m)\n", "doc K.m 3 whole"),
    ("tested for", "class K:\n    '''%s'''\ndef g(x):\n    return isinstance(x, K)\n", "doc K 2 whole"),
    ("module reads __doc__", "'''%s'''\nparser(__doc__)\n", "doc - 1 whole"),
    ("module reads by string", "def f():\n    '''%s'''\n    a()\ngetattr(x, '__doc__')\n", "doc f 2 whole"),
    ("module imports docopt", "from docopt import docopt\ndef f():\n    '''%s'''\n    a()\n", "doc f 3 whole"),
    ("module looks at members", "def f():\n    '''%s'''\n    a()\ndef g(x):\n    return vars(x)\n", "doc f 2 whole"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES]
)
def test_who_may_read_a_changed_docstring(
    text: str, expected: str, compare: Any, said: Any
) -> None:
    found = compare(text % "one", text % "two")
    assert found.note is None
    assert "|".join(said(found)) == expected


def test_adding_and_dropping_a_docstring_is_a_change_of_it(compare: Any, said: Any) -> None:
    bare, told = "def f():\n    a()\n", "def f():\n    'x'\n    a()\n"
    assert said(compare(bare, told)) == ("doc f - whole",)
    assert said(compare(told, bare)) == ("doc f 2 whole",)


def test_a_moved_docstring_is_none(compare: Any, said: Any) -> None:
    found = compare("def f():\n    'x'\n    a()\n", "def f():\n    a()\n    'x'\n")
    assert said(found) == ("doc f 2 whole",)
