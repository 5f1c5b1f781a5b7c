"""``affected --since REV`` before anything is recorded: imports alone decide, never too few."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SOURCES = {
    "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['tests']\naddopts = '--cov=pkg'\n",
    "README.md": "read me\n",
    "src/pkg/__init__.py": "from .base import base\n",
    "src/pkg/base.py": "def base():\n    return 1\n",
    "src/pkg/direct.py": "from pkg.base import base\n\n\ndef direct():\n    return base() + 1\n",
    "src/pkg/lazy.py": "def lazy():\n    from . import hidden\n\n    return hidden.value\n",
    "src/pkg/hidden.py": "value = 1\n",
    "src/pkg/alone.py": "def alone():\n    return 3  # three\n",
    "src/pkg/patched.py": "def patched():\n    return 4\n",
    "src/pkg/plugins/__init__.py": (
        "import importlib\n\n\ndef load(name):\n"
        "    return importlib.import_module(f'pkg.plugins.{name}')\n"
    ),
    "src/pkg/plugins/red.py": "colour = 'red'\n",
    "src/pkg/sub/__init__.py": "",
    "src/pkg/sub/deep.py": "from ..alone import alone\n",
    "src/pkg/stars.py": "from pkg.sub.deep import *\n",
    "tests/conftest.py": "",
    "tests/test_base.py": "import pkg\n\n\ndef test_base():\n    assert pkg.base() == 1\n",
    "tests/test_direct.py": "from pkg.direct import direct\n\n\ndef test_it():\n    direct()\n",
    "tests/test_lazy.py": "from pkg import lazy\n\n\ndef test_it():\n    lazy.lazy()\n",
    "tests/test_patched.py": (
        "from unittest.mock import patch\n\n\ndef test_it():\n"
        "    with patch('pkg.patched.patched'):\n        pass\n"
    ),
    "tests/test_plugins.py": "from pkg.plugins import load\n\n\ndef test_it():\n    load('red')\n",
    "tests/test_stars.py": "from pkg.stars import *\n\n\ndef test_it():\n    alone()\n",
    "tests/other/conftest.py": "import pytest\n",
    "tests/other/test_other.py": "import json\n\n\ndef test_other():\n    pass\n",
    "tests/other/test_runs.py": (
        "import subprocess, sys\n\n\ndef test_it():\n"
        "    subprocess.run([sys.executable, '-m', 'pkg'])\n"
    ),
}
ALL = {name.removeprefix("tests/") for name in SOURCES if "/test_" in name}
BLIND = {"other/test_runs.py"}
"""It starts processes: nobody knows what these import."""


@pytest.fixture
def clone(tmp_path: Path, project_at: Callable[..., Any]) -> Any:
    project = project_at(tmp_path)
    project.git("init", "-q", "-b", "main")
    project.write_and_commit(SOURCES)
    return project


def static(project: Any, *args: str) -> set[str]:
    document = project.json("affected", "--since", "HEAD", "--limit", "1000", *args)
    assert document["evidence"] == "static"
    assert document["index"]["state"] == "missing"
    files = {one["file"].removeprefix("tests/") for one in document["tests"]}
    return ALL if files == {""} else files


def append(project: Any, name: str, text: str = "\nmore = 1\n") -> None:
    with (project.path / name).open("a", encoding="utf-8") as file:
        file.write(text)


@pytest.mark.parametrize(
    ("changed", "selected"),
    [
        # the package's own __init__ imports it, and whoever imports a part imports that
        ("src/pkg/base.py", ALL - {"other/test_other.py"}),
        ("src/pkg/direct.py", {"test_direct.py"}),
        ("src/pkg/hidden.py", {"test_lazy.py"}),
        ("src/pkg/patched.py", {"test_patched.py"}),
        ("src/pkg/plugins/red.py", {"test_plugins.py"}),
        ("src/pkg/alone.py", {"test_stars.py"}),
        ("src/pkg/sub/__init__.py", {"test_stars.py"}),
        ("tests/test_lazy.py", {"test_lazy.py"}),
        ("tests/other/conftest.py", {"other/test_other.py"}),
        ("tests/conftest.py", ALL),
        ("README.md", ALL),
        ("pyproject.toml", ALL),
    ],
)
def test_a_changed_file_selects_who_may_import_it(
    clone: Any, changed: str, selected: set[str]
) -> None:
    append(clone, changed)
    assert static(clone) == selected | BLIND


def test_nothing_changed_selects_nothing(clone: Any) -> None:
    assert static(clone) == set()
    text = clone.coverquery("affected", "--since", "HEAD")
    assert text.startswith("nothing affected: 0/8 test files  base ")
    assert "\nevidence static: " in text


def test_comments_concern_only_those_nothing_is_known_of(clone: Any) -> None:
    clone.edit("src/pkg/alone.py", "# three", "# the number of things")
    assert static(clone) == BLIND


def test_a_syntax_error_is_said(clone: Any) -> None:
    append(clone, "src/pkg/alone.py", "def (\n")
    assert static(clone) == {"test_stars.py"} | BLIND
    text = clone.coverquery("affected", "--since", "HEAD")
    assert "\nINCOMPLETE: src/pkg/alone.py: " in text


def test_deleted_modules_concern_who_imported_them(clone: Any) -> None:
    (clone.path / "src/pkg/hidden.py").unlink()
    assert static(clone) == {"test_lazy.py"} | BLIND


def test_a_new_module_may_satisfy_an_import(clone: Any) -> None:
    append(
        clone, "tests/other/test_other.py", "\ntry:\n    import pkg.fast\nexcept ImportError: ...\n"
    )
    clone.write_and_commit({})
    (clone.path / "src/pkg/fast.py").write_text("x = 1\n", encoding="utf-8")
    assert static(clone) >= {"other/test_other.py"}


def test_a_new_top_level_module_may_hide_an_installed_one(clone: Any) -> None:
    (clone.path / "attr.py").touch()
    assert static(clone) == ALL


def test_a_new_test_file_is_selected(clone: Any) -> None:
    (clone.path / "tests/test_new.py").write_text("def test_new(): ...\n", encoding="utf-8")
    assert static(clone) == {"test_new.py"} | BLIND


def test_a_new_conftest_concerns_its_folder(clone: Any) -> None:
    (clone.path / "tests/other/sub").mkdir()
    (clone.path / "tests/other/sub/test_sub.py").write_text("def test_sub(): ...\n")
    clone.write_and_commit({})
    (clone.path / "tests/other/sub/conftest.py").touch()
    assert static(clone) == {"other/sub/test_sub.py"} | BLIND


def test_modules_the_configuration_loads_concern_every_test(clone: Any) -> None:
    clone.write_and_commit({
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-p pkg.alone'\n",
    })  # fmt: skip
    append(clone, "src/pkg/alone.py")
    assert static(clone) == ALL


def test_the_projects_own_pytest_plugin_concerns_every_test(clone: Any) -> None:
    clone.write_and_commit({
        "pyproject.toml": "[project.entry-points.pytest11]\nmine = 'pkg.alone'\n",
    })  # fmt: skip
    append(clone, "src/pkg/alone.py")
    assert static(clone) == ALL


def test_what_may_import_anything_is_selected(clone: Any) -> None:
    clone.write_and_commit({
        "src/pkg/any.py": "import importlib as i\n\n\ndef get(n):\n    i.import_module(n)\n",
        "tests/other/test_other.py": "from pkg import any\n\n\ndef test_it():\n    any.get('x')\n",
    })  # fmt: skip
    append(clone, "src/pkg/patched.py")
    assert static(clone) == {"test_patched.py", "other/test_other.py"} | BLIND


def test_a_package_named_in_quotes_may_be_imported_whole(clone: Any) -> None:
    clone.write_and_commit({
        "tests/other/test_other.py": "APPS = ['pkg.sub']\n\n\ndef test_it():\n    pass\n",
    })  # fmt: skip
    append(clone, "src/pkg/sub/deep.py")
    assert static(clone) == {"test_stars.py", "other/test_other.py"} | BLIND


def test_who_decides_what_is_a_test_is_believed(clone: Any) -> None:
    clone.write_and_commit({
        "tests/conftest.py": "def pytest_collect_file(parent, file_path):\n    return None\n"
    })  # fmt: skip
    append(clone, "src/pkg/patched.py")
    assert static(clone) == ALL


def test_doctests_in_text_files_count(clone: Any) -> None:
    clone.write_and_commit({
        "tests/test_text.txt": ">>> from pkg.patched import patched\n>>> patched()\n4\n"
    })  # fmt: skip
    append(clone, "src/pkg/patched.py")
    assert static(clone) == {"test_patched.py", "test_text.txt"} | BLIND


def test_what_the_configuration_ignores_is_ignored(clone: Any) -> None:
    clone.write_and_commit({"coverquery.toml": "ignore = ['*.md']\n"})
    append(clone, "README.md")
    assert static(clone) == set()


def test_between_two_commits_the_working_tree_does_not_matter(clone: Any) -> None:
    append(clone, "src/pkg/patched.py")
    clone.write_and_commit({})
    append(clone, "src/pkg/alone.py")
    document = clone.json("affected", "--since", "HEAD~1", "--to", "HEAD")
    assert [one["file"] for one in document["tests"]] == [
        "tests/other/test_runs.py", "tests/test_patched.py",
    ]  # fmt: skip
    assert document["counts"] == {"selected": 2, "total": 8, "files": 2, "new": 0, "always": 0}
    assert document["changes"][0]["tests"] == 2


def test_without_a_revision_nothing_is_known_to_hold(clone: Any) -> None:
    append(clone, "src/pkg/patched.py")
    document = clone.json("affected")
    assert document["evidence"] == "recorded"
    assert [one["file"] for one in document["tests"]] == [""]
    assert document["notes"][-1] == (
        "2 of 8 test files may depend on what differs from HEAD: coverquery affected --since HEAD"
    )


def test_it_runs_nothing_and_writes_nothing(clone: Any) -> None:
    append(clone, "src/pkg/patched.py")
    before = sorted(path for path in clone.path.rglob("*") if ".git" not in path.parts)
    static(clone)
    clone.coverquery("affected", "--since", "HEAD", "--exit-code", status=1)
    assert sorted(path for path in clone.path.rglob("*") if ".git" not in path.parts) == before


def test_once_recorded_the_records_decide(clone: Any) -> None:
    clone.write_and_commit({"pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['src']\n"})
    clone.coverquery("run", status=None)
    document = json.loads(clone.coverquery("affected", "--since", "HEAD", "--json"))
    assert document["evidence"] == "recorded"
