"""Records many random programs at once, edits each, and compares plain runs with the answer."""

import ast
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from tests.selection.caselab import CaseLab
from tests.selection.definitions import program
from tests.selection.mutations import mutate
from tests.selection.programs import LEARN

Files = Mapping[str, str]
"""path inside the package → text, ``PKG`` standing for the package."""


@dataclass(frozen=True)
class Miss:
    """A test whose outcome changed though it was not selected."""

    package: str
    test: str
    before: Files
    after: Files


def placed(package: str, files: Files) -> dict[str, str]:
    """Return the files of a package as they stand in the repository."""
    return {f"{package}/{name}": text.replace("PKG", package) for name, text in files.items()}


def draw_programs(random: Random, count: int) -> dict[str, Files]:
    """Draw programs whose tests have no expected values yet."""
    return {f"g{number}": _normal(program(random).files) for number in range(count)}


def _normal(files: Files) -> Files:
    return {name: ast.unparse(ast.parse(text)) + "\n" for name, text in files.items()}


def learnt(lab: CaseLab, programs: Mapping[str, Files]) -> dict[str, Files]:
    """Run the programs' tests to learn their values; leave out what cannot be imported."""
    for package, files in programs.items():
        asking = re.sub(r"assert got == EXPECTED_\d+", f"raise Exception('{LEARN}' + got)",
                        files["test_it.py"])  # fmt: skip
        for name, text in placed(package, {**files, "test_it.py": asking}).items():
            lab.write(name, text)
    values: dict[str, dict[str, str]] = {}
    for case in ET.parse(lab.junit("")).iter("testcase"):
        package = (case.get("file") or "").partition("/")[0]
        message = next((child.get("message") or "" for child in case), "")
        if LEARN in message:
            values.setdefault(package, {})[case.get("name") or ""] = message.split(LEARN, 1)[1]
    return {
        package: {**files, "test_it.py": _expecting(files["test_it.py"], values[package])}
        for package, files in programs.items() if package in values
    }  # fmt: skip


def _expecting(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"== EXPECTED_{name.removeprefix('test_')}\n", f"== {value!r}\n")
    return text


def edited(files: Files, random: Random, edits: int) -> Files:
    """Return files with some random edits."""
    changed = dict(files)
    for _ in range(edits):
        for _ in range(20):
            name = random.choice([*sorted(changed), *sorted({"p.py", "q.py"} & changed.keys())])
            text = mutate(changed[name], random)
            if text is not None:
                changed[name] = text
                break
    return changed


def write(lab: CaseLab, programs: Mapping[str, Files]) -> None:
    """Write programs over what stands in the repository."""
    for package, files in programs.items():
        for name, text in placed(package, files).items():
            path = lab.path / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                lab.write(name, text)


def changed_outcomes(lab: CaseLab, before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """Return the tests whose outcome differs, or that stand in their file and cannot be run."""
    return {
        test for test in before
        if before[test] != after.get(test, "gone") and (test in after or lab.stands(test))
    }  # fmt: skip


def lacking(changed: set[str], chosen: set[str], widened: set[str]) -> set[str]:
    """Return the changed tests that neither the answer nor what a canary in it would add holds.

    Args:
        changed: tests whose outcome is different.
        chosen: the answer.
        widened: the answer as if its canaries had failed.
    """
    telling = {test.partition("/")[0] for test in changed & chosen}
    return {
        test for test in changed - chosen
        if test not in widened or test.partition("/")[0] not in telling
    }  # fmt: skip


def misses(tests: set[str], old: Mapping[str, Files], new: Mapping[str, Files]) -> list[Miss]:
    """Return tests with the edits they should have been selected for."""
    packages = {test: test.partition("/")[0] for test in sorted(tests)}
    return [Miss(package, test, old[package], new[package]) for test, package in packages.items()]


def wider(old: Files, new: Files, random: Random) -> Files:
    """Return the edited files with another edit, of a file that was left alone."""
    alone = {name: text for name, text in new.items() if text == old[name]}
    return {**new, **edited(alone, random, 1)} if alone else new
