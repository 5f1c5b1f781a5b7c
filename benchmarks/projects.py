"""The pinned projects: what ``projects.toml`` says, typed."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "benchmarks"
PINS = Path(__file__).with_name("projects.toml")


@dataclass(frozen=True, slots=True)
class Project:
    """One project to measure on.

    Attributes:
        name: as PyPI knows it.
        version: the pinned one.
        sha256: of its sdist.
        site: folder that goes on ``sys.path``.
        source: folders whose lines are edited.
        tests: what pytest is given.
        requirements: everything its tests need, pinned.
        environment: variables its tests are run with.
        releases: older versions and the hashes of their sdists, oldest first.
    """

    name: str
    version: str
    sha256: str
    site: str
    source: tuple[str, ...]
    tests: str
    requirements: tuple[str, ...]
    environment: Mapping[str, str]
    releases: tuple[tuple[str, str], ...] = ()

    @property
    def slug(self) -> str:
        """Name and version, for folders and tables."""
        return f"{self.name}-{self.version}"


def _project(name: str, table: Mapping[str, object], common: Iterable[str]) -> Project:
    """Build one project, letting a wrong table fail loudly."""
    requirements, source = table.get("requirements", []), table["source"]
    environment, releases = table.get("environment", {}), table.get("releases", {})
    if not (
        isinstance(requirements, list)
        and isinstance(source, list)
        and isinstance(environment, dict)
        and isinstance(releases, dict)
    ):
        raise TypeError(f"{PINS.name}: project.{name} has a value of the wrong type")
    return Project(
        name=name,
        version=str(table["version"]),
        sha256=str(table["sha256"]),
        site=str(table["site"]),
        source=tuple(map(str, source)),
        tests=str(table["tests"]),
        requirements=(*common, *map(str, requirements)),
        environment={str(key): str(value) for key, value in environment.items()},
        releases=tuple((str(key), str(value)) for key, value in releases.items()),
    )


def load() -> dict[str, Project]:
    """Read every pinned project, in the file's order."""
    document = tomllib.loads(PINS.read_text(encoding="utf-8"))
    common = document["common"]["requirements"]
    return {name: _project(name, table, common) for name, table in document["project"].items()}


def chosen(names: Iterable[str]) -> list[Project]:
    """Return the named projects, or all of them where none is named."""
    known = load()
    wanted = list(names) or list(known)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise SystemExit(f"unknown project {unknown[0]!r}; known are {', '.join(known)}")
    return [known[name] for name in wanted]
