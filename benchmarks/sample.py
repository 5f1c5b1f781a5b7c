"""The small project of ``tests/sample`` as a repository: what there is without a network."""

import json
import shutil
import sys
from pathlib import Path

from benchmarks import fetch
from benchmarks.projects import CACHE, ROOT


def sample(into: Path = CACHE) -> Path:
    """Copy the sample, commit it, and return where it stands."""
    path = into / "sample"
    shutil.rmtree(path, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "tests" / "sample", path, ignore=ignored)
    python = json.dumps(sys.executable)  # a JSON string is a TOML string
    (path / "coverquery.toml").write_text(f"python = {python}\n", encoding="utf-8")
    fetch.commit(path)
    return path
