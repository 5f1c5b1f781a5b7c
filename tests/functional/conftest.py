"""A project with one of everything tests can depend on, recorded once; each case edits it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
LAB = HERE / "lab"


@dataclass(frozen=True)
class Project:
    """A recorded project and its command line."""

    path: Path
    python: Path | None

    def coverquery(self, *args: str, status: int | None = 0) -> str:
        """Run the command here; fail on another exit status than expected (None: any)."""
        done = subprocess.run(
            [sys.executable, "-m", "coverquery", *args],
            cwd=self.path, check=False, capture_output=True, text=True,
            errors="surrogateescape",
            env=self.environ,
        )  # fmt: skip
        shown = done.stdout + done.stderr
        assert "Traceback" not in done.stderr, shown
        assert status is None or done.returncode == status, shown
        return done.stdout

    @property
    def environ(self) -> dict[str, str]:
        """What the command is started in."""
        configured = {"COVERQUERY_PYTHON": str(self.python)} if self.python else {}
        return {**os.environ, "PYTHONPATH": str(HERE.parents[1]), **configured}

    def json(self, *args: str, status: int | None = 0) -> Any:
        """Run the command with --json and return its document."""
        first, *rest = args
        return json.loads(self.coverquery(first, "--json", *rest, status=status))

    def affected(self, *args: str) -> set[str]:
        """Return ids of the selected tests; files as a whole as their path."""
        document = self.json("affected", "--limit", "100000", *args)
        chosen = set()
        for group in document["tests"]:
            if group.get("names"):
                chosen |= {f"{group['file']}::{name}" for name in group["names"]}
            else:
                chosen.add(group["file"])
        return chosen

    def git(self, *args: str) -> str:
        """Run git here."""
        done = subprocess.run(
            ["git", *args], cwd=self.path, check=True, capture_output=True, text=True
        )
        return done.stdout

    def write_and_commit(self, files: dict[str, str]) -> None:
        """Write files, making their folders, and commit everything."""
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "more")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the one occurrence of a text in a file."""
        text = (self.path / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        (self.path / name).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="session")
def project_at() -> Callable[..., Project]:
    """Make a Project of a folder, by default run with the tests' own Python."""

    def made(path: Path, python: Path | None = Path(sys.executable)) -> Project:
        return Project(path, python)

    return made


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment without pytest."""
    path = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", path], check=True)
    return path / "bin" / "python"


@pytest.fixture(scope="session")
def recorded_lab(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The lab, committed and recorded by a real run; never edited."""
    path = tmp_path_factory.mktemp("lab") / "project"
    shutil.copytree(LAB, path)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIT_", "COVERQUERY_"))]:
            patch.delenv(name)
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "A U Thor")
            patch.setenv(f"GIT_{role}_EMAIL", "author@example.org")
        patch.setenv("GIT_CONFIG_GLOBAL", str(path.parent / "gitconfig"))
        project = Project(path, Path(sys.executable))
        project.git("init", "-q", "-b", "main")
        project.git("add", "-A")
        project.git("commit", "-q", "-m", "lab")
        project.coverquery("run")
    return project


@pytest.fixture(scope="module")
def record_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """Commit files to a new repository and record them by a real run."""

    def recorded(files: dict[str, str], python: Path = Path(sys.executable)) -> Project:
        project = Project(tmp_path_factory.mktemp("once") / "project", python)
        project.path.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith(("GIT_", "COVERQUERY_"))]:
                patch.delenv(name)
            for role in ("AUTHOR", "COMMITTER"):
                patch.setenv(f"GIT_{role}_NAME", "A U Thor")
                patch.setenv(f"GIT_{role}_EMAIL", "author@example.org")
            patch.setenv("GIT_CONFIG_GLOBAL", str(project.path.parent / "gitconfig"))
            project.git("init", "-q", "-b", "main")
            project.write_and_commit(files)
            project.coverquery("run")
        return project

    return recorded


@pytest.fixture
def lab(recorded_lab: Project) -> Iterator[Project]:
    """The recorded lab, to be edited; put back afterwards."""
    yield recorded_lab
    recorded_lab.git("reset", "-q", "--hard", "HEAD")
    recorded_lab.git("clean", "-fdq")
