"""What an audit found, as the stages hand it to each other. No behaviour, no I/O."""

from typing import Literal, NamedTuple

from coverquery.model import NodeId, RepoPath


class AuditCounts(NamedTuple):
    """What an audit compared.

    Attributes:
        tests: tests that ran and had an outcome before.
        skipped: of these, the ones the selection would have left out.
        exposed: of the skipped, those whose record is of another state of the project.
        changed: tests with another outcome than before, the unstable ones left out.
        missed: changed tests that the selection would have left out.
        unstable: tests that gave the old outcome again when they were run once more.
    """

    tests: int = 0
    skipped: int = 0
    exposed: int = 0
    changed: int = 0
    missed: int = 0
    unstable: int = 0


class AuditedChange(NamedTuple):
    """A test with another outcome than the record that was said to hold.

    Attributes:
        was: its outcome in that record.
        now: its outcome when everything was run.
        verdict: ``unstable`` when it gave the old outcome again, run once more.
        held_at: commit of the record.
        seen: files it is recorded to depend on that changed and were said to mean nothing.
        unseen: other files that changed: what it depended on is among them, or outside.
        fresh: files it depends on now and did not then.
    """

    nodeid: NodeId
    was: str
    now: str
    verdict: Literal["missed", "unstable"]
    held_at: str | None = None
    seen: tuple[RepoPath, ...] = ()
    unseen: tuple[RepoPath, ...] = ()
    fresh: tuple[RepoPath, ...] = ()


class Audit(NamedTuple):
    """One audit; ``kind`` is ``tree`` or ``replay``, ``uid`` that of its run."""

    uid: str
    kind: str
    commit: str | None
    ended: float
    counts: AuditCounts
    changes: tuple[AuditedChange, ...] = ()


class Unstable(NamedTuple):
    """A test that had two outcomes on the same contents, in the same environment.

    Attributes:
        outcomes: the different outcomes seen.
        times: how often one followed on another.
        commit: where it was last seen to.
        runs_since: runs recorded after that.
        in_one_run: pytest itself ran it again, and it came out differently.
    """

    nodeid: NodeId
    outcomes: tuple[str, ...]
    times: int
    commit: str | None
    runs_since: int
    in_one_run: bool = False
