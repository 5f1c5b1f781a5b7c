"""What every test may use: real git repositories, and the Pythons of this machine."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_NOT_OURS = ("GIT_", "COVERQUERY_", "PYTEST_XDIST_")


def pytest_configure() -> None:
    """Hear signals that a shell in the background, or nohup, has told us to ignore.

    Whoever we start would ignore them too, and tests that interrupt somebody wait for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for one in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(one) is signal.SIG_IGN:
            signal.signal(one, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def hermetic(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No user's git configuration, no home, fixed author and dates."""
    for name in [name for name in os.environ if name.startswith(_NOT_OURS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp()))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
    # not /dev/null, which `git config --global`, run by root, would replace with a file
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path_factory.getbasetemp() / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A U Thor")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "author@example.org")
        monkeypatch.setenv(f"GIT_{role}_DATE", "2026-01-01T00:00:00Z")
    for name in ("VIRTUAL_ENV", "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONPATH", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@dataclass(frozen=True)
class GitRepo:
    """A real repository."""

    path: Path

    def git(self, *args: str, check: bool = True) -> str:
        """Run git here and return what it prints."""
        done = subprocess.run(
            ["git", *args], cwd=self.path, check=False, capture_output=True, text=True
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files, making their folders."""
        for name, content in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                target.write_bytes(content)
            else:
                target.write_text(content, encoding="utf-8", newline="")

    def commit(self, files: Mapping[str, str | bytes] | None = None, message: str = "c") -> str:
        """Write files, commit everything, return the commit's id."""
        self.write(files or {})
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the one occurrence of a text in a file."""
        text = (self.path / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        (self.path / name).write_text(text.replace(old, new), encoding="utf-8", newline="")


def make_repo(path: Path) -> GitRepo:
    """Make an empty repository at path."""
    path.mkdir(parents=True, exist_ok=True)
    repo = GitRepo(path)
    repo.git("init", "-q", "-b", "main")
    return repo


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return make_repo(tmp_path / "project")


@pytest.fixture
def hostile_repo(tmp_path: Path) -> GitRepo:
    """A repository whose configuration breaks tools that trust `git diff`'s looks."""
    made = make_repo(tmp_path / "project with space")
    for key, value in {
        "diff.noprefix": "true",
        "diff.mnemonicPrefix": "true",
        "diff.external": "false",
        "color.ui": "always",
        "core.quotePath": "true",
        "diff.submodule": "log",
        "diff.renames": "copies",
        "diff.orderFile": ".git/order",
        "core.pager": "false",
    }.items():
        made.git("config", key, value)
    (made.path / ".git" / "order").write_text("z*\n", encoding="utf-8")
    return made


def find_python(version: str) -> Path | None:
    """Find a Python by version (``"3.12"``) on PATH or under pyenv."""
    found = shutil.which(f"python{version}")
    candidates = [Path(found)] if found else []
    pyenv = Path(os.environ.get("PYENV_ROOT", "/nonexistent")) / "versions"
    candidates += sorted(pyenv.glob(f"{version}*/bin/python"), reverse=True)
    for candidate in candidates:
        probe = subprocess.run(
            [candidate, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        if probe.stdout.strip() == version:
            return candidate
    return None


def venv_python(version: str) -> Path:
    """Return a cached environment's Python with pytest and xdist (no coverage), or skip."""
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}" and os.environ.get(
        "COVERQUERY_ONE_PYTHON"
    ):
        return Path(sys.executable)
    target = ROOT / ".cache" / "venvs" / version
    python = target / "bin" / "python"
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{version}.lock").open("w") as lock:  # xdist has several of us
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / ".complete").exists():
            _make_venv(version, target, python)
    return python


def _make_venv(version: str, target: Path, python: Path) -> None:
    base = find_python(version)
    if base is None:
        pytest.skip(f"no Python {version} on this machine")
    subprocess.run([base, "-m", "venv", "--clear", target], check=True)
    packages = ["pytest", "pytest-xdist", "pytest-asyncio"]
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    (target / ".complete").touch()


@pytest.fixture(scope="session")
def python_of() -> Callable[[str], Path]:
    """Ask for the Python of a version; skips where there is none."""
    return venv_python


@pytest.fixture(scope="session", params=["3.11", "3.12", "3.13"])
def any_python(request: pytest.FixtureRequest) -> Path:
    """Each Python of this machine in turn."""
    return venv_python(request.param)


@pytest.fixture
def unprivileged(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Give up being root, to whom permissions mean nothing, until the test is over."""

    def become() -> None:
        if os.geteuid() == 0:
            for folder in (tmp_path, *tmp_path.parents):
                if folder == tmp_path or folder.name.startswith(("pytest-", "popen-")):
                    folder.chmod(folder.stat().st_mode | 0o055)
            os.seteuid(65534)

    yield become
    os.seteuid(os.getuid())
