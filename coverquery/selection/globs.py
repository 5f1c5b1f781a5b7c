"""Globs over the project's files, as ``glob.glob`` reads them: ``*`` stays within a folder."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from coverquery.hashing import sha1
from coverquery.model import Oid, RepoPath


def matching(paths: Iterable[RepoPath], pattern: str) -> list[RepoPath]:
    """Return the files that a glob finds, or that stand below a folder it finds, sorted."""
    finds = _compiled(pattern).fullmatch
    return sorted(path for path in paths if finds(path))


def folder(pattern: str) -> RepoPath:
    """Return the folder below which everything is that a glob can find."""
    parts = pattern.split("/")
    plain = [part for part in parts if not any(letter in part for letter in "*?[")]
    first = next((n for n, part in enumerate(parts) if part not in plain), len(parts))
    return RepoPath("/".join(parts[:first]))


def digest(found: Iterable[RepoPath], content: Callable[[RepoPath], Oid | None]) -> str:
    """Name what a glob finds, by names and contents."""
    lines = [f"{content(path)} {path}\n" for path in found]
    text = "".join(lines).encode("utf-8", "surrogatepass")
    return sha1(text, usedforsecurity=False).hexdigest()


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = pattern.strip("/").split("/")
    regex = ""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            regex += ".*" if last else "(?:.*/)?"
        else:
            regex += _segment(part) + ("" if last else "/")
    return re.compile(f"{regex}(?:/.*)?", re.DOTALL)


def _segment(part: str) -> str:
    found, at = "", 0
    while at < len(part):
        letter, at = part[at], at + 1
        end = part.find("]", at + 1 + part.startswith("!", at)) if letter == "[" else -1
        if end > 0:
            inside = part[at:end].replace("\\", "\\\\").replace("[", "\\[")
            inside = f"^/{inside[1:]}" if inside.startswith("!") else inside
            found, at = f"{found}[{inside}]", end + 1
        else:
            found += {"*": "[^/]*", "?": "[^/]"}.get(letter, re.escape(letter))
    return found
