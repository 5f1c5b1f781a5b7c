"""``coverquery runs``."""

from typing import Final

import click

from coverquery.cli.options import Options, common
from coverquery.cli.output import show

USUAL: Final = 20


@click.command(epilog="Example: coverquery runs --limit 5")
@common
def runs(options: Options) -> int:
    """List the recorded runs, newest first.

    With commit, state and outcomes; -v adds the time.
    """
    from coverquery.workspace import Workspace  # start-up time

    limit = USUAL if options.limit is None else options.limit
    show(Workspace.open(options.start).runs(limit), options)
    return 0
