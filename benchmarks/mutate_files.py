"""Mutations of whole files: modules that come and go, data files, configuration, conftests."""

import ast
import random
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from benchmarks.mutants import Mutant, tracked
from benchmarks.projects import Project

RAISING = b'raise RuntimeError("edited")\n'
FIXTURE = b"""import pytest


@pytest.fixture(autouse=True)
def edited():
    raise RuntimeError("edited")
"""
CONFIGURED = (
    (b"[pytest]", b"[pytest]\nfilterwarnings = error", "warnings are errors"),
    (b"[pytest]", b"[pytest]\npython_functions = test_*a*", "fewer tests"),
    (b"[tool.pytest.ini_options]", b"[tool.pytest.ini_options]\npython_functions = ['test_*a*']",
     "fewer tests"),
    (b"[tool.pytest]", b"[tool.pytest]\npython_functions = ['test_*a*']", "fewer tests"),
)  # fmt: skip
UNREAD = "[tool.nobody]\nanswer = 42\n"


def whole_files(project: Project, root: Path) -> Iterator[Mutant]:
    """Yield every mutation of files of the checkout."""
    files = tracked(root)
    modules = [path for path in files if path.endswith(".py") and _below(path, project.source)]
    tests = [path for path in files if path.endswith(".py") and _below(path, [project.tests])]
    yield from deleted([*modules, *tests])
    yield from added(project, root, [*modules, *tests])
    yield from packaged(modules)
    yield from data(root, files)
    yield from conftests(project, root, tests)
    yield from configuration(root, files)


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(folder) for folder in folders)


def deleted(paths: Sequence[str]) -> Iterator[Mutant]:
    """Delete a module, a test file, a package's ``__init__.py``."""
    for path in paths:
        yield Mutant("file: deleted module", path, ((path, None),))


def added(project: Project, root: Path, paths: Sequence[str]) -> Iterator[Mutant]:
    """Add modules: some nobody imports, some before those of others on ``sys.path``."""
    folders = sorted({str(PurePosixPath(path).parent) for path in paths})
    for folder in folders:
        path = f"{folder}/edited_module.py"
        yield Mutant("file: added module", path, ((path, RAISING),))
    names = sorted({name for path in paths for name in _imported((root / path).read_bytes())})
    for name in names:
        for folder in (project.tests, project.site):
            path = f"{folder}/{name}.py".removeprefix("./")
            if not (root / path).exists() and not (root / folder / name).exists():
                yield Mutant("file: shadowing module", path, ((path, RAISING),))


def _imported(content: bytes) -> Iterator[str]:
    """Yield top-level names of absolute imports that are not built in."""
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def packaged(modules: Sequence[str]) -> Iterator[Mutant]:
    """Put a package of the same name beside a module: the package wins."""
    for path in modules:
        if not path.endswith("__init__.py"):
            beside = path.removesuffix(".py") + "/__init__.py"
            yield Mutant("file: shadowing module", beside, ((beside, RAISING),))


def data(root: Path, files: Sequence[str]) -> Iterator[Mutant]:
    """Change, empty, delete and add files that are not Python."""
    chance = random.Random(0)
    for path in files:
        file = root / path
        if path.endswith((".py", ".pyi", ".pyc")) or file.is_symlink() or _configures(path):
            continue
        content = file.read_bytes()
        lines = content.splitlines(keepends=True)
        if lines:
            at = chance.randrange(len(lines))
            cut = b"".join([*lines[:at], *lines[at + 1 :]])
            yield Mutant("data file", f"{path}: line deleted", ((path, cut),))
            bent = b"".join([*lines[:at], b"edited " + lines[at], *lines[at + 1 :]])
            yield Mutant("data file", f"{path}: line changed", ((path, bent),))
        yield Mutant("data file", f"{path}: deleted", ((path, None),))
        copy = str(PurePosixPath(path).with_name(f"edited-{PurePosixPath(path).name}"))
        yield Mutant("data file", f"{copy}: added", ((copy, content),))


def _configures(path: str) -> bool:
    names = {"pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", "setup.py"}
    return PurePosixPath(path).name in names


def conftests(project: Project, root: Path, tests: Sequence[str]) -> Iterator[Mutant]:
    """Add a conftest with a fixture that everybody below uses."""
    folders = sorted({str(PurePosixPath(path).parent) for path in tests} | {project.tests})
    for folder in folders:
        path = f"{folder}/conftest.py"
        old = (root / path).read_bytes() if (root / path).exists() else b""
        yield Mutant("file: conftest", path, ((path, old + b"\n\n" + FIXTURE),))
    if not (root / "conftest.py").exists():
        yield Mutant("file: conftest", "conftest.py", (("conftest.py", FIXTURE),))


def configuration(root: Path, files: Sequence[str]) -> Iterator[Mutant]:
    """Change pytest's options; and options of tools that are not pytest."""
    for path in files:
        if path in {"pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini"}:
            content = (root / path).read_bytes()
            for old, new, what in CONFIGURED:
                if old + b"\n" in content:
                    changed = content.replace(old + b"\n", new + b"\n", 1)
                    yield Mutant("configuration: pytest", f"{path}: {what}", ((path, changed),))
            if path == "pyproject.toml":
                other = content + f"\n{UNREAD}".encode()
                yield Mutant("configuration: other tool", path, ((path, other),))
