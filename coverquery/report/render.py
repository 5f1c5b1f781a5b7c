"""Facts → what is written: the one door for the command line, hooks and servers."""

from coverquery.report import affected, covers, failure, run, runs, status, why
from coverquery.report.compact import dumps
from coverquery.report.facts import (
    AffectedFacts,
    CoversFacts,
    ErrorFacts,
    Facts,
    Rendering,
    RunFacts,
    RunsFacts,
    StatusFacts,
    WhyFacts,
)

_FORMATS = {
    AffectedFacts: affected,
    RunFacts: run,
    WhyFacts: why,
    CoversFacts: covers,
    StatusFacts: status,
    RunsFacts: runs,
    ErrorFacts: failure,
}


def render_text(facts: Facts, rendering: Rendering) -> str:
    """Return the answer as lines: verdict first, next command last."""
    written: str = _FORMATS[type(facts)].text(facts, rendering)
    return written


def render_json(facts: Facts, rendering: Rendering) -> str:
    """Return the answer as one line of compact JSON."""
    return f"{dumps(_FORMATS[type(facts)].document(facts, rendering))}\n"
