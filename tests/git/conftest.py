"""Repositories in odd states."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coverquery.git.repo import Repo

if TYPE_CHECKING:
    from tests.conftest import GitRepo


@pytest.fixture(params=["repo", "hostile_repo"])
def any_repo(request: pytest.FixtureRequest) -> "GitRepo":
    """A plain repository, then one whose configuration bends git's output."""
    made: GitRepo = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def opened() -> Callable[[Path], Repo]:
    """Open a repository that is there."""

    def opened_at(path: Path) -> Repo:
        found = Repo.find(path)
        assert found is not None
        return found

    return opened_at


@pytest.fixture
def trap(tmp_path: Path) -> Callable[["GitRepo"], Path]:
    """Configure every program git can be told to run; return the file that tells if one ran."""

    def arm(repo: "GitRepo") -> Path:
        mark, program = tmp_path / "ran", tmp_path / "program"
        program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{mark}'\ncat\n")
        program.chmod(0o755)
        hooks = tmp_path / "hooks"
        hooks.mkdir()
        for name in ("post-index-change", "post-checkout", "fsmonitor-watchman"):
            (hooks / name).symlink_to(program)
        for key in (
            "core.fsmonitor", "core.pager", "diff.external", "diff.odd.command",
            "diff.odd.textconv", "filter.odd.clean", "filter.odd.process", "filter.odd.smudge",
            "pager.diff", "core.sshCommand", "core.askPass", "gpg.program",
        ):  # fmt: skip
            repo.git("config", key, str(program))
        repo.git("config", "filter.odd.required", "true")
        repo.git("config", "core.hooksPath", str(hooks))
        (repo.path / ".git/info/attributes").write_text("* diff=odd filter=odd\n")
        return mark

    return arm


@pytest.fixture
def conflict() -> Callable[["GitRepo", str], None]:
    """Put a repository in the middle of an operation that met a conflict in ``a.py``."""

    def begin(repo: "GitRepo", operation: str) -> None:
        repo.commit({"a.py": "base\n", "other.py": "x\n"})
        repo.git("checkout", "-q", "-b", "side")
        repo.commit({"a.py": "side\n"})
        repo.git("checkout", "-q", "main")
        repo.commit({"a.py": "main\n"})
        repo.git(operation, "side", check=False)

    return begin


@pytest.fixture
def with_submodule(repo: "GitRepo", tmp_path: Path) -> "GitRepo":
    """A repository with a submodule at ``lib``, made of one file ``code.py``."""
    inner = tmp_path / "inner"
    inner.mkdir()
    lib = type(repo)(inner)
    lib.git("init", "-q", "-b", "main")
    lib.commit({"code.py": "one\n"})
    repo.commit({"a.py": "a\n"})
    add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "lib"]
    subprocess.run(["git", *add], cwd=repo.path, check=True, capture_output=True)
    repo.commit()
    return repo
