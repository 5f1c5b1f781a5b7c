"""Read bytes as the compiler would. Owns what counts as a file that can be understood."""

import ast
import sys
import warnings
from collections.abc import Sequence
from typing import NamedTuple

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What parsing, compiling or walking hostile source may raise."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class UnreadableError(Exception):
    """The text cannot be understood; the message is the sentence to show."""


class Syntax(NamedTuple):
    """A parsed file.

    Attributes:
        tree: its syntax tree.
        lines: its raw lines by the compiler's count; line n is ``lines[n - 1]``.
        charset: the lines that may declare another encoding than UTF-8.
        futures: its ``from __future__`` imports, wherever they stand.
        whole: the content of the whole file where only a part of it was parsed, else None.
    """

    tree: ast.Module
    lines: tuple[bytes, ...]
    charset: tuple[bytes, ...]
    futures: tuple[ast.ImportFrom, ...]
    whole: bytes | None = None


def complaint(error: BaseException) -> str:
    """Return why a text could not be understood, as one sentence."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f"syntax error in line {error.lineno}: {error.msg}"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    said = str(error).strip() or type(error).__name__
    return f"cannot be parsed by Python {version} ({said})"


def parse(content: bytes) -> Syntax:
    """Parse a file's bytes.

    Raises:
        UnreadableError: when this Python cannot.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
    except UNREADABLE as error:
        raise UnreadableError(complaint(error)) from error
    lines = tuple(content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
    declared = (line for line in lines[:2] if b"coding" in line)
    charset = tuple(d for d in declared if b"utf-8" not in d.lower())
    futures = tuple(s for s in tree.body if isinstance(s, ast.ImportFrom) and is_future(s))
    return Syntax(tree, lines, charset, futures)


def check(syntax: Syntax, part: Sequence[ast.stmt] | None = None) -> None:
    """Compile a file, or only some of its top-level statements.

    Finds what the parser lets pass: ``return`` outside a function, ``nonlocal`` without one.

    Raises:
        UnreadableError: when it does not compile.
    """
    tree = syntax.tree
    if part is not None or syntax.whole is not None:
        body = [*syntax.futures, *(tree.body if part is None else part)]
        tree = ast.Module(body=body, type_ignores=[])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, "<source>", "exec", dont_inherit=True)
    except UNREADABLE as error:
        raise UnreadableError(complaint(error)) from error


def is_future(statement: ast.ImportFrom) -> bool:
    """Is this ``from __future__ import …``?"""
    return statement.module == "__future__" and not statement.level


def docstring(body: Sequence[ast.stmt]) -> str | None:
    """Return the docstring a suite begins with, as written."""
    node = docstring_node(body)
    return None if node is None else str(node.value)


def docstring_node(body: Sequence[ast.stmt]) -> ast.Constant | None:
    """Return the docstring's node."""
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return first.value if isinstance(first.value.value, str) else None
    return None


def symbol_of(chain: Sequence[Definition], name: str = "") -> str:
    """Return ``C.f.name`` for a name in ``f`` of ``C``; empty at module level."""
    return ".".join([*(node.name for node in chain), *([name] if name else [])])
