"""``coverquery covers``."""

import click

from coverquery.cli.options import Options, common
from coverquery.cli.output import show


@click.command(epilog="Example: coverquery covers networkx/classes/graph.py::Graph.add_edge")
@click.argument("target", metavar="PATH[:LINE[-END]]|PATH::SYMBOL")
@common
def covers(options: Options, *, target: str) -> int:
    """Say which tests execute a file, lines or a symbol.

    Most focused first: the test that executes little else.
    """
    from coverquery.workspace import Workspace  # start-up time

    show(Workspace.open(options.start).covers(target), options)
    return 0
