"""Whatever happens becomes a sentence, a fix and an exit status."""

import array
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from coverquery.report.schema import SCHEMAS

Answer = subprocess.CompletedProcess[str]
Command = Callable[..., Answer]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["affectd"], "error: there is no command 'affectd'\nfix: coverquery affected\n"),
        (["zzz"], "error: there is no command 'zzz'\nfix: coverquery --help\n"),
        (["run", "t.py", "--all"], "error: --all, --since, --staged and NODEID exclude each other"),
        (["run", "--staged", "--since", "x"], "error: --all, --since, --staged and NODEID exclude"),
        (["affected", "--to", "x"], "error: --to needs the other side\nfix: add --since REV\n"),
        (["affected", "--to=x", "--since=y", "--staged"], "error: --staged and --to both name"),
        (["schema", "affecte"], "error: there is no document 'affecte'\nfix: coverquery schema"),
        (["affected", "extra"], "error: Got unexpected extra argument"),
        (["status", "--limit", "x"], "error: Invalid value for '--limit'"),
        (["-C", "nowhere", "status"], "error: "),
    ],
)  # fmt: skip
def test_usage_errors_exit_2_with_a_fix(coverquery: Command, args: list[str], said: str) -> None:
    answer = coverquery(*args)
    assert answer.stderr.startswith(said)
    assert answer.stderr.count("\n") == 2
    assert "\nfix: " in answer.stderr
    assert (answer.returncode, answer.stdout) == (2, "")


def error_of(answer: Answer) -> dict[str, str]:
    document = json.loads(answer.stdout)
    jsonschema.validate(document, SCHEMAS["error"])
    error: dict[str, str] = document["error"]
    return error


def test_who_asks_for_json_gets_errors_as_json(coverquery: Command) -> None:
    answer = coverquery("run", "--all", "--json", "--staged")
    assert (answer.returncode, answer.stderr) == (2, "")
    assert error_of(answer)["code"] == "usage"


def test_a_json_option_for_pytest_is_not_ours(coverquery: Command) -> None:
    answer = coverquery("run", "--all", "--staged", "--", "--json")
    assert answer.returncode == 2
    assert answer.stderr.startswith("error: ")
    assert answer.stdout == ""


def test_a_wrong_setting_exits_12(coverquery: Command, tmp_path: Path) -> None:
    (tmp_path / "coverquery.toml").write_text("soruce = ['a']\n", encoding="utf-8")
    answer = coverquery("status")
    assert answer.returncode == 12
    assert "no setting 'soruce'; the nearest is 'source'" in answer.stderr
    error = error_of(coverquery("status", "--json"))
    assert error["code"] == "config"
    assert error["safe_fallback"] == "run every test"


def test_a_folder_that_is_not_there(coverquery: Command) -> None:
    answer = coverquery("status", "-C", "no\x1bwhere")
    assert answer.returncode == 2
    assert "no\\x1bwhere" in answer.stderr
    assert "\x1b" not in answer.stderr


BROKEN = """
import sys
from coverquery.cli import boundary, group
group.COMMANDS = {**group.COMMANDS, "status": "coverquery.cli.not_written_yet"}
sys.exit(boundary.run_command(sys.argv[1:]))
"""


def broken(environ: dict[str, str], cwd: Path, *args: str) -> Answer:
    """Run a coverquery one of whose commands cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", BROKEN, *args],
        cwd=cwd, env=environ, check=False, capture_output=True, text=True,
    )  # fmt: skip


def test_a_bug_names_its_log_and_shows_no_traceback(
    environ: dict[str, str], tmp_path: Path
) -> None:
    answer = broken(environ, tmp_path, "status", "--limit", "3")
    (log,) = (tmp_path / "temp").iterdir()
    assert answer.returncode == 3
    assert answer.stderr == (
        f"error: a bug in coverquery: ModuleNotFoundError; the details are in {log}\n"
        f"fix: report it with {log}; meanwhile run pytest itself\n"
    )
    text = log.read_text(encoding="utf-8")
    assert "Traceback" in text
    assert "coverquery.cli.not_written_yet" in text
    assert "arguments ['status', '--limit', '3']" in text
    assert "\npytest " in text
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_bug_is_logged_with_the_projects_records(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".coverquery").mkdir()
    (tmp_path / "below").mkdir()
    error = error_of(broken(environ, tmp_path / "below", "status", "--json"))
    (log,) = (tmp_path / ".coverquery" / "log").iterdir()
    assert error["code"] == "bug"
    assert str(log) in error["text"]


def test_a_bug_does_not_follow_a_link_planted_for_its_log(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".coverquery").symlink_to(tmp_path / "elsewhere")
    assert broken(environ, tmp_path, "status").returncode == 3
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_reader_that_went_away_is_no_error(environ: dict[str, str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "coverquery", "schema"],
        cwd=tmp_path, env=environ, check=False, stdout=writing, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
@pytest.mark.parametrize("args", [["schema"], ["run", "--all", "--staged", "--json"]])
def test_a_full_disk_behind_stdout_is_an_error(
    environ: dict[str, str], tmp_path: Path, args: list[str]
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "coverquery", *args],
            cwd=tmp_path, env=environ, check=False, stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == (4 if args == ["schema"] else 2)
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("sent", "status", "word"),
    [(signal.SIGINT, 130, "interrupted\n"), (signal.SIGTERM, 143, "terminated\n")],
)
def test_a_signal_ends_it_with_its_status(
    environ: dict[str, str], tmp_path: Path, sent: signal.Signals, status: int, word: str
) -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)  # less than is written: the process waits
    process = subprocess.Popen(
        [sys.executable, "-m", "coverquery", "schema"],
        cwd=tmp_path, env=environ, stdout=writing, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(writing)
    waiting = array.array("i", [0])
    while waiting[0] < 4096:  # until the pipe is full, and it can only wait
        assert process.poll() is None
        select.select([reading], [], [], 10)
        fcntl.ioctl(reading, termios.FIONREAD, waiting)
    process.send_signal(sent)
    _, stderr = process.communicate(timeout=20)
    os.close(reading)
    assert (process.returncode, stderr) == (status, word)
