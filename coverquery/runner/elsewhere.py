"""Making a project's Python import the project from another checkout than it was installed from."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from coverquery.errors import InterpreterError, UsageError
from coverquery.runner.interpreter import Interpreter

_QUOTED = re.compile(r"'(/[^'\n]+)'")
_TIMEOUT = 60.0
_SCRIPT = """
import importlib.util, json, sys
found = {}
for name in json.loads(sys.argv[1]):
    try:
        spec = importlib.util.find_spec(name)
    except Exception:
        continue
    places = [spec.origin, *(spec.submodule_search_locations or ())] if spec else []
    found[name] = [str(place) for place in places if place]
print(json.dumps(found))
"""


def import_folders(python: Interpreter, root: Path, copy: Path, environ: Mapping[str, str]) -> str:
    """Return a PYTHONPATH on which the copy of a checkout comes before the checkout.

    What is installed from the checkout in place (``pip install -e``) stands in ``.pth`` files
    and finders that would win otherwise.

    Args:
        python: the project's.
        root: the checkout.
        copy: another checkout of the same repository.
        environ: with the user's own PYTHONPATH.
    """
    inside = [*_installed_in_place(python.prefix, root), root / "src"]
    theirs = [Path(word) for word in environ.get("PYTHONPATH", "").split(os.pathsep) if word]
    moved = [_moved(folder, root, copy) for folder in (*theirs, *inside)]
    return os.pathsep.join(str(folder) for folder in dict.fromkeys(moved))


def refuse_other_imports(python: Interpreter, root: Path, copy: Path, folder: Path) -> None:
    """Make sure that tests started in a folder of the copy import the copy.

    Raises:
        UsageError: they would import from the checkout itself.
        InterpreterError: the Python does not answer.
    """
    names = sorted({name for place in (folder, folder / "src") for name in _modules(place)})
    try:
        done = subprocess.run(
            [str(python.executable), "-c", _SCRIPT, json.dumps(names)],
            cwd=folder, capture_output=True, check=False, timeout=_TIMEOUT,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        found = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
        raise InterpreterError(f"{python.executable} does not answer in {folder}") from error
    for name, places in sorted(found.items()):
        if any(
            _is_below(Path(place), root) and not _is_below(Path(place), copy) for place in places
        ):
            raise UsageError(
                f"tests of a replayed commit would import {name} from {places[0]}, not from the"
                " commit",
                fix="install the project where its Python does not prefer this checkout",
            )


def _installed_in_place(prefix: Path, root: Path) -> Iterator[Path]:
    for site in sorted(prefix.glob("lib*/python*/site-packages")):
        for file in sorted(site.glob("*.pth")):
            for line in _text(file).splitlines():
                folder = Path(line.strip())
                if line.startswith("/") and _is_below(folder, root):
                    yield folder
        for file in sorted(site.glob("__editable__*.py")):
            for place in map(Path, _QUOTED.findall(_text(file))):
                if _is_below(place, root):
                    yield place.parent


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _moved(folder: Path, root: Path, copy: Path) -> Path:
    absolute = Path(os.path.abspath(folder))  # noqa: PTH100  links stay what they are
    return copy / absolute.relative_to(root) if absolute.is_relative_to(root) else folder


def _is_below(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _modules(folder: Path) -> Iterable[str]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if (entry / "__init__.py").is_file() and entry.name.isidentifier():
            yield entry.name
