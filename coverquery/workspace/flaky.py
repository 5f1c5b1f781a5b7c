"""``flaky``: tests with different outcomes on the same contents."""

from coverquery.errors import IndexMissingError
from coverquery.index.history import runs
from coverquery.index.unstable import unstable_tests
from coverquery.report.safety_facts import FlakyFacts
from coverquery.workspace.place import Place
from coverquery.workspace.recording import open_store


def flaky(place: Place) -> FlakyFacts:
    """List the unstable tests.

    Raises:
        IndexMissingError: nothing was ever recorded.
    """
    notes: list[str] = []
    with open_store(place, notes) as store:
        if store is None or not store.test_count():
            raise IndexMissingError("no index for this project yet", fix="coverquery run")
        return FlakyFacts(
            tuple(unstable_tests(store.index)),
            store.test_count(),
            len(runs(store.index, -1)),
            tuple(notes),
        )
