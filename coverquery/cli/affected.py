"""``coverquery affected``."""

import click

from coverquery.cli.options import Options, Order, common
from coverquery.cli.output import show
from coverquery.errors import UsageError


@click.command(epilog="Example: coverquery affected --since origin/main")
@click.option("--since", metavar="REV", help="What the change from REV can affect.")
@click.option("--to", metavar="REV", help="The target: REV instead of the working tree.")
@click.option("--staged", is_flag=True, help="The target: what is staged.")
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 1 when any test is affected or the answer is incomplete.",
)
@click.option(
    "--order", type=click.Choice(["focus", "path"]), default="focus", show_default=True,
    help="Most telling tests first, or by path.",
)  # fmt: skip
@click.option(
    "--widen", is_flag=True, help="As if a canary had failed: with all that hangs on its import."
)
@common
def affected(  # noqa: PLR0913  # one parameter an option
    options: Options, *, since: str | None, to: str | None, staged: bool, exit_code: bool,
    order: Order, widen: bool,
) -> int:  # fmt: skip
    """Say which tests a change needs, and why. Runs nothing.

    Without --since: which tests have no recorded execution that still holds.
    """
    if staged and to:
        raise UsageError("--staged and --to both name the target", fix="give one of them")
    if to and not since:
        raise UsageError("--to needs the other side", fix="add --since REV")
    from coverquery.workspace import Workspace  # start-up time

    facts = Workspace.open(options.start).affected(since=since, to=to, staged=staged, widen=widen)
    show(facts, options, order)
    some = facts.selection.tests or facts.selection.prefixes or facts.selection.gaps
    return int(exit_code and bool(some))
