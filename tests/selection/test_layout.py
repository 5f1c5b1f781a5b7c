"""Where pytest would look for tests, from its configuration."""

import pytest

from coverquery.model import RepoPath
from coverquery.selection.layout import layout, pytest_section


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("test_a.py", True),
        ("sub/a_test.py", True),
        ("tests/helper.py", False),
        (".hidden/test_a.py", False),
        ("tests/test_a.txt", False),
    ],
)
def test_defaults(path: str, expected: bool) -> None:
    assert layout(None, "", []).collects(RepoPath(path)) is expected


def test_testpaths_and_patterns_narrow() -> None:
    where = layout({"testpaths": "tests unit", "python_files": ["check_*.py"]}, "", [])
    assert where.collects(RepoPath("unit/check_a.py"))
    assert not where.collects(RepoPath("unit/test_a.py"))
    assert not where.collects(RepoPath("other/check_a.py"))


def test_testpaths_with_wildcards_narrow_nothing() -> None:
    assert layout({"testpaths": ["src/*/tests"]}, "", []).collects(RepoPath("x/test_a.py"))


def test_testpaths_are_relative_to_the_project() -> None:
    where = layout({"testpaths": "tests"}, "apps/one", [])
    assert where.collects(RepoPath("apps/one/tests/test_a.py"))
    assert not where.collects(RepoPath("tests/test_a.py"))


def test_files_of_a_kind_that_was_collected_before_are_collected() -> None:
    assert layout(None, "", [RepoPath("t/a.yaml")]).collects(RepoPath("t/b.yaml"))


def test_doctest_modules_make_every_module_a_test_file() -> None:
    assert layout({"addopts": "--doctest-modules"}, "", []).collects(RepoPath("src/a.py"))
    assert layout(None, "", [RepoPath("src/b.py")]).collects(RepoPath("src/a.py"))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pyproject.toml", "[tool.ruff]\nx = 1\n", None),
        ("pyproject.toml", "[tool.pytest.ini_options]\naddopts = '-q'\n", {"addopts": "-q"}),
        ("pyproject.toml", "[tool.pytest]\naddopts = ['-q']\n", {"addopts": ["-q"]}),
        ("pytest.ini", "", {}),
        ("pytest.ini", "[pytest]\nxfail_strict = true\n", {"xfail_strict": "true"}),
        ("setup.cfg", "[metadata]\nname = x\n", None),
        ("setup.cfg", "[tool:pytest]\naddopts = -q\n", {"addopts": "-q"}),
        ("tox.ini", "[tox]\nenvlist = x\n", None),
        ("pytest.ini", "[pytest]\naddopts = %(x)s\n", {"addopts": "%(x)s"}),
    ],
)
def test_pytests_own_section(name: str, text: str, expected: object) -> None:
    assert pytest_section(name, text.encode()) == expected


def test_a_broken_file_counts_as_a_whole() -> None:
    first = pytest_section("pyproject.toml", b"[tool")
    assert first is not None
    assert first != pytest_section("pyproject.toml", b"[tool.")
