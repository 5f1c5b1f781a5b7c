"""Whether a process group has anybody left in it.

A dead process whose new parent has not looked yet (a container's first process may never
look) still counts for the kernel, not for us.
"""

import os
from pathlib import Path

_PROC = Path("/proc")


def is_alive(group: int) -> bool:
    """Say whether a living process belongs to this group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if not (_PROC / "self" / "stat").exists():
        return True  # macOS: the kernel's word is all there is
    return any(_belongs(path, group) for path in _PROC.glob("[0-9]*/stat"))


def _belongs(stat: Path, group: int) -> bool:
    try:
        fields = stat.read_bytes().rpartition(b")")[2].split()
    except OSError:
        return False  # gone since it was listed
    return fields[0] not in b"ZX" and int(fields[2]) == group
