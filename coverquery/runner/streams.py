"""Where pytest's output goes: terminal, pipe or file, and always a copy in ``pytest.log``."""

import contextlib
import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import Iterator
from typing import NamedTuple

from coverquery.runner.keyboard import Keyboard
from coverquery.runner.plan import LaunchPlan

LOG_NAME = "pytest.log"


class Streams(NamedTuple):
    """The child's ends and ours.

    Attributes:
        child: file descriptors for the child's 0, 1 and 2; None inherits.
        sources: (what to read, where to write it; None: only the log).
        terminal: our end of the child's terminal, if it has one.
        keyboard: the user's terminal, when what is typed goes to the child.
        log: the open log.
    """

    child: tuple[int | None, int | None, int | None]
    sources: tuple[tuple[int, int | None], ...]
    log: int
    terminal: int | None = None
    keyboard: Keyboard | None = None


@contextlib.contextmanager
def opened(plan: LaunchPlan) -> Iterator[tuple[Streams, contextlib.ExitStack]]:
    """Open what this plan needs; the stack closes the child's ends, early if asked to."""
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as childs:
        log = os.open(plan.run_folder / LOG_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        ours.callback(os.close, log)
        if plan.output == "log":
            null = os.open(os.devnull, os.O_RDONLY)
            childs.callback(os.close, null)
            yield Streams((null, log, log), (), log), childs
        elif is_terminal(1):
            yield _terminal(log, ours, childs), childs
        else:
            out, err = _pipe(ours, childs), _pipe(ours, childs)
            yield Streams((None, out[1], err[1]), ((out[0], 1), (err[0], 2)), log), childs


def is_terminal(descriptor: int) -> bool:
    """Say whether this is a terminal; a closed one is not."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def copy_size(terminal: int) -> int:
    """Give the child's terminal the size of ours; return the width."""
    try:
        size = fcntl.ioctl(1, termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
    except OSError:
        return 80
    return int(struct.unpack("HHHH", size)[1]) or 80


def _terminal(log: int, ours: contextlib.ExitStack, childs: contextlib.ExitStack) -> Streams:
    master, slave = pty.openpty()
    ours.callback(os.close, master)
    childs.callback(os.close, slave)
    copy_size(master)
    modes = termios.tcgetattr(slave)
    modes[1] &= ~termios.ONLCR  # the user's terminal turns \n into \r\n itself
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    sources = [(master, 1)]
    error: int | None = slave
    if not is_terminal(2):
        err = _pipe(ours, childs)
        sources.append((err[0], 2))
        error = err[1]
    stdin = None
    if keyboard := Keyboard.ours():
        stdin = slave
        ours.callback(keyboard.give_back)
        keyboard.take()
    return Streams((stdin, slave, error), tuple(sources), log, master, keyboard)


def _pipe(ours: contextlib.ExitStack, childs: contextlib.ExitStack) -> tuple[int, int]:
    reader, writer = os.pipe()
    ours.callback(os.close, reader)
    childs.callback(os.close, writer)
    return reader, writer


def flush_own() -> None:
    """Let what we printed so far come before what pytest prints."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
