"""Writing the answer to standard output, whoever reads it or stops reading it."""

import errno
import os
import sys

from coverquery.cli.options import Options, Order
from coverquery.errors import StorageError
from coverquery.report.facts import Facts


def show(facts: Facts, options: Options, order: Order = "focus") -> None:
    """Write the answer in the format asked for."""
    from coverquery.report.render import render_json, render_text  # start-up time

    render = render_json if options.json else render_text
    write(render(facts, options.rendering(order)))


def write(text: str) -> None:
    """Write to standard output; a reader that went away is no error, a full disk is one."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
    except OSError as error:
        silence_stdout()
        reason = errno.errorcode.get(error.errno or 0, "error")
        raise StorageError(
            f"standard output cannot be written: {error.strerror} ({reason})",
            fix="write it somewhere with room for it",
        ) from error


def silence_stdout() -> None:
    """Send what is still buffered nowhere, so that the interpreter's exit stays quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
