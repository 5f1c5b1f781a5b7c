"""Tests whose record cannot be relied on: always selected, and said so."""

from typing import Any

import pytest

FILES = {
    "test_a.py": "def test_fine():\n    pass\n",
    "test_b.py": (
        "import os\nimport pathlib\n\n\ndef test_crash():\n"
        "    if pathlib.Path('crash.now').exists():\n        os._exit(3)\n"
    ),
    ".gitignore": "__pycache__/\ncrash.now\n",
}
CRASH = "test_b.py::test_crash"


@pytest.fixture
def project(repo: Any, project_at: Any) -> Any:
    repo.commit(FILES)
    return project_at(repo.path)


def test_a_crash_of_a_worker_is_not_forgotten(project: Any) -> None:
    """There is a good record of the very same content, from before."""
    project.coverquery("run", "--all")
    (project.path / "crash.now").touch()
    document = project.json("run", "--all", "--", "-n2", status=1)
    assert document["counts"]["failed"] == 1
    (project.path / "crash.now").unlink()
    assert project.affected() == {"test_b.py"}
    reasons = project.json("why", CRASH)["reasons"]
    assert {one["why"] for one in reasons} == {"failed", "unknown"}
    project.coverquery("run")
    assert project.affected() == set()


SEVERAL = {
    "test_many.py": (
        "import pytest, sys\n\n\n"
        "@pytest.mark.parametrize('n', range(3))\n"
        "@pytest.mark.coverquery(nonsense=True)\ndef test_one(n):\n    pass\n\n\n"
        "@pytest.mark.coverquery('positional')\ndef test_two():\n    pass\n\n\n"
        "@pytest.mark.coverquery(depends=3)\ndef test_three():\n    pass\n\n\n"
        "@pytest.mark.coverquery(always='yes')\ndef test_four():\n    pass\n\n\n"
        "def test_five():\n    pass\n"
    )
}


def test_status_says_how_many_and_why(repo: Any, project_at: Any) -> None:
    repo.commit(SEVERAL)
    project = project_at(repo.path)
    project.coverquery("run")
    document = project.json("status")
    assert document["index"]["untrusted_tests"] == 6
    told = [one["text"] for one in document["warnings"] if one["code"] == "untrusted"]
    assert told[0].startswith("3 tests are always selected: its coverquery mark")
    assert told[-1] == "2 tests are always selected for 2 other reasons"
    assert "6 untrusted" in project.coverquery("status")
