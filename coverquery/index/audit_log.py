"""``.coverquery/audits.jsonl``: the audits beside the index, which can be made anew from it."""

import json
from pathlib import Path

from coverquery.audited import Audit, AuditCounts
from coverquery.errors import StorageError
from coverquery.index.audits import changes_from, save_audit
from coverquery.index.db import Index

NAME = "audits.jsonl"


def append_audit(home: Path, audit: Audit) -> None:
    """Add one line. The caller holds the lock."""
    fields = audit._asdict() | {
        "counts": audit.counts._asdict(),
        "changes": [change._asdict() for change in audit.changes],
    }
    try:
        with (home / NAME).open("a", encoding="ascii") as file:
            file.write(f"{json.dumps(fields)}\n")
    except OSError as error:
        raise StorageError(f"{home / NAME} cannot be written: {error.strerror}") from error


def restore_audits(home: Path, index: Index) -> None:
    """Put every audit that can be read back into an index that was made anew."""
    try:
        lines = (home / NAME).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            fields = json.loads(line)
            counts = AuditCounts(**{key: int(n) for key, n in fields["counts"].items()})
            changes = changes_from(fields["changes"])
            audit = Audit(
                str(fields["uid"]), str(fields["kind"]), fields["commit"],
                float(fields["ended"]), counts, changes,
            )  # fmt: skip
        except (ValueError, TypeError, KeyError):
            continue  # a line that was cut off
        save_audit(index, audit)
