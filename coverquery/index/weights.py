"""How much tests execute, for ranking them."""

from collections.abc import Iterable

from coverquery.index.db import Index, bound, unbound
from coverquery.index.intern import want
from coverquery.model import NodeId

_FACTS = """
SELECT nodeid, lines FROM temp.wanted JOIN test ON nodeid = value
JOIN execution ON execution.id = (
    SELECT newest.id FROM execution AS newest JOIN run ON run.id = newest.run
    WHERE newest.test = test.id ORDER BY started DESC, newest.id DESC LIMIT 1
)
JOIN line_fact ON line_fact.context = execution.context
"""


def executed_lines(index: Index, tests: Iterable[NodeId]) -> dict[NodeId, int]:
    """Return how many lines the newest execution of each test ran by itself."""
    want(index, map(bound, tests))
    counts: dict[NodeId, int] = {}
    sizes: dict[int, int] = {}
    rows = index.rows(_FACTS)
    wanted = {lines for _, lines in rows}
    want(index, wanted)
    found = index.rows("SELECT id, numbits FROM temp.wanted JOIN line_set ON line_set.id = value")
    for ident, numbits in found:
        sizes[ident] = int.from_bytes(numbits).bit_count()
    for nodeid, lines in rows:
        test = NodeId(unbound(nodeid))
        counts[test] = counts.get(test, 0) + sizes.get(lines, 0)
    return counts
