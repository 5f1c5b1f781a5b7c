"""The error boundary: whatever happens below becomes a sentence and an exit status."""

import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Final

import click

from coverquery.cli.group import coverquery
from coverquery.cli.output import silence_stdout, write
from coverquery.errors import CoverQueryError, UsageError
from coverquery.report.facts import ErrorFacts, Rendering

INTERRUPTED: Final = 130
TERMINATED: Final = 143


class BugError(CoverQueryError):
    """We are wrong, not the user."""

    exit_code = 3
    code = "bug"


class Terminated(BaseException):
    """SIGTERM arrived; a BaseException so that nothing on the way takes it for a failure."""


def run_command(argv: Sequence[str]) -> int:
    """Run one command line and return its exit status. Never raises, never shows a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _guarded(argv)
    except KeyboardInterrupt:
        return _stopped("interrupted", INTERRUPTED)
    except Terminated:
        return _stopped("terminated", TERMINATED)


def _guarded(argv: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return _invoked(argv)
    except CoverQueryError as error:
        return _report(error, argv)
    except click.ClickException as error:
        return _report(_usage(error), argv)
    except click.exceptions.Exit as done:
        return done.exit_code
    except BrokenPipeError:
        silence_stdout()
        return 0
    except Exception as error:  # noqa: BLE001  # the boundary: a bug of ours ends here
        return _bug(error, argv)


def _stopped(word: str, status: int) -> int:
    silence_stdout()  # whatever is still buffered must not keep us waiting for a reader
    sys.stderr.write(f"{word}\n")
    return status


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _invoked(argv: Sequence[str]) -> int:
    if not argv:
        argv = ["--help"]
    with coverquery.make_context("coverquery", list(argv)) as context:
        status = coverquery.invoke(context)
        return status if isinstance(status, int) else 0


def _usage(error: click.ClickException) -> UsageError:
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "coverquery"
    return UsageError(error.format_message(), fix=f"{path} --help")


def _report(error: CoverQueryError, argv: Sequence[str]) -> int:
    """Say what happened: on stderr, or as a document for whoever asked for JSON."""
    from coverquery.report.render import render_json, render_text  # start-up time

    fallback = None if isinstance(error, UsageError) else "run every test"
    facts = ErrorFacts(error.code, error.text, error.fix, fallback)
    if _wants_json(argv):
        try:
            write(render_json(facts, Rendering()))
        except CoverQueryError:  # standard output itself is what failed
            sys.stderr.write(render_text(facts, Rendering()))
    else:
        sys.stderr.write(render_text(facts, Rendering()))
    return error.exit_code


def _wants_json(argv: Sequence[str]) -> bool:
    ours = argv[: argv.index("--")] if "--" in argv else argv
    return "--json" in ours


def _bug(error: Exception, argv: Sequence[str]) -> int:
    from coverquery.cli.bug_log import write_bug_log  # start-up time

    log = write_bug_log(error, argv)
    text = f"a bug in coverquery: {type(error).__name__}; the details are in {log}"
    return _report(BugError(text, fix=f"report it with {log}; meanwhile run pytest itself"), argv)
