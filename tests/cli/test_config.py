"""What the configuration may say, and what is said when it says something else."""

from pathlib import Path

import pytest

from coverquery.config import Config, find_project, load
from coverquery.errors import ConfigError


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def refused(folder: Path, **environ: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(folder, environ)
    assert caught.value.fix
    assert caught.value.exit_code == 12
    return caught.value


def test_nothing_said_is_the_default(tmp_path: Path) -> None:
    assert load(tmp_path, {}) == Config()
    write(tmp_path, "pyproject.toml", "[project]\nname = 'x'\n")
    assert load(tmp_path, {}) == Config()


@pytest.mark.parametrize(
    ("name", "head"), [("pyproject.toml", "[tool.coverquery]\n"), ("coverquery.toml", "")]
)
def test_every_key_is_read(tmp_path: Path, name: str, head: str) -> None:
    lists = ["source", "tests", "pytest_args", "always_run", "run_all_on", "data_files", "ignore"]
    text = "".join(f'{key} = ["{key}", "2"]\n' for key in lists)
    text += 'python = "py"\ndefault_base = "main"\nfail_under = 90\nwatch = false\nkeep_runs = 3\n'
    write(tmp_path, name, head + text)
    assert load(tmp_path, {}) == Config(
        **{key: (key, "2") for key in lists},
        python="py",
        default_base="main",
        fail_under=90.0,
        watch=False,
        keep_runs=3,
    )


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, "coverquery.toml", 'source = ["a"]\ntests = ["t"]\nkeep_runs = 1\n')
    environ = {
        "COVERQUERY_SOURCE": "src 'my lib'",
        "COVERQUERY_PYTHON": "/usr/bin/python3",
        "COVERQUERY_FAIL_UNDER": "87.5",
        "COVERQUERY_WATCH": "No",
        "COVERQUERY_RUN": "/not/a/setting",
    }
    found = load(tmp_path, environ)
    assert found.source == ("src", "my lib")
    assert found.tests == ("t",)
    assert (found.python, found.fail_under, found.watch) == ("/usr/bin/python3", 87.5, False)
    assert found.keep_runs == 1


@pytest.mark.parametrize(("key", "near"), [("soruce", "source"), ("pytest-args", "pytest_args")])
def test_an_unknown_key_names_the_nearest(tmp_path: Path, key: str, near: str) -> None:
    write(tmp_path, "pyproject.toml", f'[tool.coverquery]\n{key} = ["a"]\n')
    error = refused(tmp_path)
    assert error.text == (
        f"[tool.coverquery] of pyproject.toml: there is no setting {key!r}; the nearest is {near!r}"
    )


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("source = 'src'", "source must be a list of strings"),
        ("tests = [1]", "tests must be a list of strings"),
        ("python = 3.12", "python must be a string"),
        ("watch = 1", "watch must be true or false"),
        ("keep_runs = true", "keep_runs must be a whole number, 0 or more"),
        ("keep_runs = -1", "keep_runs must be a whole number, 0 or more"),
        ("fail_under = 101", "fail_under must be a number from 0 to 100"),
        ("fail_under = nan", "fail_under must be a number from 0 to 100"),
    ],
)
def test_a_wrong_type_names_the_key_and_the_type(tmp_path: Path, line: str, wanted: str) -> None:
    write(tmp_path, "coverquery.toml", f"{line}\n")
    assert f"coverquery.toml: {wanted}, not " in refused(tmp_path).text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WATCH", "maybe"), ("KEEP_RUNS", "-2"), ("KEEP_RUNS", "x"), ("FAIL_UNDER", "200"),
        ("SOURCE", "'open"),
    ],
)  # fmt: skip
def test_a_wrong_variable_is_named(tmp_path: Path, name: str, value: str) -> None:
    assert refused(tmp_path, **{f"COVERQUERY_{name}": value}).text.startswith(f"COVERQUERY_{name} ")


def test_broken_toml_says_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, "coverquery.toml", "tests = ['a']\nsource = [\n")
    error = refused(tmp_path)
    assert error.text.startswith("coverquery.toml is not TOML: ")
    assert "line" in error.text or "end of document" in error.text
    assert error.fix == f"mend {tmp_path / 'coverquery.toml'}"
    write(tmp_path, "coverquery.toml", "tests = ['a']\nsource = = 3\n")
    assert "line 2" in refused(tmp_path).text


def test_bytes_that_are_not_utf_8_say_the_line(tmp_path: Path) -> None:
    (tmp_path / "coverquery.toml").write_bytes(b"tests = ['a']\n# caf\xe9\n")
    assert refused(tmp_path).text == "coverquery.toml is not UTF-8 (at line 2)"


def test_deep_nesting_is_an_error_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, "coverquery.toml", f"tests = {'[' * 100_000}\n")
    assert refused(tmp_path).text.startswith("coverquery.toml is ")


def test_a_table_that_is_no_table_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "[tool]\ncoverquery = 3\n")
    assert "must be a table" in refused(tmp_path).text


def test_two_files_that_both_speak_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "[tool.coverquery]\n")
    write(tmp_path, "coverquery.toml", "")
    assert "both coverquery.toml and [tool.coverquery]" in refused(tmp_path).text


def test_the_nearest_configured_folder_is_the_project(tmp_path: Path) -> None:
    deep = tmp_path / "root" / "service" / "src" / "deep"
    deep.mkdir(parents=True)
    root = tmp_path / "root"
    assert find_project(deep, root) == root
    write(tmp_path, "coverquery.toml", "")  # above the root: not ours
    assert find_project(deep, root) == root
    write(root / "service" / "src", "pyproject.toml", "[tool.other]\n")
    assert find_project(deep, root) == root
    write(root / "service", "pyproject.toml", "[tool.coverquery]\n")
    assert find_project(deep, root) == root / "service"
    write(deep, "coverquery.toml", "")
    assert find_project(deep, root) == deep


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.pytest.ini_options]\n"),
        ("pyproject.toml", "[project]\nname = 'a'\n"),
        ("setup.cfg", "[tool:pytest]\n"),
        ("tox.ini", "[pytest]\n"),
        ("setup.py", ""),
        ("pytest.ini", ""),
    ],
)
def test_a_project_among_others_is_where_pytest_says(tmp_path: Path, name: str, text: str) -> None:
    deep = tmp_path / "root" / "apps" / "one" / "tests"
    deep.mkdir(parents=True)
    write(deep.parent, name, text)
    assert find_project(deep, tmp_path / "root") == deep.parent


def test_a_start_outside_the_root_is_the_root(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    write(tmp_path / "b", "coverquery.toml", "")
    assert find_project(tmp_path / "b", tmp_path / "a") == tmp_path / "a"
