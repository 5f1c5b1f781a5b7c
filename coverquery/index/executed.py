"""What each context of a process executed, phase by phase: worked out once for all who ask."""

from collections import defaultdict
from collections.abc import Mapping

from coverquery.index.seen import Journal

Executed = Mapping[int, Mapping[str, dict[int, int]]]
"""Lines as bits, by context, phase and file, each with the id its journal gave it."""


def executed(journal: Journal) -> Executed:
    """Return the lines of every context; those of one phase and file are one number."""
    if not journal.executed:
        sets = {sid: (fid, lines.bits) for sid, (fid, lines) in journal.sets.items()}
        for cid, phases in journal.facts.items():
            of_phase = journal.executed[cid] = {}
            for phase, facts in phases.items():
                files: defaultdict[int, int] = defaultdict(int)
                for sid in facts.sets:
                    fid, bits = sets[sid]
                    files[fid] |= bits
                of_phase[phase] = files
    return journal.executed
