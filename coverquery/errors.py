"""Every error a user can cause, each with its exit code and the command that mends it.

CoverQueryError
├── UsageError            2
├── IndexMissingError    10   no usable index
│   ├── IndexDamagedError
│   └── IndexNewerError
├── GitError             11
│   └── BadRevisionError
├── ConfigError          12
├── InterpreterError     13   the project's Python not found or unusable
└── StorageError          4   read-only folder, full disk, lock held
"""

from typing import ClassVar


class CoverQueryError(Exception):
    """What happened and why; ``fix`` is the one command that mends it."""

    exit_code: ClassVar[int] = 4
    code: ClassVar[str] = "error"

    def __init__(self, text: str, *, fix: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.fix = fix


class UsageError(CoverQueryError):
    """The words of the command do not fit together."""

    exit_code = 2
    code = "usage"


class IndexMissingError(CoverQueryError):
    """There is no index to ask."""

    exit_code = 10
    code = "index_missing"


class IndexDamagedError(IndexMissingError):
    """The index is there and cannot be used."""

    code = "index_damaged"


class IndexNewerError(IndexMissingError):
    """A newer coverquery made the index; it must not be touched."""

    code = "index_newer"


class GitError(CoverQueryError):
    """Git could not answer."""

    exit_code = 11
    code = "git"


class BadRevisionError(GitError):
    """A revision does not name a commit of this repository."""

    code = "bad_revision"


class ConfigError(CoverQueryError):
    """The configuration says something that is not understood."""

    exit_code = 12
    code = "config"


class InterpreterError(CoverQueryError):
    """The project's Python was not found, or cannot run its tests."""

    exit_code = 13
    code = "interpreter"


class StorageError(CoverQueryError):
    """``.coverquery/`` cannot be written, or somebody else holds it."""

    exit_code = 4
    code = "storage"
