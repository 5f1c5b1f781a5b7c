"""``coverquery`` with a clock on each stage of it: ``python staged.py OUT ARGS...``.

Started as a file, in the folder of the project measured. CPU is this process's and that of the
children it waited for; a stage inside another one is taken out of that one. What a stage
is called and where it lives is the table below: a function that moved ends the benchmark.
"""

import functools
import importlib
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

FOLLOWING: Final = "following pytest"
AHEAD: Final = "reading ahead"
PYTEST: Final = "pytest"
REST: Final = "starting and the rest"
AFTER: Final = "seconds after pytest"

STAGES: Final = {
    "interpreter": ["coverquery.runner.interpreter:find_interpreter"],
    "hashing files": [
        "coverquery.workspace.running:contents_of",
        "coverquery.workspace.running:_dirty_tree",
        "coverquery.workspace.trees:trees_asked",
        "coverquery.index.caches:Caches.save_stats",
    ],
    "selecting": ["coverquery.workspace.job:job"],
    FOLLOWING: ["coverquery.runner.launch:launch"],
    "reading journals": ["coverquery.index.journal:read"],
    "static imports": [
        "coverquery.source.graph:static_imports",
        "coverquery.workspace.naming:TextReader.look",
        "coverquery.workspace.naming:TextReader.names",
        "coverquery.workspace.naming:TextReader.save",
    ],
    "flattening": ["coverquery.index.recorded:read_run"],
    "writing the index": [
        "coverquery.index.integrate:integrate",
        "coverquery.index.manifests:save_manifest",
    ],
    "writing .coverage": [
        "coverquery.index.export:Coverage.add",
        "coverquery.index.export:Coverage.write",
    ],
    "last words": ["coverquery.workspace.finishing:ended", "coverquery.cli.run:show"],
}
INTEGRATION: Final = (
    AHEAD,
    "reading journals",
    "static imports",
    "flattening",
    "writing the index",
)


class Clock:
    """Divides CPU among the stages as they are entered and left."""

    def __init__(self) -> None:
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.ended = 0.0
        self._stack = [REST]
        self._own = self._children = 0.0

    def switch(self) -> None:
        """Give what was used since the last time to the innermost stage."""
        used = os.times()
        own, children = time.process_time(), used.children_user + used.children_system
        stage = self._stack[-1]
        self.cpu[stage] += own - self._own
        self.cpu[PYTEST if stage == FOLLOWING else stage] += children - self._children
        self._own, self._children = own, children

    def on(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with the clock on it."""

        @functools.wraps(function)
        def timed(*args: Any, **named: Any) -> Any:
            self.switch()
            self._stack.append(stage)
            try:
                return function(*args, **named)
            finally:
                self.switch()
                self._stack.pop()
                if stage == FOLLOWING:
                    self.ended = time.perf_counter()

        return timed


def on_thread(clock: Clock) -> None:
    """Put the clock on what a thread does while pytest runs."""
    from coverquery.workspace.ahead import Ahead

    look = Ahead.look

    def timed(self: Ahead, is_known: Callable[[Any], bool]) -> None:
        before = time.thread_time()
        try:
            look(self, is_known)
        finally:
            used = time.thread_time() - before
            clock.cpu[AHEAD] += used
            clock.cpu[FOLLOWING] -= used

    Ahead.look = timed  # type: ignore[method-assign]


def put_on(clock: Clock) -> None:
    """Replace every function of the table, under every name it has by now."""
    on_thread(clock)
    for stage, places in STAGES.items():
        for place in places:
            module, _, name = place.partition(":")
            holder: Any = importlib.import_module(module)
            *outer, last = name.split(".")
            for one in outer:
                holder = getattr(holder, one)
            function = getattr(holder, last)
            timed = clock.on(stage, function)
            setattr(holder, last, timed)
            for other in [m for n, m in sys.modules.items() if n.startswith("coverquery")]:
                if getattr(other, last, None) is function:
                    setattr(other, last, timed)


def main() -> None:
    """Run the command line given and write the clock down."""
    import gc

    gc.disable()  # as the command line does
    out, *words = sys.argv[1:]
    sys.path[0] = str(Path(__file__).parents[1])  # instead of this folder
    from coverquery.cli.boundary import run_command

    clock = Clock()
    put_on(clock)
    status = run_command(words)
    clock.switch()
    after = time.perf_counter() - clock.ended
    document = {**clock.cpu, AFTER: after}
    Path(out).write_text(json.dumps(document), encoding="utf-8")
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
