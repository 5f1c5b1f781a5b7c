"""One mutant of a project: what it changes, and how it is drawn, made and shown.

Edits of Python files are splices of bytes, so the rest of a file keeps its bytes. Kinds are
drawn in turn, so that no common kind crowds out a rare one; the first n of a longer draw are
the shorter one.
"""

import ast
import difflib
import hashlib
import random
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MEANINGLESS = frozenset({"comment", "reformatting", "docstring"})
TRIES = 30


@dataclass(frozen=True, slots=True)
class Mutant:
    """New content of some files.

    Attributes:
        kind: what was done, a row of the table.
        where: path and line, for people.
        changes: path → content; None deletes the file.
        statement: path, first and last line of the one statement inside a function that differs.
    """

    kind: str
    where: str
    changes: tuple[tuple[str, bytes | None], ...]
    statement: tuple[str, int, int] | None = None

    @property
    def key(self) -> str:
        """Name the content: equal mutants share what is known about them."""
        digest = hashlib.sha256()
        for path, content in self.changes:
            digest.update(f"{path}\0".encode() + (b"-" if content is None else b"+" + content))
        return digest.hexdigest()[:16]

    def apply(self, root: Path) -> None:
        """Write and delete."""
        for path, content in self.changes:
            file = root / path
            if content is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)

    def diff(self, root: Path) -> str:
        """Return a unified diff against the clean files below the root."""
        said: list[str] = []
        for path, content in self.changes:
            sides = (_lines(root / path), _decoded(content or b""))
            said += difflib.unified_diff(*sides, f"a/{path}", f"b/{path}", n=2, lineterm="")
        return "\n".join(said)


class Splice(NamedTuple):
    """Replace bytes of one Python file."""

    kind: str
    path: str
    line: int
    start: int
    end: int
    text: str
    statement: tuple[int, int] | None = None

    def mutant(self, root: Path) -> Mutant | None:
        """Return the mutant, or None where the result does not parse or means the same."""
        old = (root / self.path).read_bytes()
        new = old[: self.start] + self.text.encode() + old[self.end :]
        if self.kind != "syntax error" and not _worth(self.kind, old, new):
            return None
        inside = (self.path, *self.statement) if self.statement else None
        return Mutant(self.kind, f"{self.path}:{self.line}", ((self.path, new),), inside)


Candidates = Mapping[str, Sequence[Splice | Mutant]]


def draw(root: Path, candidates: Candidates, number: int, seed: int) -> list[Mutant]:
    """Draw different mutants, one of each kind in turn."""
    chance = random.Random(seed)
    left = {kind: chance.sample(list(sites), len(sites)) for kind, sites in candidates.items()}
    drawn: dict[str, Mutant] = {}
    while len(drawn) < number and any(left.values()):
        for kind in chance.sample(sorted(left), len(left)):
            for _ in range(min(TRIES, len(left[kind]))):
                site = left[kind].pop()
                mutant = site.mutant(root) if isinstance(site, Splice) else site
                if mutant and mutant.key not in drawn:
                    drawn[mutant.key] = mutant
                    break
    return list(drawn.values())[:number]


def tracked(root: Path) -> list[str]:
    """List the files git knows."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True)
    return sorted(path.decode("utf-8", "surrogateescape") for path in done.stdout.split(b"\0")[:-1])


def _worth(kind: str, old: bytes, new: bytes) -> bool:
    try:
        return (ast.dump(ast.parse(new)) != ast.dump(ast.parse(old))) or kind in MEANINGLESS
    except (SyntaxError, ValueError):
        return False


def _lines(file: Path) -> list[str]:
    return _decoded(file.read_bytes()) if file.exists() else []


def _decoded(content: bytes) -> list[str]:
    return content.decode("utf-8", "replace").splitlines()
