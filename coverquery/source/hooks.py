"""Hooks of a conftest that pytest calls for every test, wherever the conftest stands."""

import ast

from coverquery.source.syntax import FUNCTIONS, UnreadableError, parse

_OF_ITS_FOLDER = frozenset({
    "pytest_assertion_pass", "pytest_assertrepr_compare", "pytest_collect_directory",
    "pytest_collect_file", "pytest_collectstart", "pytest_fixture_post_finalizer",
    "pytest_fixture_setup", "pytest_generate_tests", "pytest_ignore_collect",
    "pytest_itemcollected", "pytest_make_collect_report", "pytest_make_parametrize_id",
    "pytest_pycollect_makeitem", "pytest_pycollect_makemodule", "pytest_pyfunc_call",
    "pytest_runtest_call", "pytest_runtest_logfinish", "pytest_runtest_logstart",
    "pytest_runtest_makereport", "pytest_runtest_protocol", "pytest_runtest_setup",
    "pytest_runtest_teardown",
})  # fmt: skip
"""Called through the node they are about, so only conftests above it hear of it."""


def wide_hooks(content: bytes) -> frozenset[str] | None:
    """Return the hooks of a conftest that see every test, each with all of its text.

    None when it cannot be parsed. Names that a star import may bring count as hooks.
    """
    try:
        tree = parse(content).tree
    except UnreadableError:
        return None
    found = set()
    for node in ast.walk(tree):
        if any(name not in _OF_ITS_FOLDER for name in _names(node)):
            found.add(_text(node))
    return frozenset(found)


def _text(node: ast.AST) -> str:
    """Return a node as text, without its docstring."""
    if isinstance(node, FUNCTIONS) and ast.get_docstring(node, clean=False) is not None:
        node.body[0] = ast.Pass()
    return ast.dump(node)


def _names(node: ast.AST) -> list[str]:
    """Return the hooks a node may bind: ``*`` for whatever a star import brings."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            bound = [name]
        case ast.Name(id=name, ctx=ast.Store()):
            bound = [name]
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            bound = [alias.asname or alias.name for alias in aliases]
        case _:
            return []
    return [name for name in bound if name == "*" or name.startswith("pytest_")]
