"""Static edges, resolved by the names modules really went by."""

from collections.abc import Mapping

import pytest

from coverquery.importing import ModuleInfo
from coverquery.model import Oid, RepoPath
from coverquery.source.graph import closure, mentions_module, module_names, static_edges
from coverquery.source.names import ImportNames, imports

FILES = {
    "src/pkg/__init__.py": "",
    "src/pkg/a.py": "",
    "src/pkg/sub/__init__.py": "",
    "src/pkg/sub/b.py": "",
    "tests/helpers.py": "",
}


def named(path: str) -> tuple[str, ...]:
    dotted = path.removeprefix("src/").removeprefix("tests/").removesuffix(".py")
    return (dotted.replace("/", ".").removesuffix(".__init__"),)


def edges(files: Mapping[str, str], **extra: tuple[str, ...]) -> dict[str, set[str]]:
    modules = {
        RepoPath(path): ModuleInfo(Oid(str(i)), (*named(path), *extra.get(named(path)[0], ())))
        for i, path in enumerate(files)
    }

    def names(path: RepoPath, oid: Oid) -> ImportNames | None:
        assert modules[path].oid == oid
        return imports(files[path].encode())

    return {path: set(to) for path, to in static_edges(modules, names).items()}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("t.py", "import pkg\n", {"src/pkg/__init__.py"}),
        ("t.py", "import pkg.a\n", {"src/pkg/__init__.py", "src/pkg/a.py"}),
        ("t.py", "from pkg import a\n", {"src/pkg/__init__.py", "src/pkg/a.py"}),
        ("t.py", "from pkg import CONST\n", {"src/pkg/__init__.py"}),
        (
            "t.py",
            "from pkg.sub.b import c\n",
            {"src/pkg/__init__.py", "src/pkg/sub/__init__.py", "src/pkg/sub/b.py"},
        ),
        ("t.py", "import a\n", set()),
        ("t.py", "import os\n", set()),
        ("t.py", "from . import helpers\n", set()),
        ("t.py", "import helpers\n", {"tests/helpers.py"}),
        ("src/pkg/c.py", "", {"src/pkg/__init__.py"}),
        ("src/pkg/c.py", "from . import a\n", {"src/pkg/__init__.py", "src/pkg/a.py"}),
        ("src/pkg/c.py", "from .a import x\n", {"src/pkg/__init__.py", "src/pkg/a.py"}),
        ("src/pkg/c.py", "from ...a import x\n", {"src/pkg/__init__.py"}),
        (
            "src/pkg/sub/c.py",
            "from ..a import x\n",
            {"src/pkg/__init__.py", "src/pkg/sub/__init__.py", "src/pkg/a.py"},
        ),
        ("t.py", "import pkg\npkg.sub.CONST\n", {"src/pkg/__init__.py", "src/pkg/sub/__init__.py"}),
        ("t.py", "from pkg import x as pkg2\npkg2.a\n", {"src/pkg/__init__.py"}),
        ("t.py", "import pkg as p\np.a.f()\n", {"src/pkg/__init__.py", "src/pkg/a.py"}),
        ("t.py", "patch('pkg.a.f')\n", {"src/pkg/a.py"}),
        ("src/pkg/c.py", "from . import sub\nsub.b.f()\n",
         {"src/pkg/__init__.py", "src/pkg/sub/__init__.py", "src/pkg/sub/b.py"}),
    ],
)  # fmt: skip
def test_what_a_file_may_import(path: str, text: str, expected: set[str]) -> None:
    assert edges({**FILES, path: text})[path] == expected


def test_a_package_imports_relative_to_itself() -> None:
    found = edges({**FILES, "src/pkg/__init__.py": "from .a import x\nfrom .sub import b\n"})
    assert found["src/pkg/__init__.py"] == {
        "src/pkg/a.py", "src/pkg/sub/__init__.py", "src/pkg/sub/b.py",
    }  # fmt: skip


def test_a_file_of_two_names_is_reached_by_both() -> None:
    files = {**FILES, "t.py": "import src.pkg.a\n", "u.py": "import pkg.a\n"}
    found = edges(files, **{"pkg.a": ("src.pkg.a",)})
    assert "src/pkg/a.py" in found["t.py"] & found["u.py"]


def test_two_files_of_one_name_are_both_reached() -> None:
    found = edges({"tests/helpers.py": "", "src/helpers.py": "", "t.py": "import helpers\n"})
    assert found["t.py"] == {"tests/helpers.py", "src/helpers.py"}


def test_an_unreadable_file_may_import_everything() -> None:
    assert edges({**FILES, "t.py": "import (\n"})["t.py"] == set(FILES)


def test_closure_follows_cycles() -> None:
    found = edges({"a.py": "import b\n", "b.py": "import a\nimport c\n", "c.py": "", "d.py": ""})
    typed = {RepoPath(k): frozenset(map(RepoPath, v)) for k, v in found.items()}
    assert closure(typed, [RepoPath("a.py")]) == {"a.py", "b.py", "c.py"}
    assert closure(typed, [RepoPath("x.py")]) == {"x.py"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/pkg/a.py", ("src.pkg.a", "pkg.a", "a")),
        ("src/pkg/__init__.py", ("src.pkg", "pkg")),
        ("my-lib/pkg/a.py", ("pkg.a", "a")),
        ("a.py", ("a",)),
        ("pkg/a.cpython-311-x86_64-linux-gnu.so", ("pkg.a", "a")),
        ("pkg/a-b.py", ()),
        ("__init__.py", ()),
    ],
)
def test_names_a_new_file_may_go_by(path: str, expected: tuple[str, ...]) -> None:
    assert module_names(RepoPath(path)) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("import pkg.new\n", "src/pkg/new.py", True),
        ("import pkg.new.more\n", "src/pkg/new.py", True),
        ("import new\n", "src/pkg/new.py", True),
        ("from pkg import new\n", "src/pkg/new.py", True),
        ("from . import new\n", "src/pkg/new.py", True),
        ("from .new import x\n", "src/pkg/new.py", True),
        ("from ..pkg.new import x\n", "src/pkg/new.py", True),
        ("from pkg import *\n", "src/pkg/new.py", True),
        ("from . import *\n", "src/pkg/new.py", True),
        ("import_module('new')\n", "src/pkg/new.py", True),
        ("A = 'pkg.new.x'\n", "src/pkg/new.py", True),
        ("import pkg.a\n", "src/pkg/__init__.py", True),
        ("from . import a\n", "src/pkg/__init__.py", True),
        ("from .a import b\n", "src/pkg/__init__.py", True),
        ("import pkg.old\n", "src/pkg/new.py", False),
        ("import newer\n", "src/pkg/new.py", False),
        ("from pkg import old\n", "src/pkg/new.py", False),
        ("from .old import new2\n", "src/pkg/new.py", False),
        ("from old import *\n", "src/pkg/new.py", False),
        ("import other\n", "src/pkg/__init__.py", False),
        ("new.x\n", "src/pkg/new.py", False),
    ],
)
def test_may_an_import_find_a_new_file(text: str, path: str, expected: bool) -> None:
    found = imports(text.encode())
    assert found is not None
    assert mentions_module(found, RepoPath(path)) is expected
