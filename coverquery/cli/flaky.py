"""``coverquery flaky``."""

import click

from coverquery.cli.options import Options, common
from coverquery.cli.output import show


@click.command(epilog="Example: coverquery flaky --json")
@common
def flaky(options: Options) -> int:
    """List tests with different outcomes on the same contents.

    Nothing the test is known to depend on differed, nor did the environment: it is flaky, it
    leans on another test, or it depends on something that is not recorded.
    """
    from coverquery.workspace import Workspace  # start-up time

    show(Workspace.open(options.start).flaky(), options)
    return 0
