"""``coverquery status``."""

import click

from coverquery.cli.options import Options, common
from coverquery.cli.output import show


@click.command(epilog="Example: coverquery status --json")
@common
def status(options: Options) -> int:
    """Say what the index knows and what is wrong."""
    from coverquery.workspace import Workspace  # start-up time

    show(Workspace.open(options.start).status(), options)
    return 0
