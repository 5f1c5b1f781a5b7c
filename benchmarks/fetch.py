"""Make pinned sdists into repositories with environments: ``python -m benchmarks.fetch``.

pip downloads and checks the hash; nothing of a project is built into its environment: its
``PKG-INFO`` becomes the installed metadata and a ``.pth`` file leads to its sources.
"""

import argparse
import fcntl
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks import processes, pythons
from benchmarks.projects import CACHE, Project, chosen

EXIT_UNREACHABLE = 75  # EX_TEMPFAIL: try again when there is a network
UNTRACKED = (
    ".venv/\n.coverquery/\n__pycache__/\n.pytest_cache/\n.hypothesis/\n.testmondata*\n.coverage\n"
)
IDENTITY = ("-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.org")
DATE = "2026-01-01T00:00:00Z"


_held: dict[Path, IO[str]] = {}


class FetchError(Exception):
    """A project could not be fetched; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A project made ready: a clean repository with an environment in ``.venv``."""

    project: Project
    path: Path
    version: str

    @property
    def python(self) -> Path:
        """The interpreter its tests run with."""
        return self.path / ".venv" / "bin" / "python"


def fetch(project: Project, version: str | None = None, into: Path = CACHE) -> Checkout:
    """Return the project's checkout, making it where it is not there yet."""
    base = pythons.choose(version)
    path = into / f"{project.slug}-py{base.version}"
    checkout = Checkout(project, path, base.version)
    hold(path)
    complete = path / ".git" / "benchmark-complete"
    stamp = "\n".join((project.sha256, *project.requirements, str(base.path)))
    if complete.exists() and complete.read_text(encoding="utf-8") == stamp:
        restore(checkout)
        return checkout
    shutil.rmtree(path, ignore_errors=True)
    unpack(download(project, into / "sdists"), path)
    commit(path)
    install(project, path, base.path, path / ".venv")
    complete.write_text(stamp, encoding="utf-8")
    return checkout


def hold(path: Path) -> None:
    """Keep the checkout for this process: another benchmark's edit would be in ours."""
    if path in _held:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(path.name + ".lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(f"{path.name} is in use by another benchmark") from None
    _held[path] = lock


def download(project: Project, folder: Path) -> Path:
    """Let pip download the sdist and check its hash; found again the next time."""
    folder.mkdir(parents=True, exist_ok=True)
    pins = folder / f"{project.slug}.txt"
    pins.write_text(f"{project.name}=={project.version} --hash=sha256:{project.sha256}\n")
    found = sdists(project, folder)
    if not found:
        words = ["download", "-q", "--no-deps", "--require-hashes", "--no-binary", project.name]
        pip(sys.executable, [*words, "-r", str(pins), "-d", str(folder)], project.slug)
        found = sdists(project, folder)
    if not found:
        raise FetchError(f"{project.slug}: pip downloaded no sdist")
    return found[0]


def sdists(project: Project, folder: Path) -> list[Path]:
    """List the project's sdist where it was downloaded (PyPI spells - as _)."""
    names = {project.slug, f"{project.name.replace('-', '_')}-{project.version}"}
    return [path for name in sorted(names) for path in folder.glob(f"{name}.tar.gz")]


def pip(python: str | Path, words: list[str], what: str) -> None:
    """Run pip; its last words become ours when it fails."""
    argv = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", *words]
    done = processes.run(argv, Path.cwd(), processes.clean_environment({}))
    if "DO NOT MATCH THE HASHES" in done.stderr:
        raise SystemExit(f"{what}: not the file that was pinned\n{done.stderr}")
    if done.status != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no word from pip"]
        raise FetchError(f"{what}: cannot be fetched, is there a network? pip said: {lines[-1]}")


def unpack(sdist: Path, path: Path) -> None:
    """Unpack beside the place, then move there: a half-unpacked project is never seen."""
    half = path.with_name(path.name + ".half")
    shutil.rmtree(half, ignore_errors=True)
    with tarfile.open(sdist) as archive:
        archive.extractall(half, filter="data")
    (top,) = half.iterdir()
    top.rename(path)
    half.rmdir()


def commit(path: Path) -> None:
    """Make one commit of the sdist, with a pytest configuration of its own.

    Without one pytest would look for it in the folders above, and find ours.
    """
    configured = "[tool.pytest" in (path / "pyproject.toml").read_text(encoding="utf-8")
    if not configured and not (path / "pytest.ini").exists():
        (path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    git(path, "init", "-q", "-b", "main")
    (path / ".git" / "info" / "exclude").write_text(UNTRACKED, encoding="utf-8")
    git(path, "add", "--all", "--force", ".")
    git(path, *IDENTITY, "commit", "-q", "--no-gpg-sign", "-m", "sdist")


def git(path: Path, *words: str) -> str:
    """Run git there, with no user's configuration."""
    dates = {"GIT_AUTHOR_DATE": DATE, "GIT_COMMITTER_DATE": DATE}
    environment = processes.clean_environment(
        {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", **dates}
    )
    done = subprocess.run(
        ["git", *words], cwd=path, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def install(project: Project, path: Path, base: Path, venv: Path) -> None:
    """Make an environment: pinned requirements, the project's metadata, a way to it."""
    subprocess.run([base, "-m", "venv", "--clear", venv], check=True)
    pip(venv / "bin" / "python", ["install", "-q", *project.requirements], project.slug)
    (site,) = venv.glob("lib/python*/site-packages")
    where = (path / project.site).resolve()
    (site / "benchmark_project.pth").write_text(f"{where}\n", encoding="utf-8")
    metadata = site / f"{project.name.replace('-', '_')}-{project.version}.dist-info"
    metadata.mkdir()
    shutil.copy(path / "PKG-INFO", metadata / "METADATA")
    (metadata / "RECORD").write_text("", encoding="utf-8")


def restore(checkout: Checkout) -> None:
    """Put tracked files back as committed and take untracked ones away."""
    git(checkout.path, "checkout", "-q", "--force", "HEAD", "--", ".")
    git(checkout.path, "clean", "-q", "-f", "-d")


def purge_bytecode(checkout: Checkout) -> None:
    """Remove the project's bytecode: an edit within a second, of the same size, would not show."""
    for folder in (checkout.project.site, checkout.project.tests):
        for cache in (checkout.path / folder).rglob("__pycache__"):
            if ".venv" not in cache.parts:
                shutil.rmtree(cache, ignore_errors=True)


def main() -> int:
    """Fetch the named projects, or all."""
    parser = argparse.ArgumentParser(prog="benchmarks.fetch", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--python", help="such as 3.12; the newest there is otherwise")
    parser.add_argument("--into", type=Path, default=CACHE)
    options = parser.parse_args()
    for project in chosen(options.names):
        try:
            checkout = fetch(project, options.python, options.into.resolve())
        except FetchError as error:
            print(f"benchmarks.fetch: {error}", file=sys.stderr)
            return EXIT_UNREACHABLE
        print(f"{project.slug}  python {checkout.version}  {checkout.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
