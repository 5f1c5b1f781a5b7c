"""Small projects, edited: what must be selected is, what must not is not (``cases/*.cases``).

``CASES=strict`` fails where a mark (``blunt``, ``wide``, ``miss``) is no longer needed.
"""

import os
from collections.abc import Callable

import pytest

from tests.selection.casebook import Edit, Project, projects
from tests.selection.caselab import CaseLab, is_named
from tests.selection.conftest import LabOf

STRICT = os.environ.get("CASES") == "strict"
CASES = [
    pytest.param(project, edit, id=f"{project.name}: {edit.name}")
    for project in projects()
    for edit in project.edits
]
QUESTIONS = {"3.11": (), "3.12": ("--since", "HEAD")}
"""Two engines and two questions: each case meets each of the four once."""


def named(project: Project, edit: Edit, kind: str, tests: set[str]) -> set[str]:
    """Return the tests a list of a case means; fail on names that mean none."""
    names = edit.lists.get(kind, [])
    tests = {test for test in tests if test.startswith(project.prefix)}
    if names == ["rest"]:
        others = {test for other in ("must", "also") for test in named(project, edit, other, tests)}
        return tests - others
    found = set[str]()
    for name in names:
        meant = {
            test for test in tests
            if is_named(project, test, name) or is_named(project, test.partition("::")[0], name)
        }  # fmt: skip
        assert meant, f"no test is named {name}"
        found |= meant
    return found


@pytest.mark.parametrize("version", QUESTIONS)
@pytest.mark.parametrize(("project", "edit"), CASES)
def test_selects(lab_of: LabOf, project: Project, edit: Edit, version: str) -> None:
    lab = lab_of(project, version)
    known = set(lab.known())
    with lab.edited(project, edit):
        chosen, canaries = lab.answer(*QUESTIONS[version])
        widened = lab.affected("--widen", *QUESTIONS[version]) if "breaks" in edit.texts else chosen
    everything = known | chosen
    must = named(project, edit, "must", everything)
    missed = (must | named(project, edit, "also", everything)) - widened
    missed |= must if not must & chosen else set()
    wrong = (named(project, edit, "not", everything) & chosen) - canaries
    elsewhere = {test for test in chosen - canaries if not test.startswith(project.prefix)}
    marks = [judge(edit, "miss", missed), judge(edit, "blunt", wrong),
                   judge(edit, "wide", elsewhere)]  # fmt: skip
    if any(marks):
        pytest.xfail(", ".join(filter(None, marks)))


def judge(edit: Edit, mark: str, tests: set[str]) -> str:
    """Fail for these tests; unless a mark says that this is known: then return what it says."""
    reason = edit.texts.get(mark)
    if reason is None:
        assert not tests, f"{mark}: {edit.texts['why']}"
    elif tests:
        some = sorted({test.rpartition("::")[2] for test in tests})
        return f"{mark}: {reason}: {' '.join(some[:9])}"
    else:
        assert not STRICT, f"no longer {mark}"
    return ""


@pytest.mark.slow
@pytest.mark.parametrize(("project", "edit"), CASES)
def test_is_true(
    plain_lab: Callable[[Project], CaseLab], project: Project, edit: Edit, memory: dict[str, object]
) -> None:
    """A case does not lie: what it says must be selected changes its outcome, nothing else does."""
    if "untrue" in edit.texts:
        pytest.skip(edit.texts["untrue"])
    lab = plain_lab(project)
    before = memory.setdefault(project.name, lab.outcomes(project.folder))
    assert isinstance(before, dict)
    with lab.edited(project, edit):
        after = lab.outcomes(project.folder)
        tests = {test for test in before if test in after or lab.stands(test)} | set(after)
    changed = {test for test in tests if before.get(test) != after.get(test)}
    must, also = (named(project, edit, kind, tests) for kind in ("must", "also"))
    assert changed <= must | also
    assert must <= changed
    assert not any(before.values()), "a case begins with tests that pass"


@pytest.fixture(scope="module")
def memory() -> dict[str, object]:
    """Outcomes of projects as they were."""
    return {}
