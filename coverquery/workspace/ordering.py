"""The order of a selection, with what the index knows of the tests in it."""

from coverquery.index.store import Store
from coverquery.index.weights import executed_lines
from coverquery.model import Selection
from coverquery.selection.order import Ranking, ranking

_MANY = 500
"""Of more tests than this nobody reads the first by their share: counting would take longer."""


def order(store: Store, selection: Selection, *, many: int = _MANY) -> Ranking:
    """Rank the selected tests; of very many by everything but the share of them that is hit."""
    tests = selection.tests
    few = len(tests) <= many
    executed = executed_lines(store.index, [one.nodeid for one in tests]) if few else {}
    return ranking(tests, executed)
