"""docs/commands.md: the ``--help`` of every command, one after the other.

``python -m coverquery.cli.reference > docs/commands.md`` writes it anew; a test compares.
"""

import sys
from collections.abc import Iterator
from typing import Final

import click

from coverquery.cli.group import COMMANDS, coverquery
from coverquery.errors import (
    ConfigError,
    CoverQueryError,
    GitError,
    IndexMissingError,
    InterpreterError,
    StorageError,
    UsageError,
)

WIDTH: Final = 80
_HEAD: Final = """\
# Commands

Made from `--help` by `python -m coverquery.cli.reference > docs/commands.md`; do not edit.

Every answer is text, or with `--json` one compact document whose schema `coverquery schema NAME`
prints. The first line of a text is the verdict, the last one the command to go on with. What
cannot be vouched for stands in the second line: `INCOMPLETE: ...`.
"""
_ERRORS: Final[tuple[type[CoverQueryError], ...]] = (
    UsageError, StorageError, IndexMissingError, GitError, ConfigError, InterpreterError,
)  # fmt: skip


def reference() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *_exit_codes(), *_sections()])


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes\n"
    yield "| code | meaning |\n|---|---|"
    yield "| 0 | fine, also when nothing is affected |"
    yield "| 1 | tests failed, or `affected --exit-code` with any |"
    yield "| 3 | a bug in coverquery; the log file is named |"
    for error in _ERRORS:
        meaning = (error.__doc__ or "").splitlines()[0].rstrip(".").replace("``", "`")
        yield f"| {error.exit_code} | `{error.code}`: {meaning} |"
    yield "| 130, 143 | interrupted, terminated |"
    yield "\n`coverquery run` passes on the other exit codes of pytest.\n"


def _sections() -> Iterator[str]:
    context = coverquery.make_context(
        "coverquery", [], resilient_parsing=True, terminal_width=WIDTH
    )
    yield _section("coverquery", coverquery, context)
    for name in COMMANDS:
        command = coverquery.get_command(context, name)
        assert command is not None  # noqa: S101  # it is in COMMANDS
        inner = click.Context(command, context, name)
        yield _section(f"coverquery {name}", command, inner)


def _section(title: str, command: click.Command, context: click.Context) -> str:
    return f"## {title}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
