"""The command line: one command a file, the error boundary, nothing else. Only here is click."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command that the process was started with and exit with its status."""
    from coverquery.cli.boundary import run_command  # start-up time

    sys.exit(run_command(sys.argv[1:]))
