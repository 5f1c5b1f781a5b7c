"""The safety record: audits as they ended, kept for good."""

import json
from typing import Any

from coverquery.audited import Audit, AuditCounts, AuditedChange
from coverquery.index.db import Index, bound, unbound
from coverquery.model import NodeId, RepoPath


def save_audit(index: Index, audit: Audit) -> None:
    """Add an audit; one that is there already stays as it is."""
    values = (
        audit.uid, audit.kind, audit.commit, audit.ended,
        json.dumps(audit.counts._asdict()), bound(dump_changes(audit)),
    )  # fmt: skip
    with index.writing():
        index.execute(
            "INSERT OR IGNORE INTO audit (uid, kind, commit_id, ended, counts, changes)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            values,
        )


def audits(index: Index) -> list[Audit]:
    """Return all audits, the oldest first."""
    rows = index.rows(
        "SELECT uid, kind, commit_id, ended, counts, changes FROM audit ORDER BY ended, id"
    )
    return [
        Audit(
            uid,
            kind,
            commit,
            ended,
            _counts(json.loads(counts)),
            changes_from(json.loads(unbound(changes))),
        )
        for uid, kind, commit, ended, counts, changes in rows
    ]


def dump_changes(audit: Audit) -> str:
    """Return the changes of an audit as JSON."""
    return json.dumps([change._asdict() for change in audit.changes])


def _counts(fields: dict[str, Any]) -> AuditCounts:
    known = {key: int(fields[key]) for key in AuditCounts._fields if key in fields}
    return AuditCounts(**known)


def changes_from(listed: list[dict[str, Any]]) -> tuple[AuditedChange, ...]:
    """Read changes as JSON holds them; raises KeyError or TypeError on anything else."""
    return tuple(
        AuditedChange(
            NodeId(one["nodeid"]), one["was"], one["now"], one["verdict"], one["held_at"],
            *(tuple(map(RepoPath, one[key])) for key in ("seen", "unseen", "fresh")),
        )
        for one in listed
    )  # fmt: skip
