"""Which files there were when a run was recorded: what is not among them has appeared since."""

import json
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from coverquery.errors import StorageError
from coverquery.hashing import sha1
from coverquery.index.db import Index, bound, unbound
from coverquery.model import Oid, RepoPath

if TYPE_CHECKING:  # who only asks should not pay for writing
    from coverquery.index.runs import RunFolder

NAME = "tree.json"
_DECIDING = frozenset(
    {"conftest.py", "pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml",
     "tox.ini", "setup.cfg"}
)  # fmt: skip
"""Files that decide what is collected: they stay changed until everything was collected again."""


class Manifest(NamedTuple):
    """The working tree when a run was started.

    Attributes:
        files: path → content.
        whole: pytest was asked for everything.
    """

    files: Mapping[RepoPath, Oid]
    whole: bool


def write_manifest(folder: "RunFolder", manifest: Manifest) -> None:
    """Keep the manifest in the run folder, from which the index can be rebuilt."""
    from coverquery.index.run_json import write_atomically

    text = json.dumps({"whole": manifest.whole, "files": dict(manifest.files)})
    try:
        # should it be lost, everything counts as having appeared since
        write_atomically(folder.path / NAME, text, durable=False)
    except OSError as error:
        raise StorageError(f"{folder.path} cannot be written: {error.strerror}") from error


def read_manifest(folder: "RunFolder") -> Manifest | None:
    """Return the manifest of a run folder; None when there is none or it cannot be read."""
    try:
        document = json.loads((folder.path / NAME).read_text(encoding="utf-8"))
        files = {RepoPath(str(path)): Oid(str(oid)) for path, oid in document["files"].items()}
        return Manifest(files, bool(document["whole"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def save_manifest(index: Index, uid: str, manifest: Manifest, *, collected: bool) -> None:
    """Put the manifest of an integrated run into the index.

    Args:
        index: open for writing.
        uid: of the run.
        manifest: what its folder holds.
        collected: everything asked for could be collected.
    """
    paths = "".join(f"{path}\0" for path in sorted(manifest.files))
    packed = paths.encode("utf-8", "surrogatepass")
    digest = sha1(packed, usedforsecurity=False).digest()
    with index.writing():
        index.execute(
            "INSERT OR IGNORE INTO path_list (digest, paths) VALUES (?, ?)",
            (digest, zlib.compress(packed)),
        )
        index.execute(
            "INSERT OR REPLACE INTO manifest (run, paths, complete)"
            " SELECT run.id, path_list.id, ? FROM run, path_list WHERE uid = ? AND digest = ?",
            (manifest.whole and collected, uid, digest),
        )
        files = dict(manifest.files)
        if not (manifest.whole and collected):
            files |= {p: o for p, o in latest_tree(index).items() if _name(p) in _DECIDING}
        index.execute("DELETE FROM latest_tree")
        index.execute_many(
            "INSERT INTO latest_tree VALUES (?, ?)",
            ((bound(path), oid) for path, oid in files.items()),
        )


def load_manifests(index: Index) -> dict[str, frozenset[RepoPath]]:
    """Return the paths there were at each run, by its uid."""
    lists = {
        ident: frozenset(map(RepoPath, _unpacked(packed)))
        for ident, packed in index.rows("SELECT id, paths FROM path_list")
    }
    rows = index.rows("SELECT uid, paths FROM manifest JOIN run ON run.id = manifest.run")
    return {uid: lists[ident] for uid, ident in rows}


def complete_paths(index: Index) -> frozenset[RepoPath] | None:
    """Return the paths there were when pytest last collected everything; None: it never did."""
    row = index.one(
        "SELECT path_list.paths FROM manifest JOIN path_list ON path_list.id = manifest.paths"
        " JOIN run ON run.id = manifest.run WHERE complete ORDER BY started DESC LIMIT 1"
    )
    return None if row is None else frozenset(map(RepoPath, _unpacked(row[0])))


def latest_tree(index: Index) -> dict[RepoPath, Oid]:
    """Return the content of every file when the newest run was started."""
    rows = index.rows("SELECT path, oid FROM latest_tree")
    return {RepoPath(unbound(path)): Oid(oid) for path, oid in rows}


def has_complete(index: Index) -> bool:
    """Tell whether pytest was ever asked for everything and could collect it."""
    return index.one("SELECT 1 FROM manifest WHERE complete LIMIT 1") is not None


def _name(path: RepoPath) -> str:
    return path.rpartition("/")[2]


def _unpacked(packed: bytes) -> list[str]:
    text = zlib.decompress(packed).decode("utf-8", "surrogatepass")
    return text.split("\0")[:-1]
