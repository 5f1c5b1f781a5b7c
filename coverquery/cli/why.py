"""``coverquery why``."""

import click

from coverquery.cli.options import Options, common
from coverquery.cli.output import show


@click.command(epilog="Example: coverquery why tests/test_graph.py::TestGraph::test_add_edge")
@click.argument("nodeid")
@click.option("--since", metavar="REV", help="Ask about the change from REV.")
@common
def why(options: Options, *, nodeid: str, since: str | None) -> int:
    """Say why a test has to run, or why not.

    Gives every reason, or names the execution that still holds.
    """
    from coverquery.workspace import Workspace  # start-up time

    show(Workspace.open(options.start).why(nodeid, since=since), options)
    return 0
