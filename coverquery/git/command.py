"""Starts git so that nothing configured in the repository is executed or shapes the answer.

Every exit status is looked at: git that fails is a GitError, never an empty answer.
"""

import os
import subprocess
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from coverquery.errors import GitError

_ALWAYS = (
    "--no-pager",
    "--literal-pathspecs",
    "-c", "core.quotePath=false",
    "-c", "core.fsmonitor=false",
    "-c", f"core.hooksPath={os.devnull}",
)  # fmt: skip


class Command(NamedTuple):
    """One git command.

    Attributes:
        args: the subcommand and its arguments.
        config: settings for this command only.
        stdin: what it reads.
        index_file: the staged state to read; None is the repository's own.
        accept: exit statuses that are answers.
        local: do not fetch what a partial clone left out.
    """

    args: tuple[str, ...]
    config: tuple[str, ...] = ()
    stdin: bytes = b""
    index_file: Path | None = None
    accept: Collection[int] = (0,)
    local: bool = False


class Answer(NamedTuple):
    """What git said."""

    status: int
    stdout: bytes
    stderr: str


def environment(command: Command) -> dict[str, str]:
    """Return the environment without whatever may redirect git, and without prompts."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {
        "LC_ALL": "C",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_PAGER": "cat",
    }
    if command.index_file is not None:
        env["GIT_INDEX_FILE"] = str(command.index_file)
    if command.local:
        env["GIT_NO_LAZY_FETCH"] = "1"
    return env


def ask(folder: Path, command: Command) -> Answer:
    """Run one git command in a folder; raise GitError if git is missing or fails."""
    settings = (part for setting in command.config for part in ("-c", setting))
    argv: Iterable[str | bytes] = ("git", *_ALWAYS, *settings, "-C", str(folder), *command.args)
    try:
        done = subprocess.run(
            [os.fsencode(part) for part in argv],
            input=command.stdin,
            capture_output=True,
            check=False,
            env=environment(command),
        )
    except OSError as error:
        text = f"git cannot be started: {error.strerror or error}"
        raise GitError(text, fix="apt-get install git") from error
    answer = Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))
    if answer.status not in command.accept:
        raise failure(command, answer, folder)
    return answer


def failure(command: Command, answer: Answer, folder: Path) -> GitError:
    """Say why git failed, in its own words, with what mends it where that is known."""
    said = " ".join(answer.stderr.split()) or f"exit status {answer.status}"
    if "dubious ownership" in said:
        text = f"{folder} belongs to somebody else, so git will not read it"
        return GitError(text, fix=f"git config --global --add safe.directory '{folder}'")
    if answer.status < 0:
        said = f"killed by signal {-answer.status}"
    return GitError(f"git {command.args[0]} failed: {said}", fix="git fsck")
