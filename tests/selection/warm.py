"""Real commands, in children forked from a process that has imported everything.

Hundreds of questions and plain runs would pay for as many starts of the interpreter otherwise.
"""

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, NamedTuple

ROOT = Path(__file__).parents[2]


class Done(NamedTuple):
    """What a command left: its exit status, and what it printed."""

    status: int
    out: str
    err: str


class Warm:
    """A process that forks once a command."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def ask(self, folder: Path, argv: list[str], environ: dict[str, str]) -> Done:
        """Run ``coverquery`` or ``pytest``, whichever comes first in argv, in a folder."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps([str(folder), argv, environ]), file=self._process.stdin, flush=True)
        return Done(*json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _serve() -> None:
    package = importlib.import_module("coverquery")
    for module in pkgutil.walk_packages(package.__path__, "coverquery."):
        if not module.name.endswith(("__main__", "pytest_plugin")):
            importlib.import_module(module.name)
    for name in ("pytest", "_pytest.junitxml", "_pytest.assertion.rewrite"):
        importlib.import_module(name)
    for line in sys.stdin:
        folder, argv, environ = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if not child:
                _become(folder, argv, environ, (out, err))
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            print(json.dumps([status, _text(out), _text(err)]), flush=True)


def _become(
    folder: str, argv: list[str], environ: dict[str, str], streams: tuple[IO[bytes], IO[bytes]]
) -> None:
    try:
        for number, stream in enumerate(streams, 1):
            os.dup2(stream.fileno(), number)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        sys.argv = argv
        if argv[0] == "coverquery":
            importlib.import_module("coverquery.cli").main()  # ends the process
        sys.path[:] = [folder, *(one for one in sys.path[1:] if one != str(ROOT))]
        os._exit(int(importlib.import_module("pytest").main(argv[1:])))
    finally:
        os._exit(70)


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "surrogateescape")


if __name__ == "__main__":
    _serve()
