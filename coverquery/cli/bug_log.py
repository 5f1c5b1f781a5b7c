"""The file that says what is needed to mend a bug of ours."""

import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from coverquery import __version__

_DEPENDENCIES: Final = ("pytest", "coverage", "GitPython", "click", "unidiff", "watchfiles")


def write_bug_log(error: BaseException, argv: Sequence[str]) -> Path:
    """Write the log where the project keeps its records, or in the temporary folder."""
    text = "".join(_lines(error, argv)).encode("utf-8", "backslashreplace")
    for folder in _folders():
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            name = time.strftime("bug-%Y%m%dT%H%M%S-")
            handle, path = tempfile.mkstemp(".log", name, folder)
        except OSError:
            continue
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        return Path(path)
    sys.stderr.buffer.write(text)  # nowhere to write: better on the screen than lost
    return Path(os.devnull)


def _folders() -> Iterator[Path]:
    here = Path.cwd()
    for folder in (here, *here.parents):
        own = folder / ".coverquery"
        if own.is_dir() and not own.is_symlink() and own.stat().st_uid == os.getuid():
            yield own / "log"
            break
    yield Path(tempfile.gettempdir())


def _lines(error: BaseException, argv: Sequence[str]) -> Iterator[str]:
    yield f"coverquery {__version__}\n"
    yield f"{platform.python_implementation()} {platform.python_version()} {platform.platform()}\n"
    for name in _DEPENDENCIES:
        yield f"{name} {_version(name)}\n"
    yield f"arguments {list(argv)!r}\n\n"
    yield from traceback.format_exception(error)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
