"""What a text may import without a parser: never less than what the parser finds."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from coverquery.importing import ModuleInfo
from coverquery.model import Oid, RepoPath
from coverquery.source.glance import Glance, glance
from coverquery.source.graph import static_edges, static_imports
from coverquery.source.names import ImportNames, imports

ROOT = Path(__file__).parents[2]
FILES = {
    "pkg/__init__.py": "",
    "pkg/a.py": "",
    "pkg/sub/__init__.py": "",
    "pkg/sub/b.py": "",
    "helpers.py": "",
}
A, B, SUB = "pkg/a.py", "pkg/sub/b.py", "pkg/sub/__init__.py"


def compared(files: Mapping[str, bytes]) -> dict[str, tuple[set[str], set[str], set[str]]]:
    """Return by file what is sure, what is perhaps, and what the parser finds."""
    modules = {
        RepoPath(path): ModuleInfo(
            Oid(path), (path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"),)
        )
        for path in files
    }

    def look(path: RepoPath, _oid: Oid) -> Glance:
        return glance(files[path])

    def names(path: RepoPath, _oid: Oid) -> ImportNames | None:
        return imports(files[path])

    found = static_imports(modules, look, names)
    exact = static_edges(modules, names)
    return {
        path: (
            {*map(str, found.sure.get(path, ()))},
            {*map(str, (*found.perhaps.get(path, ()), *found.taken.get(path, ())))},
            {*map(str, exact[path])},
        )
        for path in modules
    }


def of(text: str | bytes, path: str = "t.py") -> tuple[set[str], set[str], set[str]]:
    content = text.encode() if isinstance(text, str) else text
    return compared({**{p: t.encode() for p, t in FILES.items()}, path: content})[path]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import pkg.a\n", A),
        ("x = 1; import pkg.a\n", A),
        ("if x: import pkg.a\n", A),
        ("import os, \\\n  pkg.a\n", A),
        ("from pkg import (\n  # why\n  sub,\n  a,\n)\n", A),
        ("from pkg \\\n  import a\n", A),
        ("def f():\n    from .pkg import a\n", "t.py"),
        ("import pkg\npkg.a.f()\n", A),
        ("import pkg\n(pkg\n .a.f())\n", A),
        ("import pkg\n(pkg.  # why\n a.f())\n", A),
        ("import pkg\npkg.\\\na\n", A),
        ("import pkg as p\np.sub.b\n", B),
        ("patch('pkg.a.f')\n", A),
        ("patch('pkg.a:f')\n", A),
        ("patch('pkg.'\n  'a.f')\n", A),
        ("patch('pkg'  # why\n  '.a.f')\n", A),
        ("patch('pkg' \\\n  '.a.f')\n", A),
        ("import_module('helpers')\n", "helpers.py"),
        ("importlib.reload(name='helpers')\n", "helpers.py"),
        ("exec('import pkg.a')\n", A),
        ("exec('x = 1\\nimport pkg.a')\n", A),
        ("exec('x = 1\\n\\tfrom pkg import a')\n", A),
        ("exec('from pkg '\n  'import a')\n", A),
        ("exec('import '\n  'pkg.a')\n", A),
        ("exec('''\nimport pkg.a\n''')\n", A),
        ("exec(f'import pkg.a as {x}')\n", A),
        ("import pkg\r\rpkg.a\r", A),
        ("import os\rimport pkg.a\r", A),
        ("import pkg\npkg.ａ\n", A),  # noqa: RUF001  # the compiler reads the letter a
        ("# coding: utf-7\nimport pkg\npkg.+AGE-\n", None),
        ("from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import pkg.a\n", A),
    ],
)
def test_what_runs_is_not_overlooked(text: str, expected: str | None) -> None:
    sure, perhaps, exact = of(text)
    assert exact <= sure | perhaps | {"t.py"}
    if expected not in (None, "t.py"):
        assert expected in sure | perhaps


@pytest.mark.parametrize(
    "text",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pkg import a\n",
        "def f():\n    return self.a\n",
        '"""See :func:`pkg.a.f`."""\n',
        "raise E('end.' 'a')\n",
    ],
)
def test_what_may_mean_nothing_is_not_taken_for_sure(text: str) -> None:
    sure, perhaps, exact = of(text)
    assert A not in sure
    assert A in perhaps
    assert A not in exact


def test_a_file_nobody_has_any_more_may_import_everything() -> None:
    modules = {RepoPath(path): ModuleInfo(Oid(path), (path,)) for path in FILES}
    found = static_imports(modules, lambda *_: None, lambda *_: None)
    assert set(found.perhaps[RepoPath(A)]) == set(modules)
    assert found.parsed(RepoPath(A)) == set(modules)


def test_our_own_files_are_overlooked_by_nobody() -> None:
    paths = [*ROOT.glob("coverquery/**/*.py"), *ROOT.glob("tests/**/*.py")]
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}
    for path, (sure, perhaps, exact) in compared(files).items():
        assert exact <= sure | perhaps | {path}, path


def test_it_is_kept_as_a_text() -> None:
    for path in sorted(ROOT.glob("tests/source/*.py")):
        seen = glance(path.read_bytes())
        assert Glance.from_text(seen.to_text()) == seen
