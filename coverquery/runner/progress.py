"""How far a run has come, from its journals, and the words for it."""

import time

from coverquery.runner.journal import Follower
from coverquery.runner.plan import LaunchPlan, Progress

_BAD = frozenset({"failed", "error"})


class Tracker:
    """Adds up what the journals say."""

    def __init__(self, plan: LaunchPlan) -> None:
        self._follower = Follower(plan.run_folder)
        self._skip = frozenset(plan.request.skip)
        self._wanted: set[str] | None = None
        self._done: dict[str, bool] = {}
        self._started = time.monotonic()
        self._first: tuple[float, int] | None = None

    def update(self) -> Progress:
        """Read what is new and say where the run stands."""
        for line in self._follower.lines():
            if line[0] == "n":
                found = {item[0] for item in line[1]} - self._skip
                self._wanted = found | (self._wanted or set())
            elif line[0] == "t":
                self._done[line[2]] = line[4] in _BAD
        return self._progress()

    def _progress(self) -> Progress:
        seconds = time.monotonic() - self._started
        done = len(self._done)
        if self._wanted is None:
            return Progress(done, None, sum(self._done.values()), seconds)
        total = max(done, len(self._wanted))
        self._first = self._first or (seconds, done)
        since, before = self._first  # what was done when we first looked says nothing on speed
        eta = (seconds - since) / (done - before) * (total - done) if done > before else None
        return Progress(done, total, sum(self._done.values()), seconds, eta)


def bar(progress: Progress, width: int, *, fancy: bool) -> str:
    """Return the one line of the bar, shorter than the terminal is wide."""
    full, empty = ("━", "╌") if fancy else ("#", "-")
    words = describe(progress)
    room = min(30, width - 2 - len(words) - 2)
    if room >= 5 and progress.total:
        filled = room * progress.done // progress.total
        words = full * filled + empty * (room - filled) + "  " + words
    return words[: max(0, width - 1)]


def describe(progress: Progress) -> str:
    """Return the figures in words: ``12/50  1 failed  eta 0:07``."""
    if progress.total is None:
        return f"collecting  {_clock(progress.seconds)}"
    parts = [f"{progress.done}/{progress.total}"]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.eta is not None and progress.done < progress.total:
        parts.append(f"eta {_clock(progress.eta)}")
    return "  ".join(parts)


class Milestones:
    """One line for each tenth of the way, for logs."""

    def __init__(self) -> None:
        self._said = 0

    def line(self, progress: Progress) -> str | None:
        """Return the line due now, if one is."""
        if not progress.total:
            return None
        tenth = 10 * progress.done // progress.total
        if tenth <= self._said:
            return None
        self._said = tenth
        failed = f", {progress.failed} failed" if progress.failed else ""
        return f"coverquery: {progress.done}/{progress.total} tests ({tenth * 10} %){failed}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
