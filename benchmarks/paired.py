"""Several commands measured in turn, round by round: what the machine does hits all alike."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.processes import Finished


@dataclass(frozen=True, slots=True)
class Contender:
    """A name for the table, and one run of it."""

    name: str
    run: Callable[[], Finished]


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over the rounds; ratios are to the first contender of the same round."""

    name: str
    wall: float
    cpu: float
    wall_ratio: float
    cpu_ratio: float


def measured(contenders: Sequence[Contender], rounds: int) -> list[Figures]:
    """Run each once to warm up, then all in turn."""
    for contender in contenders:
        done = contender.run()
        if done.status not in {0, 1}:
            words = f"{contender.name}: exit status {done.status}\n{done.stdout}{done.stderr}"
            raise SystemExit(words[-3000:])
    table = [[contender.run() for contender in contenders] for _ in range(rounds)]
    return [
        Figures(
            name=contender.name,
            wall=statistics.median(row[place].wall for row in table),
            cpu=statistics.median(row[place].cpu for row in table),
            wall_ratio=statistics.median(row[place].wall / row[0].wall for row in table),
            cpu_ratio=statistics.median(row[place].cpu / row[0].cpu for row in table),
        )
        for place, contender in enumerate(contenders)
    ]
