"""What a new file can mean."""

import pytest

from coverquery.model import RepoPath
from coverquery.selection.appeared import appearance, installed_names

INSTALLED = frozenset({"attr"})


@pytest.mark.parametrize(
    ("path", "siblings", "everything"),
    [
        ("json.py", (), True),
        ("tests/json.py", (), True),
        ("pkg/json.py", ("__init__.py",), False),
        ("attr.py", (), True),
        ("other.py", (), False),
        ("_speedups.cpython-312-x86_64-linux-gnu.so", (), False),
        ("README.md", (), False),
    ],
)
def test_hiding_an_installed_module(path: str, siblings: tuple[str, ...], everything: bool) -> None:
    assert appearance(RepoPath(path), b"", siblings, INSTALLED).everything is everything


def test_a_conftest_concerns_its_folder() -> None:
    assert appearance(RepoPath("t/conftest.py"), b"", (), INSTALLED).folder == "t"
    assert appearance(RepoPath("conftest.py"), b"", (), INSTALLED).folder == ""


def test_an_init_concerns_its_folder_and_imports() -> None:
    found = appearance(RepoPath("t/__init__.py"), b"", (), INSTALLED)
    assert (found.folder, found.module) == ("t", True)


def test_configuration_counts_only_with_a_section_of_pytest() -> None:
    assert appearance(RepoPath("pytest.ini"), b"", (), INSTALLED).everything
    assert not appearance(RepoPath("setup.cfg"), b"[flake8]\n", (), INSTALLED).everything


def test_installed_names_come_from_metadata_folders() -> None:
    assert installed_names(("Foo.Bar-1.0.dist-info",)) == {"foo_bar"}
