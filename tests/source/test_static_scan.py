"""What a text may import, read off without parsing: never less than a parser finds."""

import ast
import sysconfig
from pathlib import Path

import pytest

from coverquery.source.names import imports
from coverquery.source.static_scan import mentions


def modules(text: str) -> set[tuple[int, str, tuple[str, ...]]]:
    return set(mentions(text.encode()).modules)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import a", (0, "a", ())),
        ("import a.b as c, d.e", (0, "d.e", ())),
        ("import a, \\\n    b.c", (0, "b.c", ())),
        ("x = 1; import a", (0, "a", ())),
        ("if x: import a", (0, "a", ())),
        ("def f():\n    import a.b\n", (0, "a.b", ())),
        ("from a import b", (0, "a", ("b",))),
        ("from a.b import c as d", (0, "a.b", ("as", "c", "d"))),
        ("from a import (\n    b,  # why\n    c,\n)", (0, "a", ("b", "c", "why"))),
        ("from a import b, \\\n    c", (0, "a", ("b", "c"))),
        ("from a import *", (0, "a", ("*",))),
        ("from . import b", (1, "", ("b",))),
        ("from .. import b", (2, "", ("b",))),
        ("from ...a.b import c", (3, "a.b", ("c",))),
        ("from .a import(b)", (1, "a", ("b",))),
        ("from a \\\n    import b", (0, "a", ("b",))),
        ("raise X from error\nimport after", (0, "after", ())),
        ("yield from x\nimport after", (0, "after", ())),
        (">>> from a import b", (0, "a", ("b",))),
        ("exec('import a')", (0, "a", ())),
        ("import ä.ö", (0, "ä.ö", ())),
    ],
)
def test_imports_are_found(text: str, found: tuple[int, str, tuple[str, ...]]) -> None:
    assert found in modules(text)


@pytest.mark.parametrize(
    "text",
    [
        "import_module(name)",
        "importlib.import_module(PREFIX + name)",
        "from importlib import import_module as load\nload(name)",
        "map(import_module, names)",
        "__import__(name)",
        "load = __import__\n",
        "import_module(f'{package}.x')",
        "import_module('pkg.%s' % name)",
        "spec_from_file_location('x', path)",
        "for m in pkgutil.walk_packages(x): pass",
        "for e in metadata.entry_points(group='x'): e.load()",
        "runpy.run_path(path)",
        "pydoc.locate(name)",
        "sys.meta_path.insert(0, Finder())",
    ],
)
def test_computed_imports_are_noticed(text: str) -> None:
    assert mentions(text.encode()).any_module


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("import_module(f'pkg.plugins.{name}')", "pkg.plugins."),
        ("import_module('.' + name, __package__)", "."),
        ("import_module(f'.{name}', __name__)", "."),
        ("importlib.import_module('pkg.' + name)", "pkg."),
    ],
)
def test_a_computed_name_may_have_a_known_beginning(text: str, prefix: str) -> None:
    found = mentions(text.encode())
    assert found.prefixes == {prefix}
    assert not found.any_module


def test_constant_imports_are_not_computed() -> None:
    text = b"from importlib import import_module\nimport_module('a.b')\nimportorskip('c', '1.0')\n"
    found = mentions(text)
    assert not found.any_module
    assert found.strings == {"a.b", "c"}


def test_names_that_only_look_like_starting_something() -> None:
    found = mentions(b"def locate(system): 'a python for each system'\n")
    assert not found.any_module
    assert not found.starts
    assert mentions(b"os.system('make')").starts
    assert mentions(b"from os import system\nsystem('make')").starts


def test_scripts_and_strings() -> None:
    found = mentions(b"run('tools/build.py'); patch('pkg.mod.attr'); load('pkg.mod:main')")
    assert found.scripts == {"build.py"}
    assert found.strings >= {"pkg.mod.attr", "pkg.mod"}
    assert not found.walks
    assert mentions(b"open(f'{name}.py')").walks
    assert mentions(b"inspect.getsource(f)").walks


@pytest.mark.parametrize("content", [b"\xff\xfeimport a", b"import a\0", b"import a\r", b""])
def test_any_bytes_can_be_scanned(content: bytes) -> None:
    mentions(content)


def test_a_parser_finds_no_more() -> None:
    """Every import statement of a piece of the standard library is among what is found."""
    library = Path(sysconfig.get_path("stdlib"))
    files = [*library.glob("*.py"), *library.glob("asyncio/*.py"), *library.glob("xml/*/*.py")]
    assert len(files) > 150
    for file in files:
        content = file.read_bytes()
        parsed = imports(content)
        if parsed is None:
            continue
        found: dict[tuple[int, str], set[str]] = {}
        for level, dotted, taken in mentions(content).modules:
            found.setdefault((level, dotted), set()).update(taken)
        for level, dotted, taken in parsed.modules:
            assert (level, dotted) in found, (file, dotted)
            assert set(taken) <= found[level, dotted], (file, dotted, taken)
        for node in ast.walk(ast.parse(content)):
            if isinstance(node, ast.alias):
                last = node.name.rpartition(".")[2]
                assert last == "*" or last in mentions(content).words
