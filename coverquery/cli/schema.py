"""``coverquery schema``."""

import difflib

import click

from coverquery.cli.options import Options, common
from coverquery.cli.output import write
from coverquery.errors import UsageError


@click.command(epilog="Example: coverquery schema affected")
@click.argument("name", required=False)
@common
def schema(_options: Options, *, name: str | None) -> int:
    """Print the JSON Schema of a document, or of all."""
    from coverquery.report.compact import dumps  # start-up time
    from coverquery.report.schema import SCHEMAS  # start-up time

    if name is not None and name not in SCHEMAS:
        near = difflib.get_close_matches(name, SCHEMAS, n=1, cutoff=0)
        raise UsageError(f"there is no document {name!r}", fix=f"coverquery schema {near[0]}")
    write(f"{dumps(SCHEMAS if name is None else SCHEMAS[name])}\n")
    return 0
