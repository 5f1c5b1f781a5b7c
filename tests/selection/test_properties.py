"""Random programs and random edits: every test whose outcome changes is selected.

Programs are packages of one repository, recorded together. ``PROPERTY_EXAMPLES`` asks for more
examples than the few of every day.
"""

import difflib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.selection import properties
from tests.selection.caselab import IGNORED, INI, CaseLab
from tests.selection.properties import Files, Miss
from tests.selection.warm import Warm

LONG = int(os.environ.get("PROPERTY_EXAMPLES", "0"))
PROGRAMS, ROUNDS = 12, 4
Made = tuple[CaseLab, dict[str, Files], dict[str, str]]


@pytest.fixture(scope="module")
def recorded(warm: Warm) -> Iterator[Callable[[int], Made]]:
    """Ask for a repository of recorded random programs, and their outcomes in a plain run."""
    with ExitStack() as stack:

        def make(seed: int) -> Made:
            path = Path(stack.enter_context(TemporaryDirectory())) / "project"
            path.mkdir()
            lab = CaseLab(path, Path(sys.executable), warm)
            return lab, *_recorded(lab, Random(seed))

        yield make


def _recorded(lab: CaseLab, random: Random) -> tuple[dict[str, Files], dict[str, str]]:
    lab.git("init", "-q", "-b", "main")
    lab.write("pytest.ini", INI)
    lab.write(".gitignore", IGNORED)
    drawn = properties.draw_programs(random, PROGRAMS)
    programs = properties.learnt(lab, drawn)
    properties.write(lab, programs)
    outcomes = lab.outcomes("")
    unstable = {test.partition("/")[0] for test, outcome in outcomes.items() if outcome}
    for package in drawn:
        if package in unstable or package not in programs:
            shutil.rmtree(lab.path / package)
            programs.pop(package, None)
    lab.git("add", "-A")
    lab.git("commit", "-q", "-m", "programs")
    lab.coverquery("run")
    return programs, {test: "" for test in outcomes if test.partition("/")[0] in programs}


@pytest.mark.slow
@settings(
    max_examples=LONG or 3, derandomize=not LONG, database=None, deadline=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip
@given(seed=st.integers(0, 2**32))
def test_whatever_changes_its_outcome_is_selected(
    recorded: Callable[[int], Made], seed: int
) -> None:
    lab, programs, before = recorded(seed)
    random = Random(seed)
    assert lab.affected() == set(), "no change selects nothing"
    missed: list[Miss] = []
    for _ in range(ROUNDS):
        new = {name: properties.edited(files, random, 1) for name, files in programs.items()}
        properties.write(lab, new)
        changed = properties.changed_outcomes(lab, before, lab.outcomes(""))
        widened = lab.affected("--widen")  # another canary may stand for the same tests
        lacking = properties.lacking(changed, lab.affected(), widened)
        missed += properties.misses(lacking, programs, new)
        wider = {
            name: properties.wider(files, new[name], random) for name, files in programs.items()
        }
        properties.write(lab, wider)
        less = widened - lab.affected("--widen")
        narrowed = {test for test in less if "::" in test and lab.stands(test)}
        assert not narrowed, told(Miss("", "", programs[a], wider[a]) for a in _packages(narrowed))
        properties.write(lab, programs)
    assert not missed, told(missed)


def _packages(tests: set[str]) -> list[str]:
    return sorted({test.partition("/")[0] for test in tests})


def told(missed: Iterator[Miss] | list[Miss]) -> str:
    """Return the tests and the edits they should have been selected for."""
    return "\n".join(f"{one.test}\n{_difference(one)}" for one in missed)


def _difference(one: Miss) -> str:
    lines: list[str] = []
    for name in one.before:
        old, new = (text[name].splitlines(keepends=True) for text in (one.before, one.after))
        lines += difflib.unified_diff(old, new, name, name)
    return "".join(lines)
