"""Opening the index for a question or a run, whatever state it was left in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coverquery.errors import IndexDamagedError, IndexMissingError, StorageError
from coverquery.index.db import Index
from coverquery.index.home import find_home, locked
from coverquery.index.pending import is_behind, run_names
from coverquery.index.store import Store
from coverquery.workspace.place import Place

INDEX = "index.db"


@contextmanager
def open_store(place: Place, notes: list[str]) -> Iterator[Store | None]:
    """Open the index for questions, first catching up on what is not in it yet.

    Gives None when there is nothing to ask. What had to be mended is added to notes.
    """
    home = find_home(place.project)
    if home is None:
        yield None
        return
    index = _opened(home)
    if (index is None and any(run_names(home))) or (index and is_behind(index, home)):
        if index:
            index.close()
        _catch_up(place, home, notes)
        index = _opened(home)
    if index is None:
        yield None
        return
    with index:
        yield Store(index)


def _opened(home: Path) -> Index | None:
    """Open the index if it can be used."""
    try:
        index = Index.open(home / INDEX, readonly=True)
    except (IndexMissingError, IndexDamagedError):
        return None
    try:
        index.rows("SELECT 1 FROM run LIMIT 1")
    except IndexDamagedError:
        index.close()
        return None
    return index


def _catch_up(place: Place, home: Path, notes: list[str]) -> None:
    """Put right what a question finds wrong, unless a run is going on right now."""
    from coverquery.workspace.integrating import mend  # start-up time

    try:
        with locked(home):
            mend(place, home, notes, sound=_is_sound(home))
    except StorageError as error:
        notes.append(f"the newest run is not counted yet: {error.text}")


@contextmanager
def open_index(place: Place, home: Path, notes: list[str]) -> Iterator[Index]:
    """Open the index for writing; the caller holds the lock."""
    if _needs_mending(home):
        from coverquery.workspace.integrating import mend  # start-up time

        mend(place, home, notes, sound=_is_sound(home))
    with Index.open(home / INDEX, create=True) as index:
        yield index


def _needs_mending(home: Path) -> bool:
    """Tell whether the index is damaged, gone, or without some run: looking takes 1 ms."""
    index = _opened(home)
    if index is None:
        return any(run_names(home)) or (home / INDEX).exists()
    with index:
        return is_behind(index, home)


def _is_sound(home: Path) -> bool:
    index = _opened(home)
    if index is None:
        return not (home / INDEX).exists()
    index.close()
    return True
