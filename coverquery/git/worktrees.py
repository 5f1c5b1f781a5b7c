"""A second worktree in a temporary folder, to look at other commits without touching the first."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coverquery.errors import GitError
from coverquery.git.command import Command, ask
from coverquery.git.repo import Repo

_PREFIX = "coverquery-replay-"


def history(repo: Repo, count: int) -> list[str]:
    """Return the newest commits up to HEAD, following first parents, the oldest first.

    Raises:
        GitError: there are no commits yet.
    """
    head = repo.head()
    if head is None:
        raise GitError("there are no commits yet", fix="git commit")
    args = ("rev-list", "--first-parent", f"--max-count={count:d}", "--end-of-options", head)
    return repo.run(*args).decode().split()[::-1]


class TemporaryWorktree:
    """A worktree of its own, detached: its files, staged state and HEAD are nobody else's."""

    def __init__(self, repo: Repo, path: Path) -> None:
        self.path = path
        self._repo = repo

    def move(self, commit: str, *, keep: tuple[str, ...] = ()) -> None:
        """Check out another commit and remove whatever it does not hold.

        Args:
            commit: full id.
            keep: names of files and folders that stay, wherever they are.
        """
        kept = (word for name in keep for word in ("-e", name))
        self._git("checkout", "--quiet", "--detach", "--force", self._repo.full_id(commit))
        self._git("clean", "-ffdxq", *kept)

    def _git(self, *args: str) -> None:
        ask(self.path, Command(args))


@contextmanager
def temporary_worktree(repo: Repo, commit: str) -> Iterator[TemporaryWorktree]:
    """Check a commit out in a temporary folder, which is removed however this ends.

    Hooks of the repository do not run. What a killed process left behind is removed, too.
    """
    _remove_left_behind(repo)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")).resolve()
    try:
        path = folder / repo.root.name
        args = ("worktree", "add", "--quiet", "--detach", str(path), repo.full_id(commit))
        repo.run(*args)
        yield TemporaryWorktree(repo, path)
    finally:
        with _undisturbed():
            _remove(repo, folder)


def _remove(repo: Repo, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(GitError):
        repo.run("worktree", "prune", "--expire=now")


def _remove_left_behind(repo: Repo) -> None:
    listed = repo.run("worktree", "list", "--porcelain", "-z").decode("utf-8", "surrogateescape")
    for record in listed.split("\0"):
        if record.startswith("worktree "):
            folder = Path(record.removeprefix("worktree ")).parent
            owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
            if folder.name.startswith(_PREFIX) and owner.isdigit() and not _runs(int(owner)):
                _remove(repo, folder)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let nobody's second Ctrl-C leave half of it behind."""
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    try:
        before = {number: signal.signal(number, signal.SIG_IGN) for number in wanted}
    except ValueError:  # not the main thread: no signal arrives here
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
