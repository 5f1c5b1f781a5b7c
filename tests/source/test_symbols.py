"""Where definitions stand, which lines hold code, and the docstrings in order."""

import pytest

from coverquery.source.symbols import docstrings, executable_lines, symbol_at, symbol_lines

TEXT = b'''"""Module."""
import os


@cache
def f(
    a=1,
):
    """F."""
    def g():
        return a

    return g


class K:
    """K."""

    @property
    def m(self):
        return 1

    @m.setter
    def m(self, v):
        """Set."""


if os:
    def h():
        pass
'''


@pytest.mark.parametrize(
    ("line", "symbol"),
    [(1, ""), (2, ""), (4, ""), (5, "f"), (9, "f"), (11, "f.g"), (13, "f"), (16, "K"),
     (19, "K.m"), (23, "K.m"), (28, ""), (29, "h"), (30, "h"), (99, "")],
)  # fmt: skip
def test_symbol_at_a_line(line: int, symbol: str) -> None:
    assert symbol_at(TEXT, line) == symbol


@pytest.mark.parametrize(
    ("symbol", "lines"),
    [("f", "5-13"), ("f.g", "10-11"), ("K", "16-25"), ("K.m", "19-21,23-25"), ("h", "29-30")],
)
def test_lines_of_a_symbol(symbol: str, lines: str) -> None:
    assert str(symbol_lines(TEXT, symbol)) == lines


def test_lines_of_an_unknown_symbol() -> None:
    assert symbol_lines(TEXT, "nothing") is None
    assert symbol_lines(b"def f(:\n", "f") is None
    assert symbol_at(b"def f(:\n", 1) == ""


def test_a_long_elif_chain_is_no_obstacle() -> None:
    chain = "".join(f"elif a == {i}:\n    b()\n" for i in range(1500))
    text = f"if a:\n    b()\n{chain}def f():\n    pass\n".encode()
    assert symbol_at(text, 3004) == "f"


def test_executable_lines_are_the_compilers() -> None:
    text = b"""import os

# note
def f(a):
    'doc'
    x: int
    if a:
        return (
            1 + a
        )
    global b
    return [
        i for i in a
    ]
"""
    assert str(executable_lines(text)) == "1,4,7-9,12-13"
    assert str(executable_lines(b"return 1\n")) == ""


def test_docstrings_in_order() -> None:
    assert docstrings(TEXT) == ("Module.", "F.", "K.", "Set.")
    assert docstrings(b"x = 'no'\n") == ()
    assert docstrings(b"(") is None
