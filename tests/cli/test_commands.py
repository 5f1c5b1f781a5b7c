"""What the commands are, how fast they start, and how they look."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coverquery import __version__
from coverquery.cli.group import COMMANDS
from coverquery.cli.reference import reference
from coverquery.cli.terminal import AGENTS, wants_color
from coverquery.report.schema import SCHEMAS

ROOT = Path(__file__).parents[2]
HEAVY = {"pytest", "_pytest", "coverage", "git", "gitdb", "watchfiles", "hypothesis", "unidiff"}
Answer = subprocess.CompletedProcess[str]
Command = Callable[..., Answer]


def test_version(coverquery: Command) -> None:
    answer = coverquery("--version")
    assert (answer.returncode, answer.stdout) == (0, f"coverquery {__version__}\n")


def test_no_command_is_help(coverquery: Command) -> None:
    answer = coverquery()
    assert answer.returncode == 0
    assert answer.stdout == coverquery("--help").stdout
    assert [line.split()[0] for line in answer.stdout.split("Commands:\n")[1].split("\n\n")[0]
            .splitlines()] == list(COMMANDS)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(coverquery: Command, name: str) -> None:
    answer = coverquery(name, "--help")
    assert answer.returncode == 0
    assert f"Example: coverquery {name}" in answer.stdout
    for option in ("-C PATH", "--json", "--limit N", "-q ", "-v ", "--color"):
        assert option in answer.stdout


def test_the_reference_is_what_help_says() -> None:
    page = ROOT / "docs" / "commands.md"
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(reference(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == reference(), "UPDATE_DOCS=1 writes it anew"


def test_schemas_are_printed(coverquery: Command) -> None:
    assert json.loads(coverquery("schema").stdout) == SCHEMAS
    assert json.loads(coverquery("schema", "affected").stdout) == SCHEMAS["affected"]


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["affected", "--help"]])
def test_starting_up_imports_nothing_heavy(environ: dict[str, str], args: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "coverquery", *args],
        env=environ, check=True, capture_output=True, text=True,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "coverquery.cli" in imported
    assert not {name.partition(".")[0] for name in imported} & HEAVY
    assert not {"coverquery.workspace", "coverquery.report.render", "sqlite3"} & imported
    assert "coverquery.cli.covers" not in imported or args == ["--help"]


def test_the_way_to_affected_imports_nothing_heavy(environ: dict[str, str]) -> None:
    modules = (
        "cli.boundary, coverquery.cli.affected, coverquery.workspace, coverquery.report.render"
    )
    code = f"import sys, coverquery.{modules}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, check=True, capture_output=True, text=True
    )
    assert not {name.partition(".")[0] for name in done.stdout.split()} & HEAVY


@pytest.mark.parametrize(
    ("choice", "variables", "terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        *(("auto", {agent: "1"}, True, False) for agent in AGENTS),
        ("always", {"CLAUDECODE": "1"}, False, True),
    ],
)
def test_who_sees_colours(
    choice: str, variables: dict[str, str], terminal: bool, wanted: bool
) -> None:
    ends = pty.openpty() if terminal else os.pipe()
    with os.fdopen(ends[1], "w") as stream:
        assert wants_color(choice, variables, stream) is wanted
    os.close(ends[0])
