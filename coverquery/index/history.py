"""Questions about recorded runs."""

import json

from coverquery.index.db import Index, Row
from coverquery.index.run_json import environment_from
from coverquery.model import RunInfo

_RUNS = """
SELECT uid, commit_id, tree, partial, command, started, ended, exit_status, details, outcomes
FROM run LEFT JOIN environment ON environment.id = run.environment
ORDER BY started DESC, run.id DESC LIMIT ?
"""


def runs(index: Index, limit: int) -> list[RunInfo]:
    """Return the newest integrated runs, the newest first; state says which were cut off."""
    return [_run(row) for row in index.rows(_RUNS, (limit,))]


def latest_run(index: Index) -> RunInfo | None:
    """Return the newest integrated run."""
    found = runs(index, 1)
    return found[0] if found else None


def _run(row: Row) -> RunInfo:
    uid, commit, tree, partial, command, started, ended, status, details, outcomes = row
    return RunInfo(
        uid=uid,
        commit=commit,
        tree=tree,
        state="partial" if partial else "integrated",
        command=tuple(json.loads(command)),
        started=started,
        ended=ended,
        exit_status=status,
        environment=None if details is None else environment_from(json.loads(details)),
        outcomes=json.loads(outcomes),
    )
