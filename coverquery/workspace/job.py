"""What a run has to do: which paths pytest is given, and which tests it leaves out."""

from collections.abc import Container
from typing import NamedTuple

from coverquery.index.store import Store
from coverquery.model import NodeId, Selection
from coverquery.selection.canaries import Key
from coverquery.selection.order import Ranking
from coverquery.workspace.affected import judge
from coverquery.workspace.asking import EVERYTHING
from coverquery.workspace.ordering import order
from coverquery.workspace.place import Place
from coverquery.workspace.request import RunRequest
from coverquery.workspace.trees import Trees

_MANY = 400
"""More files than this are not named one by one: pytest then finds them by itself."""


class Job(NamedTuple):
    """What is going to be run.

    Attributes:
        selection: what was found to be affected.
        paths: for pytest's command line; empty for what pytest finds by itself.
        skip: known tests that are deselected.
        selected: how many known tests are to run; None: whatever is found.
        idle: there is nothing to run.
        complete: pytest is asked for everything the project has.
        whole: the paths are files, of which nothing but ``skip`` is left out.
        order: the selected tests, the most telling first; None: pytest's own order.
    """

    selection: Selection
    paths: tuple[str, ...] = ()
    skip: tuple[NodeId, ...] = ()
    selected: int | None = None
    idle: bool = False
    complete: bool = False
    whole: bool = False
    order: Ranking | None = None

    @classmethod
    def everything(cls, place: Place) -> "Job":
        """Everything pytest finds by itself."""
        return cls(Selection((), (EVERYTHING,), ()), place.config.tests, complete=True)


def job(
    place: Place, store: Store, trees: Trees, request: RunRequest, broken: Container[Key] = ()
) -> Job:
    """Decide what to run; ``broken``: imports that are known to fail."""
    all_of_it = Job.everything(place)
    if request.nodeids:
        return all_of_it._replace(paths=tuple(map(place.typed, request.nodeids)), complete=False)
    if request.all or not store.test_count():
        return all_of_it
    selection = judge(place, store, trees, broken=broken).selection
    if not selection.tests and not selection.prefixes:
        return Job(selection, selected=0, idle=True)
    files = {one.file for one in (*selection.tests, *selection.prefixes)}
    known = dict(store.tests())
    collected = store.collected_files()
    chosen = {one.nodeid for one in selection.tests}
    skip = tuple(sorted(known.keys() - chosen))
    telling = None if request.by_path else order(store, selection)
    if telling is not None and not telling.tells:
        telling = None
    # Where every file is concerned, pytest's own choice of files is the surer one.
    # The same where pytest has not yet decided whether it takes a file: named on the
    # command line it would take one that `collect_ignore` leaves out.
    undecided = any(one.file not in collected for one in selection.prefixes)
    if undecided or len(files) > _MANY or files >= set(known.values()):
        paths = place.config.tests
        return Job(selection, paths, skip, len(chosen), complete=True, order=telling)
    in_files = tuple(node for node in skip if known[node] in files)
    paths = tuple(place.argument(file) for file in sorted(files))
    return Job(selection, paths, in_files, len(chosen), whole=True, order=telling)
