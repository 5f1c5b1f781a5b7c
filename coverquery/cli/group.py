"""The group of all commands; a command's module is imported only when it is named."""

import importlib
from collections.abc import Mapping
from typing import Final

import click

from coverquery import __version__
from coverquery.errors import UsageError

COMMANDS: Final[Mapping[str, str]] = {
    "run": "coverquery.cli.run",
    "affected": "coverquery.cli.affected",
    "why": "coverquery.cli.why",
    "covers": "coverquery.cli.covers",
    "status": "coverquery.cli.status",
    "runs": "coverquery.cli.runs",
    "flaky": "coverquery.cli.flaky",
    "audit": "coverquery.cli.audit",
    "schema": "coverquery.cli.schema",
}
"""In the order of use. The module holds a click command of the same name."""


class LazyGroup(click.Group):
    """Knows the commands by name and imports the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the names, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command, None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101  # for the type checker
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was perhaps meant."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise _no_such_command(args[0])
        return super().resolve_command(ctx, args)


def _no_such_command(name: str) -> UsageError:
    import difflib  # start-up time

    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
    fix = f"coverquery {near[0]}" if near else "coverquery --help"
    return UsageError(f"there is no command {name!r}", fix=fix)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: coverquery run, then after an edit: coverquery affected",
)
@click.version_option(__version__, prog_name="coverquery", message="%(prog)s %(version)s")
def coverquery() -> None:
    """Know which test executes which line, and which tests a change needs."""
