"""``coverquery run``."""

import click

from coverquery.cli.options import Options, Order, common
from coverquery.cli.output import show
from coverquery.errors import UsageError

PYTEST_ARGS = "coverquery.pytest_args"


class WithPytestArgs(click.Command):
    """Keeps what follows ``--`` for pytest, apart from our own words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take away what is not ours, then parse."""
        cut = args.index("--") if "--" in args else len(args)
        ctx.meta[PYTEST_ARGS] = tuple(args[cut + 1 :])
        return super().parse_args(ctx, args[:cut])


@click.command(
    cls=WithPytestArgs,
    options_metavar="[OPTIONS]",
    epilog="Example: coverquery run -- -x --pdb",
)
@click.argument("nodeids", metavar="[NODEID]... [-- PYTEST ARGS]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Run every test.")
@click.option("--since", metavar="REV", help="Run what the change from REV can affect.")
@click.option("--staged", is_flag=True, help="Run what the staged change can affect.")
@click.option(
    "--order", type=click.Choice(["focus", "path"]), default="focus", show_default=True,
    help="Most telling tests first, or in pytest's own order.",
)  # fmt: skip
@common
@click.pass_context
def run(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context, options: Options, *, nodeids: tuple[str, ...], everything: bool,
    since: str | None, staged: bool, order: Order,
) -> int:  # fmt: skip
    """Run the affected tests and record what they execute.

    The first time everything runs. The exit status is pytest's; nothing to run is 0.
    """
    if sum((bool(nodeids), everything, since is not None, staged)) > 1:
        raise UsageError(
            "--all, --since, --staged and NODEID exclude each other", fix="give one of them"
        )
    from coverquery.workspace import RunRequest, Workspace  # start-up time

    request = RunRequest(
        all=everything,
        since=since,
        staged=staged,
        nodeids=nodeids,
        pytest_args=ctx.meta[PYTEST_ARGS],
        quiet=options.json or options.verbose < 0,
        by_path=order == "path",
    )
    facts = Workspace.open(options.start).run(request)
    show(facts, options)
    return facts.exit_status
