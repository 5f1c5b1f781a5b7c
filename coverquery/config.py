"""``[tool.coverquery]`` of pyproject.toml, or coverquery.toml → one frozen Config.

Precedence: command line (whoever has one replaces a field) > ``COVERQUERY_*`` > file > default.
Owns the names of the settings, their types and their words; knows nothing of what they do.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from coverquery.errors import ConfigError

OWN_FILE: Final = "coverquery.toml"
SHARED_FILE: Final = "pyproject.toml"
PREFIX: Final = "COVERQUERY_"
OF_PROJECTS: Final[Mapping[str, tuple[bytes, ...]]] = {
    SHARED_FILE: (b"[tool.pytest", b"[project]", b"[build-system]", b"[tool.poetry]"),
    "setup.cfg": (b"[tool:pytest]", b"[metadata]"),
    "tox.ini": (b"[pytest]",),
    "setup.py": (),
    "pytest.ini": (),
    ".pytest.ini": (),
    "pytest.toml": (),
    ".pytest.toml": (),
}
"""Files by which a folder is told to be a project, and what they must say then."""


class Config(NamedTuple):
    """What a project says about itself.

    Paths and globs are POSIX and relative to the project's folder. In ``COVERQUERY_<NAME>``
    lists are words as a shell reads them: ``COVERQUERY_SOURCE="src 'my lib'"``.

    Attributes:
        source: folders of the project's own code; empty: all of it.
        tests: paths given to pytest for a full run; empty: pytest's own choice.
        python: the interpreter that runs the tests; None: found.
        pytest_args: options pytest always gets.
        always_run: node ids, files or globs of tests that every selection contains.
        run_all_on: globs of files whose change concerns every test.
        data_files: globs of files that count as explained: who reads them is recorded.
        environment: names of environment variables whose value concerns every test.
        ignore: globs of files no test depends on, however they change.
        default_base: revision ``--since`` means when a command needs one and none is given.
        fail_under: percentage of changed lines that tests must execute.
        watch: whether the watcher may be started on this project.
        keep_runs: run folders kept after they were integrated.
    """

    source: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    python: str | None = None
    pytest_args: tuple[str, ...] = ()
    always_run: tuple[str, ...] = ()
    run_all_on: tuple[str, ...] = ()
    data_files: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    default_base: str | None = None
    fail_under: float | None = None
    watch: bool = True
    keep_runs: int = 20


def find_project(start: Path, root: Path) -> Path:
    """Return the nearest folder at or above start that is a project; root if there is none.

    That is one that we are configured in, or pytest, or a package of its own: in a repository of
    several projects pytest, started in one of them, runs that one.
    """
    folder, root = start.resolve(), root.resolve()
    while folder != root and root in folder.parents:
        if (folder / OWN_FILE).is_file() or _table(folder / SHARED_FILE) is not None:
            return folder
        if any(_says(folder / name, marks) for name, marks in OF_PROJECTS.items()):
            return folder
        folder = folder.parent
    return root


def _says(path: Path, marks: tuple[bytes, ...]) -> bool:
    """Tell whether a file is there and says one of these, if any."""
    try:
        return path.is_file() and (not marks or any(m in path.read_bytes() for m in marks))
    except OSError:
        return False


def load(project: Path, environ: Mapping[str, str]) -> Config:
    """Read the configuration of the project in this folder.

    Raises:
        ConfigError: an unknown key, a wrong type, broken TOML, or both files speaking.
    """
    settings = _from_file(project) | _from_environ(environ)
    return Config(**settings)


def _from_file(project: Path) -> dict[str, Any]:
    own, shared = project / OWN_FILE, project / SHARED_FILE
    table = _table(shared)
    if not own.is_file():
        return _checked(table or {}, f"[tool.coverquery] of {SHARED_FILE}")
    if table is not None:
        raise ConfigError(
            f"both {OWN_FILE} and [tool.coverquery] of {SHARED_FILE} configure {project.name}",
            fix=f"keep one of them: move the settings to {OWN_FILE} and remove the table",
        )
    return _checked(_parsed(own), OWN_FILE)


def _table(path: Path) -> Mapping[str, Any] | None:
    """Return the table of a pyproject.toml, None where there is none."""
    if not _speaks_of_us(path):
        return None
    tool = _parsed(path).get("tool", {})
    table = tool.get("coverquery") if isinstance(tool, dict) else None
    if table is None or isinstance(table, dict):
        return table
    raise ConfigError(
        f"{path.name}: tool.coverquery must be a table", fix="write [tool.coverquery] above it"
    )


def _speaks_of_us(path: Path) -> bool:
    """Tell whether a file can have our table: reading TOML takes 5 ms of a question's 90."""
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False
    except OSError:
        return path.is_file()  # whoever parses it says what is wrong
    # a key may be written with escapes
    return b"coverquery" in text or any(mark in text for mark in (b"\\u", b"\\U", b"\\x"))


def _parsed(path: Path) -> dict[str, Any]:
    import tomllib  # start-up time

    fix = f"mend {path}"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is not TOML: {error}", fix=fix) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path.name} is not UTF-8 (at line {line})", fix=fix) from error
    except RecursionError as error:
        raise ConfigError(f"{path.name} is nested too deeply", fix=fix) from error
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}", fix=fix) from error


def _checked(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    return {key: _value(key, value, where) for key, value in table.items()}


def _value(key: str, value: Any, where: str) -> Any:
    if key not in _KINDS:
        import difflib  # start-up time

        near = difflib.get_close_matches(key.replace("-", "_"), _KINDS, n=1, cutoff=0)
        raise ConfigError(
            f"{where}: there is no setting {key!r}; the nearest is {near[0]!r}",
            fix=f"rename {key!r} to {near[0]!r} in {where}, or remove it",
        )
    kind = _KINDS[key]
    if not kind.accepts(value):
        raise ConfigError(
            f"{where}: {key} must be {kind.words}, not {value!r:.60}",
            fix=f"write for example: {key} = {kind.example}",
        )
    return kind.convert(value)


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    named = {key: PREFIX + key.upper() for key in _KINDS}
    return {key: _read(key, environ[name]) for key, name in named.items() if name in environ}


def _read(key: str, text: str) -> Any:
    kind = _KINDS[key]
    try:
        return kind.read(text)
    except (ValueError, KeyError) as error:
        name = PREFIX + key.upper()
        raise ConfigError(
            f"{name} must be {kind.words}, not {text!r:.60}",
            fix=f"unset {name}, or give it {kind.words}",
        ) from error


class _Kind(NamedTuple):
    """A type a setting may have: how it is told, read and put into words."""

    words: str
    example: str
    accepts: Callable[[Any], bool]
    convert: Callable[[Any], Any]
    read: Callable[[str], Any]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_percentage(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _within(accepts: Callable[[Any], bool], value: Any) -> Any:
    if not accepts(value):
        raise ValueError(value)
    return value


def _split(text: str) -> tuple[str, ...]:
    import shlex  # start-up time

    return tuple(shlex.split(text))


_BOOLEANS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_WORDS: Final = _Kind("a list of strings", '["one", "two"]', _is_words, tuple, _split)
_STRING: Final = _Kind(
    "a string", '"text"', lambda value: isinstance(value, str), str, lambda text: text or None
)
_PERCENTAGE: Final = _Kind(
    "a number from 0 to 100", "90", _is_percentage, float,
    lambda text: _within(_is_percentage, float(text)),
)  # fmt: skip
_COUNT: Final = _Kind(
    "a whole number, 0 or more", "20", _is_count, int, lambda text: _within(_is_count, int(text))
)
_BOOLEAN: Final = _Kind(
    "true or false", "true", lambda value: isinstance(value, bool), bool,
    lambda text: _BOOLEANS[text.lower()],
)  # fmt: skip
_OTHERS: Final = {
    "python": _STRING, "default_base": _STRING, "fail_under": _PERCENTAGE,
    "watch": _BOOLEAN, "keep_runs": _COUNT,
}  # fmt: skip
_KINDS: Final = {name: _OTHERS.get(name, _WORDS) for name in Config._fields}
