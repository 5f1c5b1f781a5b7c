"""The only door to git (2.30 or newer): what a repository is, which commits and blobs it has."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from coverquery.errors import BadRevisionError, GitError
from coverquery.git.command import Answer, Command, ask, failure
from coverquery.git.pathnames import decoded, split_nul
from coverquery.model import Oid, RepoPath

_FULL_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

# What git leaves in its folder while an operation waits for the user, most telling first.
_OPERATIONS = (
    ("rebase-merge", "rebase"),
    ("rebase-apply/applying", "am"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
)


class Repo(NamedTuple):
    """A repository with a worktree.

    Attributes:
        root: the worktree's topmost folder, resolved.
        git_dir: this worktree's own git folder.
        common_dir: the git folder all worktrees share; the same unless this one is linked.
        object_format: ``sha1`` or ``sha256``.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    object_format: str = "sha1"

    @classmethod
    def find(cls, path: Path) -> "Repo | None":
        """Return the repository a path is in, None when it is in none.

        Raises:
            GitError: git is missing although there is a repository, or refuses it; it is bare.
        """
        folder = path if path.is_dir() else path.parent
        questions = (
            "--is-bare-repository",
            "--is-inside-work-tree",
            "--show-object-format",
            "--absolute-git-dir",
            "--git-common-dir",
            "--show-toplevel",
        )
        command = Command(("rev-parse", *questions), accept=(0, 128))
        try:
            answer = ask(folder, command)
        except GitError:
            if not _stands_in_repository(folder):
                return None
            raise
        if "not a git repository (or any" in answer.stderr:
            return None
        return cls._from_answer(command, answer, folder)

    @classmethod
    def _from_answer(cls, command: Command, answer: Answer, folder: Path) -> "Repo":
        lines = answer.stdout.decode("utf-8", "surrogateescape").split("\n")[:-1]
        if lines[:1] == ["true"]:
            text = f"{folder} is a bare repository: it has no files to compare"
            raise GitError(text, fix="git worktree add ../worktree")
        if lines[:2] == ["false", "false"]:
            raise GitError(f"{folder} is inside a git folder", fix="cd to the worktree")
        if answer.status:
            raise failure(command, answer, folder)
        if len(lines) != 6:  # a folder's name contains a newline
            lines[3:] = [_one_line(folder, question) for question in command.args[-3:]]
        git_dir, common_dir, root = ((folder / line).resolve() for line in lines[3:])
        return cls(root, git_dir, common_dir, lines[2])

    def run(self, *args: str) -> bytes:
        """Run a git command at the root and return what it prints."""
        return self.ask(Command(args)).stdout

    def ask(self, command: Command) -> Answer:
        """Run a git command at the root."""
        return ask(self.root, command)

    def resolve(self, rev: str) -> str:
        """Return the full commit id a revision names.

        Raises:
            BadRevisionError: it names none here; only full ids ever reach other commands.
        """
        if not rev or "\0" in rev or "\n" in rev:
            raise BadRevisionError(f"{rev!r} is not a revision", fix="git log --oneline")
        try:
            os.fsencode(rev)
        except UnicodeEncodeError as error:
            raise BadRevisionError(f"{rev!r} is not a revision", fix="git log") from error
        found = self._commit(rev)
        if found is None:
            raise self._bad_revision(rev)
        return found

    def _commit(self, rev: str) -> str | None:
        # What follows `:/` is all a text to search for; only a commit is found by it.
        asked = rev if rev.startswith(":/") else f"{rev}^{{commit}}"
        args = ("rev-parse", "--verify", "--quiet", "--end-of-options", asked)
        printed = self.ask(Command(args, accept=(0, 1, 128), local=True)).stdout.decode()
        # `^HEAD` and `a..b` are understood, too, and print something else than one id.
        return printed.strip() if _FULL_ID.fullmatch(printed.strip()) else None

    def _bad_revision(self, rev: str) -> BadRevisionError:
        if self.head() is None:
            return BadRevisionError(
                f"{rev!r} names no commit: there are no commits yet", fix="git commit"
            )
        text = f"{rev!r} names no commit of this repository"
        if self.is_shallow():
            text += ", which is a shallow clone: older commits were not fetched"
            return BadRevisionError(text, fix="git fetch --unshallow (or git fetch --deepen=100)")
        if re.fullmatch(r"[0-9a-f]{7,64}", rev):
            return BadRevisionError(text, fix=f"git fetch origin {rev}")
        if rev.startswith("origin/"):
            return BadRevisionError(text, fix="git fetch origin")
        return BadRevisionError(text, fix="git branch --all")

    def head(self) -> str | None:
        """Return the commit checked out; None when there is none yet."""
        found = self._commit("HEAD")
        if found is None:
            self._refuse_broken_head()
        return found

    def _refuse_broken_head(self) -> None:
        """Tell a HEAD that is not born from one whose commit is lost."""
        args = ("rev-parse", "--verify", "--quiet", "HEAD")
        named = self.ask(Command(args, accept=(0, 1, 128))).stdout.strip()
        symbolic = self.ask(Command(("symbolic-ref", "--quiet", "HEAD"), accept=(0, 1, 128)))
        if named or symbolic.status:
            raise GitError("HEAD names a commit that cannot be read", fix="git fsck")

    def tree_id(self, commit: str) -> str:
        """Return the id of a commit's tree."""
        args = ("--verify", "--end-of-options", f"{self.full_id(commit)}^{{tree}}")
        return self.run("rev-parse", *args).decode().strip()

    def full_id(self, commit: str) -> str:
        """Return a commit id unchanged if it is a full one; nothing else reaches a command."""
        if not _FULL_ID.fullmatch(commit):
            raise BadRevisionError(f"{commit!r} is not a full commit id", fix="git rev-parse HEAD")
        return commit

    def blobs(self, oids: Iterable[str]) -> dict[Oid, bytes]:
        """Return the content of blobs; those the repository does not have are left out."""
        return _parse_batch(self._look_up("--batch", _asked(oids)))

    def missing(self, oids: Iterable[str]) -> set[Oid]:
        """Return which of these objects the repository does not have, here and now."""
        given = {Oid(oid) for oid in oids}
        # Asking for the type makes git look into the object: a damaged one is missing.
        format_ = "--batch-check=%(objectname) %(objecttype)"
        printed = self._look_up(format_, _asked(given), local=True).decode()
        answers = (line.partition(" ") for line in printed.splitlines())
        return given - {oid for oid, _, kind in answers if kind != "missing"}

    def _look_up(self, how: str, oids: list[str], *, local: bool = False) -> bytes:
        """Ask for objects with one process; an unreachable partial clone has what is here."""
        if not oids:
            return b""
        args = ("--no-replace-objects", "cat-file", how, "--buffer")
        stdin = "".join(f"{oid}\n" for oid in oids).encode()
        command = Command(args, stdin=stdin, accept=(0, 128), local=local)
        answer = self.ask(command)
        if answer.status and "promisor remote" in answer.stderr:
            here = self._objects_here()
            stdin = "".join(f"{oid}\n" for oid in oids if oid in here).encode()
            command = command._replace(stdin=stdin, accept=(0,))
            answer = self.ask(command)
        if answer.status:
            raise failure(command, answer, self.root)
        return answer.stdout

    def _objects_here(self) -> set[str]:
        options = ("--batch-all-objects", "--unordered", "--buffer", "--batch-check=%(objectname)")
        listed = self.ask(Command(("cat-file", *options), local=True)).stdout
        return set(listed.decode().split())

    def operation(self) -> str | None:
        """Return what git is in the middle of: rebase, am, merge, cherry-pick, revert, bisect."""
        for name, operation in _OPERATIONS:
            if (self.git_dir / name).exists():
                return operation
        return None

    def is_shallow(self) -> bool:
        """Whether older commits were left out when this was cloned."""
        return self.run("rev-parse", "--is-shallow-repository").strip() == b"true"

    def distance(self, old: str, new: str) -> int | None:
        """Return how many commits new has that old has not; None when either is not here."""
        if self.missing((self.full_id(old), self.full_id(new))):
            return None
        return int(self.run("rev-list", "--count", "--end-of-options", f"{old}..{new}"))

    def unmerged(self, index_file: Path | None = None) -> set[RepoPath]:
        """Return the files, from the root, that stand in conflict."""
        command = Command(("ls-files", "-u", "-z"), index_file=index_file)
        return {RepoPath(r.partition("\t")[2]) for r in split_nul(self.ask(command).stdout)}

    def local_env_vars(self) -> list[str]:
        """Return the variables that tie a process to this repository, as inside a hook."""
        return self.run("rev-parse", "--local-env-vars").decode().split()

    def hook_index_file(self) -> Path | None:
        """Return the staged state a hook was given, unless it is another repository's."""
        named, git_dir = os.environ.get("GIT_INDEX_FILE"), os.environ.get("GIT_DIR")
        if not named or (git_dir and Path(git_dir).resolve() != self.git_dir.resolve()):
            return None
        return Path(named).absolute()

    def main_worktree(self) -> Path | None:
        """Return the main worktree's root when this one is linked to it."""
        if self.common_dir == self.git_dir or self.common_dir.name != ".git":
            return None
        return self.common_dir.parent

    def submodules(self) -> Mapping[RepoPath, str]:
        """Return the name of each submodule by its path, as ``.gitmodules`` of HEAD says."""
        import git  # costs five interpreter starts, and few ask

        with git.Repo(self.root) as opened:
            opened.git.update_environment(GIT_DIR=str(self.git_dir))
            return {decoded(os.fsencode(sub.path)): sub.name for sub in opened.submodules}


def _stands_in_repository(folder: Path) -> bool:
    here = folder.absolute()
    return any((parent / ".git").exists() for parent in (here, *here.parents))


def _one_line(folder: Path, question: str) -> str:
    answer = ask(folder, Command(("rev-parse", question)))
    return answer.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def _asked(oids: Iterable[str]) -> list[str]:
    """Return the well-formed ones, each once, in order: anything else is a question to git."""
    return sorted({oid for oid in oids if _FULL_ID.fullmatch(oid)})


def _parse_batch(printed: bytes) -> dict[Oid, bytes]:
    """Read records: a line of id, type and size and then the content, or ``<id> missing``."""
    found: dict[Oid, bytes] = {}
    at = 0
    while at < len(printed):
        end = printed.index(b"\n", at)
        words = printed[at:end].split()
        at = end + 1
        if len(words) == 3:  # id, type, size of an object
            size = int(words[2])
            if words[1] == b"blob":
                found[Oid(words[0].decode())] = printed[at : at + size]
            at += size + 1
    return found
