"""The command line: one command a file, the error boundary, nothing else. Only here is click."""

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command that the process was started with and exit with its status."""
    import gc

    if sys.argv[1:] == ["--version"]:  # not worth the command line's 30 ms
        from coverquery import __version__

        sys.stdout.write(f"coverquery {__version__}\n")
        sys.stdout.flush()
        _leave(0)
    gc.disable()  # a question is over before there is much to collect; `run` turns it on
    from coverquery.cli.boundary import run_command  # start-up time

    status = run_command(sys.argv[1:])
    if sys.gettrace() is not None or "coverage" in sys.modules:
        sys.exit(status)  # somebody wants to write down what we did
    _leave(status)


def _leave(status: int) -> NoReturn:
    """End at once: taking the interpreter apart costs as much as starting it (1.2 of 12)."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        sys.exit(status)  # as it would have gone
    os._exit(status)
