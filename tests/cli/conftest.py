"""``coverquery`` as a process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Answer = subprocess.CompletedProcess[str]
Command = Callable[..., Answer]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The environment of the processes: our checkout, no colours asked for, own temp folder."""
    names = ("NO_COLOR", "FORCE_COLOR", "AGENT", "AI_AGENT", "CLAUDECODE", "CURSOR_AGENT")
    for name in (*names, "GEMINI_CLI", "CODEX_SANDBOX"):
        monkeypatch.delenv(name, raising=False)
    temp = tmp_path / "temp"
    temp.mkdir()
    return dict(os.environ) | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temp)}


@pytest.fixture
def coverquery(environ: dict[str, str], tmp_path: Path) -> Command:
    """Run a command line and return what it said."""

    def run(*args: str, cwd: Path | None = None, **variables: str) -> Answer:
        return subprocess.run(
            [sys.executable, "-m", "coverquery", *args],
            cwd=cwd or tmp_path,
            env=environ | variables,
            check=False,
            capture_output=True,
            text=True,
        )

    return run
