"""The plugin in an ordinary pytest, through its entry point: there, and not noticed."""

import subprocess
import sys
from pathlib import Path

import pytest

from coverquery import pytest_plugin

ROOT = Path(__file__).parents[2]


def run(folder: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p no:cacheprovider\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *args],
        cwd=folder, check=False, capture_output=True, text=True,
    )  # fmt: skip


def test_marker_is_known(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import pytest\n@pytest.mark.coverquery(always=True)\ndef test_a(): pass\n"
    )
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("option", ["--cq", "--cq-since=HEAD"])
def test_options_send_to_the_command(tmp_path: Path, option: str) -> None:
    done = run(tmp_path, option)
    assert done.returncode == 4
    assert f"ERROR: {option.partition('=')[0]} cannot work" in done.stderr
    assert "use `coverquery run`" in done.stderr


def test_switched_off(tmp_path: Path) -> None:
    assert run(tmp_path, "--cq", "--no-cq").returncode == 5


def test_nothing_heavy_is_imported() -> None:
    program = (
        "import sys, pytest; before = set(sys.modules); import coverquery.pytest_plugin;"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "['coverquery', 'coverquery.pytest_plugin']"


def test_every_option_is_of_its_group() -> None:
    assert all(name.startswith("--cq") for name, _ in pytest_plugin._OPTIONS)
