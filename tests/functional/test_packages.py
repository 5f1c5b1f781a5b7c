"""What is installed: a changed package concerns the tests that may depend on it, others nobody."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = {
    "shop.py": "import usedlib\n\n\ndef price():\n    return usedlib.PRICE\n",
    "optional.py": "try:\n    import maybelib\nexcept ImportError:\n    maybelib = None\n",
    "test_shop.py": "import shop\n\n\ndef test_price():\n    assert shop.price()\n",
    "test_optional.py": (
        "import optional\n\n\ndef test_maybe():\n    assert not optional.maybelib\n"
    ),
    "test_version.py": (
        "import importlib.metadata\n\n\ndef test_version():\n"
        "    assert importlib.metadata.version('idlelib-x') == '1.0'\n"
    ),
    "test_lookup.py": (
        "import importlib.util\n\n\ndef test_lookup():\n"
        "    assert importlib.util.find_spec('latelib') is None\n"
    ),
    "test_missing.py": (
        "import importlib.metadata\nimport pytest\n\n\ndef test_missing():\n"
        "    with pytest.raises(importlib.metadata.PackageNotFoundError):\n"
        "        importlib.metadata.version('no.such')\n"
    ),
    "test_child.py": (
        "import subprocess, sys\n\n\ndef test_child():\n"
        "    subprocess.run([sys.executable, '-c', 'import childlib'], check=True)\n"
    ),
    "test_plain.py": "def test_plain():\n    pass\n",
    ".gitignore": "__pycache__/\n",
}
ALL = {name for name in PROJECT if name.startswith("test_")}


def install(site: Path, name: str, version: str, files: dict[str, str], **more: str) -> Path:
    """Put a distribution into a folder of packages as pip would."""
    for other in site.glob(f"{name.replace('-', '_')}-*.dist-info"):
        shutil.rmtree(other)
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text, encoding="utf-8")
    (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n", encoding="utf-8")
    for path, text in more.items():
        (info / path.replace("__", ".")).write_text(text, encoding="utf-8")
    lines = [f"{path},sha256={hash(text)},{len(text)}" for path, text in files.items()]
    (info / "RECORD").write_text("\n".join(lines), encoding="utf-8")
    return info


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An environment of its own with pytest in sight, and its folder of packages."""
    path = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", path], check=True)
    site = next(path.glob("lib/python3*/site-packages"))
    base = Path(pytest.__file__).parents[1]
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py.py"):
        (site / name).symlink_to(base / name)
    for info in base.glob("*.dist-info"):
        if info.name.startswith(("pytest-", "pluggy-", "iniconfig-", "packaging-", "pygments-")):
            shutil.copytree(info, site / info.name)
    used = {
        "usedlib/__init__.py": "from usedlib.deep import PRICE\n",
        "usedlib/deep.py": "import deeplib\nPRICE = 1\n",
    }
    install(site, "used-lib", "1.0", used)
    install(site, "deeplib", "1.0", {"deeplib.py": "X = 1\n"})
    install(site, "idlelib-x", "1.0", {"idle_x.py": "X = 1\n"})
    install(site, "childlib", "1.0", {"childlib.py": "X = 1\n"})
    return path, site


@pytest.fixture(scope="module")
def recorded(record_once: Any, made: tuple[Path, Path]) -> Any:
    return record_once(PROJECT, made[0] / "bin" / "python")


@pytest.fixture
def site(made: tuple[Path, Path], recorded: Any) -> Iterator[Path]:
    """The folder of packages, put back afterwards."""
    assert recorded.path.is_dir()  # first the recording, then the changes
    kept = made[0] / "kept"
    shutil.copytree(made[1], kept, symlinks=True)
    yield made[1]
    shutil.rmtree(made[1])
    kept.rename(made[1])


def files(project: Any) -> set[str]:
    return {one.partition("::")[0] for one in project.affected()}


def test_nothing_changed(recorded: Any) -> None:
    assert files(recorded) == set()


def test_an_unrelated_package_concerns_nobody(recorded: Any, site: Path) -> None:
    install(site, "stranger", "1.0", {"stranger/__init__.py": ""})
    assert files(recorded) == set()
    assert recorded.json("status")["index"]["env"] == "match"


def test_a_package_nobody_imported_may_change_or_go(recorded: Any, site: Path) -> None:
    install(site, "idlelib-x", "1.0", {"idle_x.py": "X = 2\n"})
    assert files(recorded) == set()


@pytest.mark.parametrize(
    "change",
    [
        lambda site: install(site, "used-lib", "1.1", {"usedlib/deep.py": "PRICE = 0\n"}),
        lambda site: install(site, "used-lib", "1.0", {"usedlib/deep.py": "PRICE = 0\n"}),
        lambda site: install(site, "deeplib", "2.0", {"deeplib.py": "X = 2\n"}),
        lambda site: install(site, "other", "1.0", {"usedlib/more.py": "X = 2\n"}),
        lambda site: shutil.rmtree(next(site.glob("used_lib-*.dist-info"))),
        # pytest itself, and what starts with every interpreter
        lambda site: (next(site.glob("pytest-*.dist-info")) / "RECORD").write_text("x"),
        lambda site: (site / "hook.pth").write_text("import os\n"),
        lambda site: install(site, "custom", "1.0", {"sitecustomize.py": ""}),
        lambda site: install(
            site, "plugin", "1.0", {"plugin.py": ""}, entry_points__txt="[pytest11]\np = plugin\n"
        ),
        # one that might hide the project's own module
        lambda site: install(site, "shop", "1.0", {"shop/__init__.py": ""}),
    ],
    ids=["newer", "other content", "imported by it", "same name", "gone", "pytest", "pth",
         "sitecustomize", "plugin", "hides"],
)  # fmt: skip
def test_a_package_this_process_imported_concerns_its_tests(
    recorded: Any, site: Path, change: Callable[[Path], object]
) -> None:
    change(site)
    assert files(recorded) == ALL
    reasons = recorded.json("why", "test_shop.py::test_price")["reasons"]
    assert {one["why"] for one in reasons} == {"env"}, reasons


@pytest.mark.parametrize(
    ("name", "top", "expected"),
    [
        ("maybe", "maybelib", {"test_optional.py"}),
        ("late", "latelib", {"test_lookup.py"}),
        ("No_Such", "whatever", {"test_missing.py"}),
    ],
)
def test_a_package_that_was_looked_for_appears(
    recorded: Any, site: Path, name: str, top: str, expected: set[str]
) -> None:
    install(site, name, "1.0", {f"{top}.py": ""})
    assert files(recorded) == expected


def test_a_package_of_a_child_process_concerns_who_started_it(recorded: Any, site: Path) -> None:
    install(site, "childlib", "2.0", {"childlib.py": "X = 2\n"})
    assert files(recorded) == {"test_child.py"}


def test_metadata_concerns_whoever_reads_it(recorded: Any, site: Path) -> None:
    install(site, "idlelib-x", "2.0", {"idle_x.py": "X = 1\n"})
    assert files(recorded) == {"test_version.py"}
    (reason,) = recorded.json("why", "test_version.py::test_version")["reasons"]
    assert "idlelib-x" in reason["text"]


def test_code_no_distribution_accounts_for_is_watched(recorded: Any, site: Path) -> None:
    (site / "maybelib.py").write_text("X = 1\n")
    assert files(recorded) == {"test_optional.py"}
