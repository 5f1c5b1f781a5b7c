"""The use cases, from affected to flaky. Composes the stages, decides nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

from coverquery.workspace.place import Place, find_place
from coverquery.workspace.request import RunRequest

if TYPE_CHECKING:
    from coverquery.report.facts import (
        AffectedFacts,
        CoversFacts,
        RunFacts,
        RunsFacts,
        StatusFacts,
        WhyFacts,
    )
    from coverquery.report.safety_facts import AuditFacts, FlakyFacts

__all__ = ["RunRequest", "Workspace"]


class Workspace:
    """One project, as every front end sees it. Each use case imports only what it needs."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @classmethod
    def open(cls, start: Path) -> "Workspace":
        """Find the project a folder belongs to; GitError, ConfigError, UsageError."""
        return cls(find_place(start))

    def affected(
        self,
        since: str | None = None,
        to: str | None = None,
        *,
        staged: bool = False,
        widen: bool = False,
    ) -> "AffectedFacts":
        """Say which tests have to run, and why. Runs nothing."""
        from coverquery.workspace.asking import affected

        return affected(self.place, since, to, staged=staged, widen=widen)

    def run(self, request: RunRequest) -> "RunFacts":
        """Run the affected tests, record them, and let the index follow."""
        from coverquery.workspace.running import run

        return run(self.place, request)

    def why(self, nodeid: str, since: str | None = None) -> "WhyFacts":
        """Say why a test has to run, or which execution still holds."""
        from coverquery.workspace.explaining import why

        return why(self.place, nodeid, since)

    def covers(self, target: str) -> "CoversFacts":
        """Say which tests execute ``PATH[:LINE[-END]]`` or ``PATH::Symbol``."""
        from coverquery.workspace.explaining import covers

        return covers(self.place, target)

    def status(self) -> "StatusFacts":
        """Say in what state index, records and environment are."""
        from coverquery.workspace.state import status

        return status(self.place)

    def runs(self, limit: int | None = None) -> "RunsFacts":
        """List recorded runs, newest first."""
        from coverquery.workspace.state import runs

        return runs(self.place, limit)

    def audit(self, request: RunRequest, replay: int | None = None) -> "AuditFacts":
        """Run everything and compare with the selection; here, or over the last commits."""
        if replay is not None:
            from coverquery.workspace.replaying import replayed

            return replayed(self.place, request, replay)
        from coverquery.workspace.auditing import audit

        return audit(self.place, request)

    def flaky(self) -> "FlakyFacts":
        """List tests with different outcomes on the same contents."""
        from coverquery.workspace.flaky import flaky

        return flaky(self.place)
