"""The commands in a real repository, as processes."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import jsonschema
import pytest

from coverquery.report.schema import SCHEMAS

HEAVY = {"pytest", "_pytest", "coverage", "git", "gitdb", "watchfiles", "hypothesis"}
Answer = subprocess.CompletedProcess[str]
Command = Callable[..., Answer]
TEST = "tests/test_m.py::test_one"


class Repo(Protocol):
    path: Path

    def commit(self, files: dict[str, str | bytes] | None = None) -> str: ...
    def edit(self, name: str, old: str, new: str) -> None: ...


@pytest.fixture
def project(repo: Repo) -> Repo:
    repo.commit(
        {
            "m.py": "def one():\n    return 1\n\n\ndef two():\n    return 2\n",
            "conftest.py": "",
            "tests/test_m.py": (
                "import m\n\n\ndef test_one():\n    assert m.one() == 1\n\n\n"
                "def test_two():\n    assert m.two() == 2\n"
            ),
            "coverquery.toml": f"python = {json.dumps(sys.executable)}\n",
            ".gitignore": ".coverquery/\n__pycache__/\n.pytest_cache/\n",
        }
    )
    return repo


def document(answer: Answer) -> Any:
    made = json.loads(answer.stdout)
    name = made["schema"].removeprefix("coverquery.").removesuffix("/1")
    jsonschema.validate(made, SCHEMAS[name])
    return made


def test_without_records_everything_is_affected(coverquery: Command, project: Repo) -> None:
    answer = coverquery("affected", cwd=project.path)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("affected: every test, none is known yet")
    assert answer.stdout.splitlines()[-1].startswith("next: coverquery run")
    assert coverquery("affected", "--exit-code", cwd=project.path).returncode == 1
    assert document(coverquery("affected", "--json", cwd=project.path))["tests"][0]["new"] is True
    assert document(coverquery("status", "--json", cwd=project.path))["index"]["state"] == "missing"
    assert document(coverquery("runs", "--json", cwd=project.path))["counts"] == {"runs": 0}


@pytest.mark.parametrize("rev", ["--output=x", "no-such-rev", "HEAD; touch x"])
def test_a_revision_is_only_ever_a_revision(coverquery: Command, project: Repo, rev: str) -> None:
    for args in (["affected", f"--since={rev}"], ["affected", f"--since={rev}", "--json"]):
        answer = coverquery(*args, cwd=project.path)
        assert answer.returncode == 11
        assert (answer.stdout + answer.stderr).count("nothing") == 0
    assert not (project.path / "x").exists()


def test_affected_imports_nothing_heavy(environ: dict[str, str], project: Repo) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "coverquery", "affected"],
        cwd=project.path, env=environ, check=True, capture_output=True, text=True,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "coverquery.workspace.asking" in imported
    assert not {name.partition(".")[0] for name in imported} & HEAVY


def test_run_then_ask(coverquery: Command, project: Repo) -> None:
    here = project.path
    answer = coverquery("run", "--json", cwd=here)
    assert answer.returncode == 0, answer.stderr
    assert document(answer)["counts"]["passed"] == 2
    answer = coverquery("affected", "-C", "project", "--exit-code", cwd=here.parent)
    assert answer.returncode == 0
    assert answer.stdout.startswith("nothing affected: 0/2 tests")
    project.edit("m.py", "return 1", "return 3")
    made = document(coverquery("affected", "--json", cwd=here))
    assert made["counts"]["selected"] == 1
    assert made["tests"] == [
        {"file": "tests/test_m.py", "n": 1, "of": 2, "why": ["line"], "names": ["test_one"]}
    ]
    why = document(coverquery("why", TEST, "--json", cwd=here))
    assert why["reasons"][0]["file"] == "m.py"
    covers = document(coverquery("covers", "m.py:6", "--json", cwd=here))
    assert [test["test"] for test in covers["tests"]] == ["tests/test_m.py::test_two"]
    failed = coverquery("run", cwd=here)
    assert failed.returncode == 1
    assert "[1] tests/test_m.py::test_one\n" in failed.stdout
    assert failed.stdout.splitlines()[-1] == f"next: coverquery why {TEST}"
    runs = document(coverquery("runs", "--json", cwd=here))
    assert [run["exit"] for run in runs["runs"]] == [1, 0]
    assert document(coverquery("status", "--json", cwd=here))["index"]["tests"] == 2
