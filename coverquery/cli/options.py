"""The options every command has, as one value."""

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import click

from coverquery.cli.terminal import wants_color
from coverquery.report.facts import Rendering

Order = Literal["focus", "path"]
Command = Callable[..., int]


class Options(NamedTuple):
    """What every command can be told.

    Attributes:
        start: the folder to look for the project from.
        json: whether a program reads the answer.
        limit: rows at most.
        verbose: ``-v`` less ``-q``.
        color: ``auto``, ``always`` or ``never``.
    """

    start: Path
    json: bool
    limit: int | None
    verbose: int
    color: str

    def rendering(self, order: Order = "focus") -> Rendering:
        """Return how to render for the reader of our standard output."""
        color = not self.json and wants_color(self.color, os.environ, sys.stdout)
        return Rendering(self.limit, self.verbose, color, order)


_COMMON: Final = (
    click.option(
        "-C", "start", metavar="PATH", default=".", type=click.Path(path_type=Path),
        help="Work as if started in this folder.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document."),
    click.option(
        "--limit", metavar="N", type=click.IntRange(min=0),
        help="Show at most N rows instead of what fits the budget.",
    ),
    click.option("-q", "quiet", count=True, help="Only the verdict."),
    click.option("-v", "verbose", count=True, help="Show more."),
    click.option(
        "--color", type=click.Choice(["auto", "always", "never"]), default="auto",
        help="Colours: auto looks at the terminal, NO_COLOR and FORCE_COLOR.",
    ),
)  # fmt: skip


def common(command: Command) -> Command:
    """Give a command the common options, handed over as its first argument."""

    @functools.wraps(command)
    def packed(  # noqa: PLR0913  # one parameter an option
        *, start: Path, as_json: bool, limit: int | None, quiet: int, verbose: int, color: str,
        **own: Any,
    ) -> int:  # fmt: skip
        return command(Options(start, as_json, limit, verbose - quiet, color), **own)

    for option in reversed(_COMMON):
        packed = option(packed)
    return packed
