"""What one process of a run said it saw: the journal's records as types, by the ids it gave."""

from dataclasses import dataclass, field
from typing import NamedTuple

from coverquery.lines import LineSet
from coverquery.model import Environment, NodeId, Oid, RepoPath


class SeenFile(NamedTuple):
    """A project file some code of which ran."""

    path: RepoPath
    oid: Oid
    names: tuple[str, ...]


class SeenContext(NamedTuple):
    """A context of this process."""

    kind: str
    label: str
    path: RepoPath | None


class SeenData(NamedTuple):
    """A data file or folder somebody looked at."""

    view: str
    path: RepoPath
    digest: str | None


class Facts:
    """What is known of one context in one phase: ids of this journal."""

    __slots__ = ("data", "imports", "sets", "uses")

    def __init__(self) -> None:
        self.sets: set[int] = set()
        self.uses: set[int] = set()
        self.data: set[int] = set()
        self.imports: set[int] = set()

    @classmethod
    def none(cls) -> "Facts":
        """Return what can be added to."""
        return cls()


class FinishedTest(NamedTuple):
    """A test whose facts are complete."""

    context: int
    nodeid: NodeId
    path: RepoPath
    outcome: str
    seconds: float
    untrusted: str | None


class Collected(NamedTuple):
    """What was collected before deselection; ``complete`` when that is all there is."""

    tests: tuple[tuple[NodeId, RepoPath], ...]
    complete: bool


@dataclass(slots=True)
class Journal:
    """Everything one process said, by the ids it gave.

    Attributes:
        damaged: contexts of which not everything is known.
        damaged_files: importers of which not every import is known.
        notes: what was not understood, for the user.
        exit_status: None when the process was cut off.
        executed: see executed.py.
        children: (context, name of the journal) of processes that contexts started.
        doubts: contexts some child of which is not accounted for, and why.
    """

    worker: str
    environment: Environment | None = None
    files: dict[int, SeenFile] = field(default_factory=dict)
    sets: dict[int, tuple[int, LineSet]] = field(default_factory=dict)
    contexts: dict[int, SeenContext] = field(default_factory=dict)
    imports: set[tuple[int | None, int]] = field(default_factory=set)
    data: dict[int, SeenData] = field(default_factory=dict)
    facts: dict[int, dict[str, Facts]] = field(default_factory=dict)
    tests: list[FinishedTest] = field(default_factory=list)
    collected: list[Collected] = field(default_factory=list)
    errors: dict[RepoPath, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    damaged: set[int] = field(default_factory=set)
    damaged_files: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    exit_status: int | None = None
    executed: dict[int, dict[str, dict[int, int]]] = field(default_factory=dict)
    children: list[tuple[int, str]] = field(default_factory=list)
    doubts: dict[int, str] = field(default_factory=dict)
