"""The C hot path is built once, where that is possible, and its absence is no error."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coverquery.runner.fast import fast_library
from coverquery.runner.interpreter import Interpreter, find_interpreter


@pytest.fixture
def python(python_of: Callable[[str], Path], tmp_path: Path) -> Interpreter:
    return find_interpreter(tmp_path, str(python_of("3.12")), os.environ)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "user")}


def counting(folder: Path, then: str) -> Path:
    """Make a compiler that leaves a mark each time it is called."""
    folder.mkdir()
    script = folder / "cc"
    script.write_text(f"#!/bin/sh\necho called >> {folder}/calls\n{then}\n")
    script.chmod(0o755)
    return script


def calls(compiler: Path) -> int:
    marks = compiler.parent / "calls"
    return len(marks.read_text().splitlines()) if marks.exists() else 0


def test_it_is_built_once(python: Interpreter, environ: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("no gcc")
    compiler = counting(tmp_path / "bin", 'exec gcc "$@"')
    environ["CC"] = str(compiler)
    built = fast_library(python, tmp_path / "cache", environ)
    if built is None:
        pytest.skip("no headers of this Python")
    assert Path(built).is_relative_to(tmp_path / "user" / "coverquery")
    assert fast_library(python, tmp_path / "cache", environ) == built
    assert fast_library(python, tmp_path / "other project", environ) == built
    assert calls(compiler) == 1
    assert [found.name for found in Path(built).parent.iterdir()] == ["_fast.so"]


def test_what_others_may_write_is_not_loaded(
    python: Interpreter, environ: dict[str, str], tmp_path: Path
) -> None:
    built = fast_library(python, tmp_path / "cache", environ)
    if built is None:
        pytest.skip("no C compiler, or no headers of this Python")
    Path(built).parent.chmod(0o777)
    assert fast_library(python, tmp_path / "cache", environ) is None


@pytest.mark.parametrize(
    "then", ["exit 1", "exit 0", 'while [ "$1" != -o ]; do shift; done; : > "$2"']
)
def test_a_failure_is_remembered(
    python: Interpreter, environ: dict[str, str], tmp_path: Path, then: str
) -> None:
    compiler = counting(tmp_path / "bin", then)
    environ |= {"CC": "", "PATH": str(compiler.parent) + ":/nonexistent"}
    for _ in range(3):
        assert fast_library(python, tmp_path / "cache", environ) is None
    assert calls(compiler) == 1
    compiler.write_text(compiler.read_text() + "# another compiler\n")
    assert fast_library(python, tmp_path / "cache", environ) is None
    assert calls(compiler) == 2


def test_where_it_is_not_wanted_nothing_is_built(
    python: Interpreter, environ: dict[str, str], tmp_path: Path
) -> None:
    compiler = counting(tmp_path / "bin", "exit 1")
    environ["CC"] = str(compiler)
    older = python._replace(version=(3, 11, 7))
    other = python._replace(implementation="pypy")
    assert fast_library(older, tmp_path / "cache", environ) is None
    assert fast_library(other, tmp_path / "cache", environ) is None
    assert fast_library(python, None, environ) is None
    assert fast_library(python, tmp_path / "cache", environ | {"COVERQUERY_FAST": "0"}) is None
    assert calls(compiler) == 0
    assert not (tmp_path / "user").exists()


def test_a_cache_that_cannot_be_written_is_no_error(
    python: Interpreter, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "user").write_text("a file")
    assert fast_library(python, tmp_path / "cache", environ) is None
