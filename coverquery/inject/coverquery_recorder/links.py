"""Where a name leads, link by link, without calling anything that a test may have patched."""

import os

_readlink = os.readlink
_MOST = 40


def follow(name: str, start: str = "") -> tuple[str, list[tuple[str, str]]]:
    """Follow the links of a name.

    Args:
        name: an absolute name, or one below `start`.
        start: a real path.

    Returns:
        The real path, and (own path, target) of each link on the way. A loop ends somewhere.
    """
    todo = name.split("/")[::-1]
    real = start.rstrip("/")
    links: list[tuple[str, str]] = []
    while todo:
        part = todo.pop()
        if part in {"", "."}:
            continue
        if part == "..":
            real = real.rpartition("/")[0]
            continue
        at = f"{real}/{part}"
        target = _target(at) if len(links) < _MOST else None
        if target is None:
            real = at
            continue
        links.append((at, target))
        real = "" if target.startswith("/") else real
        todo += target.split("/")[::-1]
    return real or "/", links


def is_link(name: str) -> bool:
    """Tell whether a name is itself a link."""
    return _target(name) is not None


def _target(path: str) -> str | None:
    try:
        return _readlink(path)
    except (OSError, ValueError):  # no link, or no name of a file at all
        return None
