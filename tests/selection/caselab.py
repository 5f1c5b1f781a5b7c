"""A repository of many small projects: recorded once, edited for each case, put back."""

import itertools
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.selection.casebook import Edit, Hunk, Project
from tests.selection.warm import Done, Warm

ROOT = Path(__file__).parents[2]
INI = "[pytest]\naddopts = -p no:cacheprovider\n"
IGNORED = "__pycache__/\n.pytest_cache/\n"


class Answer(NamedTuple):
    """The selected tests, and which of them are there to see whether an import works."""

    tests: set[str]
    canaries: set[str]


@dataclass(frozen=True)
class CaseLab:
    """A repository with projects in it, and the Python they run with."""

    path: Path
    python: Path
    warm: Warm | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What commands are started in."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        return {
            **inherited, "PYTHONPATH": str(ROOT), "COVERQUERY_PYTHON": str(self.python),
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip

    def coverquery(self, *args: str) -> str:
        """Run the real command here, successfully, and return what it prints."""
        if self.warm:
            done = self.warm.ask(self.path, ["coverquery", *args], self.environ)
        else:
            done = self._run([sys.executable, "-m", "coverquery", *args])
        assert done.status == 0, done.out + done.err
        return done.out

    def git(self, *args: str) -> str:
        """Run git here, successfully."""
        done = self._run(["git", *args])
        assert done.status == 0, done.err
        return done.out

    def _run(self, argv: list[str], environ: dict[str, str] | None = None) -> Done:
        done = subprocess.run(
            argv, cwd=self.path, check=False, capture_output=True, text=True,
            env=environ or self.environ,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def fill(self, projects: Iterable[Project]) -> None:
        """Write and commit projects."""
        self.git("init", "-q", "-b", "main")
        files = {"pytest.ini": INI, ".gitignore": IGNORED}
        for project in projects:
            files |= project.all_files()
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "cases")

    def write(self, name: str, text: str) -> None:
        """Write one file, making its folders."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def apply(self, project: Project, edit: Edit) -> None:
        """Do what an edit says."""
        for path in edit.deleted:
            (self.path / project.path(path)).unlink()
        for old, new in edit.renamed:
            target = self.path / project.path(new)
            target.parent.mkdir(parents=True, exist_ok=True)
            (self.path / project.path(old)).rename(target)
        for path, lines in edit.written.items():
            self.write(project.path(path), project.content(lines))
        for path, hunks in edit.hunks.items():
            target = self.path / project.path(path)
            text = target.read_text(encoding="utf-8")
            for hunk in hunks:
                text = _replaced(text, hunk, project)
            target.write_text(text, encoding="utf-8")

    @contextmanager
    def edited(self, project: Project, edit: Edit) -> Iterator[None]:
        """Have an edit applied for a while."""
        names = {*edit.deleted, *edit.written, *edit.hunks, *itertools.chain(*edit.renamed)}
        paths = [self.path / project.path(name) for name in sorted(names)]
        before = {path: path.read_bytes() if path.exists() else None for path in paths}
        try:
            self.apply(project, edit)
            yield
        finally:
            for path, content in before.items():
                if content is not None:
                    path.write_bytes(content)
                elif path.exists():
                    path.unlink()
                    _remove_empty(path.parent)

    def known(self) -> list[str]:
        """Return the ids of all recorded tests."""
        with sqlite3.connect(self.path / ".coverquery" / "index.db") as index:
            return [row[0] for row in index.execute("SELECT nodeid FROM test") if "::" in row[0]]

    def affected(self, *args: str) -> set[str]:
        """Return ids of the selected tests; a file as a whole beside its tests."""
        return self.answer(*args).tests

    def answer(self, *args: str) -> Answer:
        """Ask which tests are affected."""
        document = json.loads(self.coverquery("affected", "--json", "--limit", "100000", *args))
        known = self.known()
        chosen = set[str]()
        for group in document["tests"]:
            file = group["file"]
            if group.get("names"):
                chosen |= {f"{file}::{name}" for name in group["names"]}
                continue
            chosen |= {file, *(test for test in known if test.startswith(f"{file}::"))}
            chosen |= {f"{file}::{name}" for name in self._functions(file)}
        return Answer(chosen, {one["test"] for one in document["canaries"]})

    def _functions(self, file: str) -> list[str]:
        """Return the test functions that stand in a file now, recorded or not."""
        path = self.path / file
        text = path.read_text(encoding="utf-8") if path.suffix == ".py" else ""
        return re.findall(r"^def (test_\w+)", text, re.MULTILINE)

    def stands(self, test: str) -> bool:
        """Tell whether the function of a test is still written in its file."""
        file, _, name = test.partition("::")
        path = self.path / file
        function = name.rpartition("::")[2].partition("[")[0]
        return path.exists() and f"def {function}(" in path.read_text(encoding="utf-8")

    def outcomes(self, folder: str) -> dict[str, str]:
        """Run plain pytest on a folder and return test → outcome; what it cannot run is absent."""
        report = self.junit(folder)
        if not report.exists():
            return {}
        cases = ET.parse(report).iter("testcase")
        return {_nodeid(case, self.path): _outcome(case) for case in cases}

    def junit(self, folder: str) -> Path:
        """Run plain pytest on a folder and return where its report is, if it made one."""
        report = self.path.parent / f"{self.path.name}.xml"
        report.unlink(missing_ok=True)
        for stale in self.path.rglob("__pycache__"):  # an edit may leave time and size as they are
            shutil.rmtree(stale, ignore_errors=True)
        argv = ["pytest", "-q", "--continue-on-collection-errors", f"--junitxml={report}",
                "-o", "junit_family=xunit1", folder or "."]  # fmt: skip
        environ = {**self.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        if self.warm:
            self.warm.ask(self.path, argv, environ)
        else:
            self._run([str(self.python), "-m", *argv], environ)
        return report


def _remove_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
        _remove_empty(folder.parent)


def _nodeid(case: ET.Element, root: Path) -> str:
    """Return the id of a test; the report names the file its function stands in."""
    file, full = case.get("file") or "", case.get("classname") or ""
    parts = full.split(".")
    names = ["/".join(parts[:end]) + ".py" for end in range(len(parts), 0, -1)]
    file = next((name for name in names if (root / name).exists()), file)
    module = file.removesuffix(".py").replace("/", ".")
    classes = full.removeprefix(module).strip(".")
    return "::".join([file, *classes.split("."), case.get("name") or ""]).replace("::::", "::")


def _outcome(case: ET.Element) -> str:
    return "+".join(child.tag for child in case if child.tag in {"failure", "error", "skipped"})


def _replaced(text: str, hunk: Hunk, project: Project) -> str:
    old, new = project.content(hunk.old), project.content(hunk.new)
    if not hunk.old:
        return text + new
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def is_named(project: Project, test: str, name: str) -> bool:
    """Tell whether a test is meant by a name in a case."""
    inside = test.removeprefix(project.prefix)
    if inside == name or ("::" in name and inside.startswith(f"{name}::")):
        return True
    pattern = re.escape(name) if name.endswith("]") else re.escape(name) + r"(\[.*\])?"
    return re.search(rf"(^|::|/){pattern}$", inside) is not None
