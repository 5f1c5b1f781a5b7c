"""Misses that were found by hunting for them on real code, each as small as it gets."""

from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Hunted:
    """A project, an edit, and the test that must be selected for it."""

    name: str
    files: dict[str, str]
    edit: tuple[str, str, str]
    must: str


DOC_READER = {
    "commands.py": 'def clean():\n    "Clean it."\n    return 1\n',
    "cli.py": (
        "import commands\n\nCOMMANDS = {n: getattr(commands, n) for n in ('clean',)}\n\n\n"
        "def summary(name):\n    return COMMANDS[name].__doc__\n"
    ),
    "test_it.py": "import cli\n\ndef test_it():\n    assert cli.summary('clean') == 'Clean it.'\n",
}

CASES = [
    Hunted(
        "docstring read through a registry", DOC_READER,
        ("commands.py", "Clean it.", "Clean all."), "test_it",
    ),
    Hunted(
        "docstring of a function handed to another module",
        {
            "commands.py": 'def clean():\n    "Clean it."\n    return 1\n',
            "cli.py": (
                "import inspect\nimport commands\n\n\ndef describe(f):\n    g = inspect.getdoc\n"
                "    return g(f)\n\n\ndef summary():\n    return describe(commands.clean)\n"
            ),
            "test_it.py": "import cli\n\ndef test_it():\n    assert cli.summary() == 'Clean it.'\n",
        },
        ("commands.py", "Clean it.", "Clean all."), "test_it",
    ),
    Hunted(
        "an import in the text of an exec",
        {
            "pkg/__init__.py": "",
            "pkg/b.py": "CONST = 1\n",
            "test_a.py": "from pkg.b import CONST\n\ndef test_a():\n    assert CONST\n",
            "test_b.py": "def test_b():\n    exec('from pkg.b import CONST\\nassert CONST == 1')\n",
        },
        ("pkg/b.py", "1", "2"), "test_b",
    ),
    Hunted(
        "a doctest imports what is loaded already",
        {
            "pkg/__init__.py": "",
            "pkg/a.py": '"""A.\n\n>>> from pkg.b import CONST\n>>> CONST\n1\n"""\n',
            "pkg/b.py": "CONST = 1\n",
            "a_test.py": "from pkg.b import CONST\n\ndef test_a():\n    assert CONST\n",
            "pytest.ini": "[pytest]\naddopts = --doctest-modules\n",
        },
        ("pkg/b.py", "1", "2"), "pkg/a.py",
    ),
]  # fmt: skip


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_is_selected(repo: Any, project_at: Any, one: Hunted) -> None:
    repo.commit({**one.files, ".gitignore": "__pycache__/\n.pytest_cache/\n"})
    project = project_at(repo.path)
    project.coverquery("run")
    assert project.affected() == set()
    project.edit(*one.edit)
    assert any(one.must in test for test in project.affected())
    assert any(one.must in test for test in project.affected("--since", "HEAD"))
