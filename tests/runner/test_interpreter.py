"""Which Python is taken, and what is said when it will not do."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from coverquery.errors import InterpreterError
from coverquery.runner.interpreter import Where, find_interpreter

MakeVenv = Callable[..., Path]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment, made once."""
    folder = tmp_path_factory.mktemp("template") / "v"
    base = Path(sys.base_prefix) / "bin" / "python3"
    subprocess.run([base, "-m", "venv", "--without-pip", "--symlinks", folder], check=True)
    return folder


@pytest.fixture
def make_venv(template: Path) -> MakeVenv:
    """Copy the empty environment and put packages in it."""

    def make(folder: Path, pytest_version: str | None = "8.3.0", *packages: str) -> Path:
        shutil.copytree(template, folder, symlinks=True)
        (site,) = folder.glob("lib/python3*/site-packages")
        for name in [f"pytest-{pytest_version}", *packages] if pytest_version else packages:
            project, _, version = name.rpartition("-")
            (site / project.replace("-", "_")).mkdir()
            (site / project.replace("-", "_") / "__init__.py").write_text(
                "raise SystemExit('imported')"
            )
            info = site / f"{project.replace('-', '_')}-{version}.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Name: {project}\nVersion: {version}\n")
        return folder

    return make


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "pro ject"
    folder.mkdir()
    # None of these may be imported by the probe.
    for name in ("pytest.py", "json.py", "sitecustomize.py", "coverage.py"):
        (folder / name).write_text("raise SystemExit('imported')")
    return folder


def path_with(*folders: Path) -> dict[str, str]:
    return {"PATH": os.pathsep.join(map(str, folders))}


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_order(project: Path, tmp_path: Path, make_venv: MakeVenv) -> None:
    """Each of these is taken once those before it are gone."""
    root = project.parent
    places = {
        ".venv in": make_venv(project / ".venv"),
        "venv in": make_venv(project / "venv"),
        "env in": make_venv(project / "env"),
        f".venv in {root}": make_venv(root / ".venv"),
        "VIRTUAL_ENV": make_venv(tmp_path / "active"),
        "CONDA_PREFIX": make_venv(tmp_path / "conda"),
        "poetry": make_venv(tmp_path / "poetry-env"),
        ".tox/py312": make_venv(project / ".tox" / "py312"),
        ".nox/tests": make_venv(project / ".nox" / "tests"),
        "python3 on PATH": make_venv(tmp_path / "usr"),
    }
    (project / "poetry.lock").touch()
    script(tmp_path / "bin" / "poetry", f"echo noise; echo '{places['poetry']}'")
    environ = {
        "VIRTUAL_ENV": str(places["VIRTUAL_ENV"]),
        "CONDA_PREFIX": str(places["CONDA_PREFIX"]),
        **path_with(tmp_path / "bin", places["python3 on PATH"] / "bin", Path("/usr/bin")),
    }
    where = Where(project, root, tmp_path / "cache")
    for how, folder in places.items():
        found = find_interpreter(where, None, environ)
        assert how in found.how
        assert found.prefix == folder
        assert found.executable.parent == folder / "bin"
        shutil.rmtree(folder)
    with pytest.raises(InterpreterError, match=r"has no pytest|no Python found|oldest"):
        find_interpreter(where, None, {**environ, "PATH": "/usr/bin:/bin"})


def test_what_is_said_of_it(project: Path, make_venv: MakeVenv) -> None:
    make_venv(project / ".venv", "8.3.1", "coverage-7.6.0", "pytest-cov-5.0", "pytest_xdist-3.6")
    (site,) = (project / ".venv").glob("lib/python3*/site-packages")
    (site / "pytest_xdist").rename(site / "xdist")
    found = find_interpreter(project, None, path_with())
    assert found.version == sys.version_info[:3]
    assert (found.pytest, found.coverage) == ("8.3.1", "7.6.0")
    assert (found.pytest_cov, found.xdist) == (True, True)
    assert str(found.executable) in str(found)


@pytest.mark.parametrize("shape", ["folder", "executable", "absolute", "command"])
def test_configuration_overrules(
    project: Path, tmp_path: Path, make_venv: MakeVenv, shape: str
) -> None:
    make_venv(project / ".venv")
    chosen = make_venv(project / "other")
    setting = {
        "folder": "other",
        "executable": "other/bin/python",
        "absolute": str(chosen / "bin" / "python3"),
        "command": "our-python",
    }[shape]
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin" / "our-python", f"exec '{chosen}/bin/python' \"$@\"")
    found = find_interpreter(project, setting, path_with(tmp_path / "bin"))
    assert found.prefix == chosen
    assert "configuration" in found.how


@pytest.mark.parametrize("setting", ["missing", "no/such/python", "pytest.py"])
def test_configuration_that_names_nothing(project: Path, make_venv: MakeVenv, setting: str) -> None:
    make_venv(project / ".venv")
    with pytest.raises(InterpreterError, match="names nothing"):
        find_interpreter(project, setting, path_with())


def test_no_pytest_is_an_error_not_a_reason_to_look_on(
    project: Path, tmp_path: Path, make_venv: MakeVenv
) -> None:
    make_venv(project / ".venv", None)
    active = make_venv(tmp_path / "active")
    with pytest.raises(InterpreterError, match="has no pytest") as raised:
        find_interpreter(project, None, {"VIRTUAL_ENV": str(active), **path_with(active / "bin")})
    python = project / ".venv" / "bin" / "python"
    assert str(python) in raised.value.text
    assert raised.value.fix == f"uv pip install --python '{python}' pytest"  # it has no pip


def test_how_to_install_where_there_is_pip(project: Path, make_venv: MakeVenv) -> None:
    make_venv(project / ".venv", None, "pip-24.0")
    with pytest.raises(InterpreterError) as raised:
        find_interpreter(project, None, path_with())
    assert raised.value.fix == f"'{project / '.venv' / 'bin' / 'python'}' -m pip install pytest"


def test_an_old_pytest(project: Path, make_venv: MakeVenv) -> None:
    make_venv(project / ".venv", "7.1.3")
    with pytest.raises(InterpreterError, match=r"pytest 7\.1\.3; 7\.2 is needed"):
        find_interpreter(project, None, path_with())


def test_a_broken_environment_is_an_error(
    project: Path, tmp_path: Path, make_venv: MakeVenv
) -> None:
    make_venv(project / ".venv")
    python = project / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    usr = make_venv(tmp_path / "usr")
    with pytest.raises(InterpreterError, match="cannot be started") as raised:
        find_interpreter(project, None, path_with(usr / "bin"))
    assert str(raised.value.fix).startswith("python3 -m venv --clear")


def test_an_old_python(project: Path) -> None:
    script(
        project / ".venv" / "bin" / "python",
        """echo '{"executable": "x", "version": [3, 8, 1], "prefix": "p", "folders": [],"""
        """ "implementation": "cpython", "pytest": "8", "coverage": null, "pytest_cov": null,"""
        """ "xdist": null, "pip": null}'""",
    )
    with pytest.raises(InterpreterError, match=r"is Python 3\.8\.1; 3\.11 is the oldest"):
        find_interpreter(project, None, path_with())


def test_something_else_called_python(project: Path) -> None:
    script(project / ".venv" / "bin" / "python", "echo hello; echo sorry >&2; exit 1")
    with pytest.raises(InterpreterError, match="does not work as a Python: sorry"):
        find_interpreter(project, None, path_with(Path("/bin")))


def test_own_environment_counts_where_the_user_lives_in_it(project: Path) -> None:
    own = {"VIRTUAL_ENV": sys.prefix, **path_with(Path(sys.prefix) / "bin")}
    assert find_interpreter(project, None, own).how == "VIRTUAL_ENV"
    with pytest.raises(InterpreterError, match="no Python found"):  # a pre-commit hook's
        find_interpreter(project, None, {**own, "PRE_COMMIT": "1"})
    with pytest.raises(InterpreterError, match="no Python found"):  # pipx: nobody activated it
        find_interpreter(project, None, path_with(Path(sys.prefix) / "bin"))


def test_own_python_on_path_is_passed_over(
    project: Path, tmp_path: Path, make_venv: MakeVenv
) -> None:
    usr = make_venv(tmp_path / "usr")
    environ = {"VIRTUAL_ENV": sys.prefix, "PRE_COMMIT": "1"}
    found = find_interpreter(
        project, None, {**environ, **path_with(Path(sys.prefix) / "bin", usr / "bin")}
    )
    assert found.prefix == usr


def test_condas_base_is_nobodys_environment(
    project: Path, tmp_path: Path, make_venv: MakeVenv
) -> None:
    base, usr = make_venv(tmp_path / "base"), make_venv(tmp_path / "usr")
    environ = {"CONDA_PREFIX": str(base), "CONDA_DEFAULT_ENV": "base", **path_with(usr / "bin")}
    assert find_interpreter(project, None, environ).prefix == usr


def test_a_job_environment_without_pytest_is_passed_over(
    project: Path, make_venv: MakeVenv
) -> None:
    make_venv(project / ".tox" / "py313", None)
    make_venv(project / ".tox" / "py311")
    make_venv(project / ".tox" / "lint")
    make_venv(project / ".tox" / "py39")
    assert find_interpreter(project, None, path_with()).how == ".tox/py311"


@pytest.mark.parametrize("says", ["exit 1", "echo /nowhere", "echo /usr/bin/python3", "true"])
def test_a_manager_that_does_not_know(
    project: Path, tmp_path: Path, make_venv: MakeVenv, says: str
) -> None:
    (project / "pyproject.toml").write_text("[tool.pdm]\n")
    (project / "Pipfile").touch()
    usr = make_venv(tmp_path / "usr")
    script(tmp_path / "bin" / "pdm", says)
    found = find_interpreter(project, None, path_with(tmp_path / "bin", usr / "bin"))
    assert found.how == "python3 on PATH"


def test_managers_are_asked_only_where_files_say_so(
    project: Path, tmp_path: Path, make_venv: MakeVenv
) -> None:
    usr = make_venv(tmp_path / "usr")
    for name in ("poetry", "pdm", "pipenv", "hatch", "uv"):
        script(tmp_path / "bin" / name, f"touch '{tmp_path}/asked'")
    (project / "pyproject.toml").write_text("[tool.ruff]\n[tool.hatch.build]\n")
    find_interpreter(project, None, path_with(tmp_path / "bin", usr / "bin"))
    assert not (tmp_path / "asked").exists()


def test_answers_are_kept_while_nothing_changes(
    project: Path, tmp_path: Path, make_venv: MakeVenv
) -> None:
    environment = make_venv(tmp_path / "poetry-env")
    asked = tmp_path / "asked"
    (project / "poetry.lock").touch()
    script(tmp_path / "bin" / "poetry", f"echo x >> '{asked}'; echo '{environment}'")
    where = Where(project, cache=tmp_path / "cache")
    environ = path_with(tmp_path / "bin", Path("/bin"))
    first = find_interpreter(where, None, environ)
    assert find_interpreter(where, None, environ) == first
    assert asked.read_text() == "x\n"
    kept = json.loads((tmp_path / "cache" / "interpreters.json").read_text())
    assert len(kept) == 2  # what poetry said and what the Python said

    (site,) = environment.glob("lib/python3*/site-packages")
    shutil.rmtree(site / "pytest")  # pip uninstall
    with pytest.raises(InterpreterError, match="has no pytest"):
        find_interpreter(where, None, environ)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"x": 1}', b"{"])
def test_a_damaged_cache_costs_only_time(
    project: Path, tmp_path: Path, make_venv: MakeVenv, content: bytes
) -> None:
    make_venv(project / ".venv")
    where = Where(project, cache=tmp_path)
    (tmp_path / "interpreters.json").write_bytes(content)
    assert find_interpreter(where, None, path_with()).prefix == project / ".venv"
    assert json.loads((tmp_path / "interpreters.json").read_text())


def test_a_shims_answer_is_not_kept(project: Path, tmp_path: Path, make_venv: MakeVenv) -> None:
    one, two = make_venv(tmp_path / "one"), make_venv(tmp_path / "two")
    shim = script(tmp_path / "bin" / "python3", f"exec '{one}/bin/python' \"$@\"")
    where = Where(project, cache=tmp_path / "cache")
    environ = path_with(shim.parent)
    assert find_interpreter(where, None, environ).prefix == one
    script(shim, f"exec '{two}/bin/python' \"$@\"")
    assert find_interpreter(where, None, environ).prefix == two


def test_a_file_in_place_of_the_environment(
    project: Path, tmp_path: Path, make_venv: MakeVenv
) -> None:
    elsewhere = make_venv(tmp_path / "elsewhere")
    (project / ".venv").write_text(f"{elsewhere}\n")
    assert find_interpreter(project, None, path_with()).prefix == elsewhere


def test_pytest_on_pythonpath_counts(project: Path, make_venv: MakeVenv) -> None:
    make_venv(project / ".venv", None)
    (site,) = make_venv(project / "other").glob("lib/python3*/site-packages")
    environ: Mapping[str, str] = {"PYTHONPATH": str(site), **path_with()}
    assert find_interpreter(project, None, environ).pytest == "8.3.0"


def test_every_python_of_this_machine(any_python: Path, project: Path) -> None:
    found = find_interpreter(project, str(any_python), os.environ)
    assert found.executable == any_python
    assert found.version[:2] >= (3, 11)
