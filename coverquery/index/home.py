"""The project's ``.coverquery/`` folder and the lock on it. Knows nothing of what is inside."""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coverquery.errors import StorageError

NAME = ".coverquery"
_POLL = 0.05


def make_home(project: Path) -> Path:
    """Return the project's ``.coverquery/``, made if need be; refuse one that is not ours."""
    home = project / NAME
    try:
        home.mkdir(mode=0o700, exist_ok=True)
        _refuse_foreign(home)
        ignore = home / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="ascii")
    except FileExistsError as error:
        raise _not_a_folder(home) from error
    except OSError as error:
        raise StorageError(
            f"{home} cannot be written: {error.strerror}",
            fix=f"make {project} writable, or work on a copy of it",
        ) from error
    return home


def find_home(project: Path) -> Path | None:
    """Return the project's ``.coverquery/`` if it is there and ours; never make it."""
    home = project / NAME
    if not os.path.lexists(home):
        return None
    _refuse_foreign(home)
    return home


def _refuse_foreign(home: Path) -> None:
    found = home.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise _not_a_folder(home)
    if found.st_uid not in {os.geteuid(), home.parent.stat().st_uid, os.getuid()}:
        raise StorageError(
            f"{home} belongs to another user", fix=f"remove {home} or become its owner"
        )


def _not_a_folder(home: Path) -> StorageError:
    return StorageError(
        f"{home} is not a folder of its own (a link or a file stands there)",
        fix=f"remove {home}",
    )


@contextmanager
def locked(home: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock of this ``.coverquery/``.

    The lock file is never unlinked: whoever holds the lock on an unlinked file would not
    be seen by the next one.

    Args:
        home: the folder.
        wait: seconds to go on trying.

    Raises:
        StorageError: somebody else holds it, or the file system knows no locks.
    """
    path = home / "lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be opened: {error.strerror}", fix=f"make {home} writable"
        ) from error
    try:
        _acquire(handle, path, time.monotonic() + wait)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise StorageError(
                    f"another coverquery is at work here (it holds {path})",
                    fix="wait until it is done",
                ) from error
            time.sleep(_POLL)
        except OSError as error:
            raise StorageError(
                f"{path} cannot be locked: {error.strerror}",
                fix="keep the project on a file system that has locks",
            ) from error
        else:
            return
