"""What may change its place without a meaning, and what may not."""

from typing import Any

import pytest

CASES = {
    "sorted imports": (
        "import b\nimport a\nX = 1\n", "import a\nimport b\nX = 1\n", "symbol - - raises",
    ),
    "functions": ("def f(): pass\n\ndef g(): pass\n", "def g(): pass\n\ndef f(): pass\n", ""),
    "methods": ("class K:\n    def f(self): pass\n    def g(self): pass\n",
                "class K:\n    def g(self): pass\n    def f(self): pass\n", "symbol K.?order 1"),
    "constants that do not meet": ("A = 1\nB = 2\n", "B = 2\nA = 1\n", ""),
    "a constant above its reader": ("A = 1\nB = A\n", "B = A\nA = 1\n", "symbol B 2 raises"),
    "a function past a call": ("def f(): pass\ng()\n", "g()\ndef f(): pass\n", "import - 2 whole"),
    "a name bound twice": ("A = 1\nA = 2\n", "A = 2\nA = 1\n", "symbol A 2"),
    "fields of a dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass K:\n    a: int\n    b: int\n",
        "from dataclasses import dataclass\n@dataclass\nclass K:\n    b: int\n    a: int\n",
        "symbol K.b 5",
    ),
    "a base and its class": (
        "class A: pass\nclass B(A): pass\n", "class B(A): pass\nclass A: pass\n",
        "symbol B 2 raises",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_a_move(old: str, new: str, expected: str, compare: Any, said: Any) -> None:
    assert "|".join(said(compare(old, new))) == expected
