"""The first line of a journal: which interpreter, with which packages."""

import hashlib
import os
import sys
import time

VERSION = 1


def brief(worker: str) -> dict[str, object]:
    """Describe this process."""
    version = ".".join(map(str, sys.version_info[:3]))
    return {
        "worker": worker,
        "pid": os.getpid(),
        "python": f"{sys.implementation.name} {version}",
        "prefix": sys.prefix,
    }


def packages(engine: str, root: str) -> dict[str, object]:
    """Describe what its tests will run with. Reads folder names only: metadata takes time."""
    folders, distributions = _distributions()
    return {
        "executable": sys.executable,
        "platform": f"{sys.platform} {_machine()}",
        "site_dirs": folders,
        "distributions": distributions,
        "startup": _startup(folders),
        "binary": _binary(),
        "packages": True,
        "engine": engine,
        "root": root,
        "started": time.time(),
    }


def _machine() -> str:
    return os.uname().machine if hasattr(os, "uname") else ""


def _startup(folders: list[str]) -> str:
    """Name the .pth files; ``coverquery.workspace.distributions`` does the same."""
    found = [
        f"{name} {_content(f'{folder}/{name}')}"
        for folder in folders
        for name in sorted(os.listdir(folder))  # noqa: PTH208
        if name.endswith(".pth")
    ]
    text = "\n".join(found).encode("utf-8", "surrogatepass")
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()


def _content(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return hashlib.sha1(file.read(), usedforsecurity=False).hexdigest()
    except OSError:
        return ""


def _binary() -> str:
    """Return how the interpreter's own file looks: an upgrade in place keeps all names."""
    try:
        seen = os.stat(sys.executable)  # noqa: PTH116
    except (OSError, TypeError):
        return ""
    return f"{seen.st_size} {seen.st_mtime_ns}"


def _distributions() -> tuple[list[str], list[str]]:
    folders, names = [], set()
    own = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
    for folder in dict.fromkeys(sys.path):
        if not folder or folder == own or folder == os.getcwd():  # noqa: PTH109
            continue
        try:
            found = [n for n in os.listdir(folder) if n.endswith((".dist-info", ".egg-info"))]  # noqa: PTH208
        except OSError:
            continue
        if found or folder.endswith(("site-packages", "dist-packages")):
            folders.append(folder)
            names.update(found)
    return folders, sorted(names)
