"""``coverquery audit --replay``: the last commits, in a worktree nobody works in."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.functional.shop import PRICE, RATE, TESTS

SOURCES = {
    "pytest.ini": "[pytest]\npythonpath = src\n",
    "src/shop/__init__.py": "",
    "src/shop/rate.py": RATE,
    "src/shop/rate.txt": "7\n",
    "src/shop/price.py": PRICE,
    **TESTS,
}


@pytest.fixture
def shop(tmp_path: Path, project_at: Callable[..., Any]) -> Any:
    project = project_at(tmp_path / "project")
    project.path.mkdir()
    project.git("init", "-q", "-b", "main")
    project.write_and_commit(SOURCES)
    return project


def worktrees(project: Any) -> int:
    return str(project.git("worktree", "list")).count("\n")


def test_each_commit_is_audited_with_the_records_of_those_before(shop: Any, tmp_path: Path) -> None:
    shop.write_and_commit({"src/shop/price.py": "def price():\n    return 3\n"})
    shop.write_and_commit({"src/shop/rate.txt": "8\n"})
    last = shop.git("rev-parse", "--short=7", "HEAD").strip()
    shop.write_and_commit({"src/shop/price.py": PRICE})
    (shop.path / "src/shop/price.py").write_text("unfinished work\n", encoding="utf-8")
    (shop.path / "new.py").touch()
    status = shop.git("status", "--porcelain")

    document = shop.json("audit", "--replay", "3", status=1)

    figures = [
        (one["tests"], one["skipped"], one["changed"], one["missed"]) for one in document["audits"]
    ]
    #                  price fails, nobody sees that the rate fails, price is as at first
    assert figures == [(2, 1, 1, 0), (2, 1, 1, 1), (2, 1, 0, 0)]
    assert [(one["test"], one["commit"]) for one in document["changes"]] == [
        ("tests/test_rate.py::test_rate", last)
    ]
    assert document["changes"][0]["unseen"] == ["src/shop/rate.txt"]
    assert shop.git("status", "--porcelain") == status
    assert worktrees(shop) == 1
    assert not list(tmp_path.glob("coverquery-replay-*"))
    assert shop.json("status")["index"]["state"] == "missing"  # the records were of its own
    text = shop.coverquery("audit", "--replay", "1")
    assert "next: " in text


def test_interrupted_it_leaves_nothing_behind(
    shop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    shop.write_and_commit({
        "tests/test_waits.py": "import os, signal\n\n\ndef test_waits():\n"
        "    with open(os.environ['PIPE'], 'w') as pipe:\n        pipe.write(os.getcwd())\n"
        "    signal.pause()\n",
    })  # fmt: skip
    shop.write_and_commit({"more.txt": ""})
    monkeypatch.setenv("PIPE", str(pipe))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-m", "coverquery", "audit", "--replay", "1"], cwd=shop.path,
        env=shop.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        there = Path(pipe.read_text(encoding="utf-8"))
        assert there.is_relative_to(tmp_path)
        assert worktrees(shop) == 2
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == 130
    assert worktrees(shop) == 1
    assert not there.exists()
    assert not list(tmp_path.glob("coverquery-replay-*"))


def test_what_a_killed_replay_left_is_removed_by_the_next(shop: Any, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    left = tmp_path / f"coverquery-replay-{ended.pid}-x" / "project"
    shop.git("worktree", "add", "--detach", str(left))
    shop.write_and_commit({"src/shop/price.py": "def price():\n    return  2\n"})
    assert shop.json("audit", "--replay", "1")["counts"]["skipped"] == 2
    assert worktrees(shop) == 1
    assert not left.parent.exists()


def test_there_must_be_commits(shop: Any, project_at: Callable[..., Any], tmp_path: Path) -> None:
    document = json.loads(shop.coverquery("audit", "--json", "--replay", "2", status=11))
    assert document["error"]["fix"] == "coverquery audit"
    bare = project_at(tmp_path / "no git")
    bare.path.mkdir()
    (bare.path / "pytest.ini").touch()
    assert "needs git" in bare.coverquery("audit", "--json", "--replay", "2", status=11)
