"""What became of a test, from the reports pytest gives of it."""

from typing import Any

FLAKY = "flaky in one run"
_ALL_WELL = {"passed"}


class Outcome:
    """Collects the reports of one test."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._last: dict[str, str] = {}
        self._again: dict[str, set[str]] = {}
        self._subtest_failed = False

    def add(self, report: Any) -> None:
        """Take one report."""
        self.seconds += float(getattr(report, "duration", 0.0))
        found, when = _of(report), report.when
        if type(report).__name__.lower().startswith("subtest"):
            self._subtest_failed |= found in {"failed", "error"}
            return
        if when in self._last:
            self._again.setdefault(when, {self._last[when]}).add(found)
        self._last[when] = found

    def complete(self) -> bool:
        """Tell whether the test ran to its end (also where the call was left out for a reason)."""
        called = "call" in self._last or self._last.get("setup") in {"error", "skipped", "xfailed"}
        return called and "teardown" in self._last

    def called(self) -> bool:
        """Tell whether the test's own function ran, to its end or not."""
        return self._last.get("call", "skipped") != "skipped"

    def verdict(self) -> str:
        """Return one word for all phases."""
        found = set(self._last.values()) | ({"failed"} if self._subtest_failed else set())
        if found == _ALL_WELL:
            return "passed"
        for outcome in ("failed", "error", "xpassed", "xfailed", "skipped"):
            if outcome in found:
                return outcome
        return "passed"

    def flaky(self) -> bool:
        """Tell whether a phase failed once and was run again."""
        return "rerun" in self._last.values() or any(
            "rerun" in seen or (len(seen) > 1 and seen & {"failed", "error"})
            for seen in self._again.values()
        )


def _of(report: Any) -> str:
    outcome = str(report.outcome)
    if outcome == "failed":
        return "failed" if report.when == "call" else "error"
    if hasattr(report, "wasxfail"):
        return "xfailed" if outcome == "skipped" else "xpassed"
    return outcome
