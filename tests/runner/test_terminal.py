"""The bar below pytest's output, on a real terminal, replayed."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from coverquery.runner.column import Column
from coverquery.runner.plan import LaunchPlan, Progress
from coverquery.runner.progress import Milestones, bar, describe
from coverquery.runner.screen import Screen

Planner = Callable[..., LaunchPlan]
ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from os import environ
from pathlib import Path
from coverquery.runner.launch import launch
from coverquery.runner.plan import LaunchPlan, Request
project, run, inject, *args = sys.argv[1:]
result = launch(LaunchPlan(Path(sys.executable), Path(project), Path(run), Request(Path(project)),
    environ, args=tuple(args), inject=Path(inject), grace=5.0))
raise SystemExit(result.status)
"""


class Replay:
    """As much of a terminal as the tests need."""

    def __init__(self, width: int, height: int = 24) -> None:
        self.width, self.height = width, height
        self.rows = [""] * height
        self.x = self.y = 0

    def feed(self, text: str) -> None:
        for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b.|[\s\S]", text):
            if piece.startswith("\x1b"):
                self._escape(piece)
            elif piece == "\n":
                self._down()
            elif piece == "\r":
                self.x = 0
            else:
                self._put(piece)

    def _down(self) -> None:
        self.y += 1
        if self.y == self.height:
            self.rows = [*self.rows[1:], ""]
            self.y -= 1

    def _put(self, character: str) -> None:
        if self.x == self.width:
            self.x = 0
            self._down()
        row = self.rows[self.y].ljust(self.x)
        self.rows[self.y] = row[: self.x] + character + row[self.x + 1 :]
        self.x += 1

    def _escape(self, piece: str) -> None:
        number = int(piece[2:-1] or 1) if piece[2:-1].isdigit() or not piece[2:-1] else 1
        match piece[-1]:
            case "A":
                self.y = max(0, self.y - number)
            case "C":
                self.x += number
            case "J":
                self.rows[self.y] = self.rows[self.y][: self.x]
                self.rows[self.y + 1 :] = [""] * (self.height - self.y - 1)
            case "m":
                pass
            case _:
                raise AssertionError(f"not replayed: {piece!r}")

    @property
    def text(self) -> str:
        return "\n".join(row.rstrip() for row in self.rows).rstrip()


def on_terminal(
    plan: LaunchPlan, *args: str, width: int = 60, react: Callable[[int, str], None] | None = None
) -> tuple[int, str]:
    """Launch on a terminal of its own; ``react`` gets the master and all output so far."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environ = {**plan.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "PYTHONUTF8": "1"}
    starter = "import os,sys,fcntl,termios\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\n" + PROGRAM
    words: list[str | Path] = [
        sys.executable,
        "-c",
        starter,
        plan.project,
        plan.run_folder,
        plan.inject,
        *args,
    ]
    process = subprocess.Popen(
        words, stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True
    )
    os.close(slave)
    said = b""
    while select.select([master], [], [], 60)[0]:
        try:
            chunk = os.read(master, 65536)
        except OSError:
            break
        said += chunk
        if react:
            react(master, said.decode(errors="replace"))
    os.close(master)
    return process.wait(), said.decode()


SLOW = """
import pytest, time
@pytest.mark.parametrize("n", range(8))
def test_many(n):
    time.sleep(0.15)
    assert n != 6
"""


def test_the_bar_lives_below_and_leaves_no_trace(planner: Planner) -> None:
    plan = planner({"test_slow.py": SLOW})
    status, said = on_terminal(plan)
    assert status == 1
    assert re.search(r"\d/8", said)
    assert "1 failed" in said
    assert "\x1b[31m" in said  # pytest's own colours
    screen = Replay(60, 80)
    screen.feed(said)
    plain = subprocess.run(
        [sys.executable, "-m", "pytest", "--color=yes"],
        cwd=plan.project, env={**plan.environ, "COLUMNS": "60"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    expected = Replay(60, 80)
    expected.feed(plain.stdout.replace("\n", "\r\n"))
    assert _scrub(screen.text) == _scrub(expected.text)
    log = (plan.run_folder / "pytest.log").read_text()
    assert "1 failed, 7 passed" in log
    assert "\x1b" not in log
    assert "\r" not in log


def test_while_it_runs_the_bar_is_the_last_line(planner: Planner) -> None:
    snapshots: list[list[str]] = []

    def look(_master: int, said: str) -> None:
        screen = Replay(60)
        screen.feed(said)
        snapshots.append(screen.text.split("\n"))

    on_terminal(planner({"test_slow.py": SLOW}), react=look)
    middle = [rows for rows in snapshots if rows[-1].startswith(("━", "╌")) and len(rows) > 3]
    assert any(re.search(r"[━╌]  [1-7]/8", rows[-1]) for rows in middle)
    assert any(rows[-2].startswith("test_slow.py .") for rows in middle)
    assert all(sum("/8" in row for row in rows) <= 1 for rows in snapshots)


def test_dumb_terminal_has_no_bar(planner: Planner) -> None:
    plan = planner({"test_slow.py": "def test_a(): pass"})
    environ = {**plan.environ, "TERM": "dumb"}
    words: list[str | Path] = [
        sys.executable,
        "-c",
        PROGRAM,
        plan.project,
        plan.run_folder,
        plan.inject,
    ]
    master, slave = pty.openpty()
    process = subprocess.Popen(
        words, stdin=slave, stdout=slave, stderr=slave,
        env={**environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    said = b""
    try:
        while chunk := os.read(master, 65536):
            said += chunk
    except OSError:
        pass
    os.close(master)
    assert process.wait() == 0
    assert b"1 passed" in said
    assert b"\x1b[J" not in said


def test_control_c_on_the_keyboard(planner: Planner) -> None:
    code = "import time\ndef test_a():\n    print('started')\n    time.sleep(60)\n"
    pressed: list[bool] = []

    def press(master: int, said: str) -> None:
        if "started" in said and not pressed:
            pressed.append(True)
            os.write(master, b"\x03")

    status, said = on_terminal(planner({"test_a.py": code}), "-s", react=press)
    assert status == 130
    assert "KeyboardInterrupt" in said


def test_what_is_typed_reaches_the_debugger(planner: Planner) -> None:
    code = "def test_a():\n    answer = 'forty' + '-two'\n    breakpoint()\n    answer += '!'\n"
    typed: list[str] = []

    def answer(master: int, said: str) -> None:
        if "(Pdb)" in said and not typed:
            typed.append("p")
            os.write(master, b"p answer\nc\n")

    status, said = on_terminal(planner({"test_a.py": code}), react=answer)
    assert status == 0
    assert "'forty-two'" in said


def test_a_new_size_reaches_the_tests(planner: Planner) -> None:
    code = textwrap.dedent(
        """
        import os, signal
        def test_a():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
            print("ready", flush=True)
            signal.sigwait([signal.SIGWINCH])
            print("width", os.get_terminal_size(1).columns)
        """
    )
    sent: list[bool] = []

    def resize(master: int, said: str) -> None:
        if "ready" in said and not sent:
            sent.append(True)
            fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 77, 0, 0))

    status, said = on_terminal(planner({"test_a.py": code}), "-s", react=resize)
    assert status == 0
    screen = Replay(77)
    screen.feed(said)
    assert "width 77" in screen.text


def _hears_hangups() -> None:
    """Undo ``nohup``, under which these tests may run."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_closing_the_terminal_ends_the_run(planner: Planner) -> None:
    plan = planner({"test_a.py": "import time\ndef test_a(): time.sleep(60)"})
    words: list[str | Path] = [
        sys.executable,
        "-c",
        PROGRAM,
        plan.project,
        plan.run_folder,
        plan.inject,
    ]
    process = subprocess.Popen(
        words, env={**plan.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=_hears_hangups,  # noqa: PLW1509 - no threads here
    )  # fmt: skip
    assert process.stdout is not None
    while b"test_a.py" not in process.stdout.readline():
        assert process.poll() is None
        if (plan.run_folder / "journal-main.jsonl").exists():
            break
    process.stdout.close()
    process.send_signal(signal.SIGHUP)
    assert process.wait() == 129


@pytest.mark.parametrize(
    ("written", "column", "certain"),
    [
        ("", 0, True),
        ("abc", 3, True),
        ("abc\n", 0, True),
        ("\x1b[31mab\x1b[0m", 2, True),
        ("ä漢", 3, True),
        ("e\u0301", 1, True),
        ("a\tb", 9, True),
        ("ab\rc", 1, True),
        ("abcdefghij", 10, False),  # just full: the next character wraps
        ("abcdefghijk", 1, True),
        ("ab\x1b[", 2, False),  # an escape cut in two
        ("ab\x1b[2C", 2, False),
        ("ab\x1b[2C\n", 0, True),
        ("ab\x1b[2A\n", 0, False),  # the program draws on its own
        ("\x1b]0;title\x07ab", 2, True),
    ],
)
def test_column(written: str, column: int, certain: bool) -> None:
    follower = Column(10)
    for byte in written.encode():  # cut anywhere
        follower.feed(bytes([byte]))
    assert (follower.at, follower.certain) == (column, certain)


def test_screen_draws_only_where_it_can_come_back() -> None:
    screen = Screen(20)
    assert screen.show("bar") == b"bar\r"
    assert screen.show("bar") == b""
    assert screen.output(b"abc") == b"\x1b[Jabc\nbar\x1b[A\r\x1b[3C"
    assert screen.output(b"\x1b[2") == b"\x1b[J\x1b[2"
    assert screen.output(b"K\n") == b"K\nbar\r"
    assert screen.output(b"\n", redraw=False) == b"\x1b[J\n"
    assert screen.show("bar") == b"bar\r"
    assert screen.resize(30) == b"\x1b[J"
    assert screen.erase() == b""


def test_bar_never_wraps() -> None:
    progress = Progress(done=5, total=10, failed=2, seconds=9, eta=61)
    assert describe(progress) == "5/10  2 failed  eta 1:01"
    assert bar(progress, 80, fancy=False) == "#" * 15 + "-" * 15 + "  5/10  2 failed  eta 1:01"
    assert all(len(bar(progress, width, fancy=True)) < max(width, 1) for width in range(1, 90))
    assert describe(Progress(seconds=3700)) == "collecting  1:01:40"


def test_a_line_each_tenth() -> None:
    milestones = Milestones()
    lines = [milestones.line(Progress(done, 200, done // 100)) for done in range(201)]
    said = [line for line in lines if line]
    assert len(said) == 10
    assert said[0] == "coverquery: 20/200 tests (10 %)"
    assert said[-1] == "coverquery: 200/200 tests (100 %), 2 failed"


def _scrub(text: str) -> str:
    text = text[text.index("collected") :]
    text = re.sub(r"- generated xml file:.*?junit.xml -+\n", "", text, flags=re.DOTALL)
    return re.sub(r"=+ (.*) in [\d.]+s =+", r"\1", text)
