"""``coverquery audit``."""

import click

from coverquery.cli.options import Options, common
from coverquery.cli.output import show
from coverquery.cli.run import PYTEST_ARGS, WithPytestArgs


@click.command(
    cls=WithPytestArgs,
    options_metavar="[OPTIONS] [-- PYTEST ARGS]",
    epilog="Example: coverquery audit --replay 20",
)
@click.option(
    "--replay", metavar="N", type=click.IntRange(min=1),
    help="Audit the last N commits, in a temporary worktree with records of its own.",
)  # fmt: skip
@common
@click.pass_context
def audit(ctx: click.Context, options: Options, *, replay: int | None) -> int:
    """Run everything and compare with what would have been selected.

    The selection is made first. A test it leaves out that then comes out differently is a
    miss, unless it gives the old outcome when it is run once more: then it is unstable. The
    result joins the safety record that `status` shows. Exits with 1 when a test was missed.
    """
    from coverquery.workspace import RunRequest, Workspace  # start-up time

    request = RunRequest(
        all=True,
        pytest_args=ctx.meta[PYTEST_ARGS],
        quiet=options.json or options.verbose < 0,
    )
    facts = Workspace.open(options.start).audit(request, replay)
    show(facts, options)
    return facts.exit_status
