"""Which tests execute which lines, as coverage.py and pytest-cov see it: nothing of ours."""

from collections.abc import Mapping
from pathlib import Path

import coverage

from benchmarks import outcomes, processes
from benchmarks.fetch import Checkout

Executed = Mapping[str, Mapping[int, frozenset[str]]]
"""Path → line → tests; the empty name stands for what runs outside of tests."""


def executed(checkout: Checkout, python: Path) -> dict[str, dict[int, list[str]]]:
    """Run the suite under pytest-cov with a context a test; python must have it."""
    data = checkout.path / ".git" / "benchmark-contexts"
    config = data.with_name("benchmark-coveragerc")
    config.write_text("[run]\n", encoding="utf-8")
    data.unlink(missing_ok=True)
    environment = outcomes.environment(
        checkout,
        {
            "COVERAGE_FILE": str(data),
            "COVERAGE_CORE": "ctrace",
            "PYTHONPATH": str(checkout.path / checkout.project.site),
        },
    )
    folders = (*checkout.project.source, checkout.project.tests)
    words = [f"--cov={folder}" for folder in folders]
    words += ["--cov-context=test", "--cov-report=", f"--cov-config={config}"]
    done = processes.run(
        [python, *outcomes.plain(checkout)[1:], *words], checkout.path, environment
    )
    if done.status not in {0, 1} or not data.exists():
        raise SystemExit(f"{checkout.project.slug}: pytest-cov failed\n{done.stdout}{done.stderr}")
    return _read(checkout.path, data)


def _read(root: Path, data: Path) -> dict[str, dict[int, list[str]]]:
    root = root.resolve()
    kept = coverage.CoverageData(str(data))
    kept.read()
    found: dict[str, dict[int, list[str]]] = {}
    for file in sorted(kept.measured_files()):
        if Path(file).is_relative_to(root):
            lines = kept.contexts_by_lineno(file)
            found[str(Path(file).relative_to(root))] = {
                line: sorted({one.rpartition("|")[0] for one in contexts})
                for line, contexts in lines.items()
            }
    return found
