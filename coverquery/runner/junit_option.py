"""Where pytest writes junit.xml: in the run folder, unless the project already says where.

Two junit.xml cannot be had, and one that CI reads must not vanish.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from coverquery.runner.arguments import blocked_plugins, value_of
from coverquery.runner.plan import LaunchPlan

_INI_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml",
              "tox.ini", "setup.cfg")  # fmt: skip
_CHOSEN = re.compile(r"""--junit-?xml(?:=|["',\s]+)([^\s"',]+)""")


class JunitChoice(NamedTuple):
    """The path to read afterwards, and the option of ours, if one is needed."""

    path: Path
    option: str | None


def junit_choice(plan: LaunchPlan) -> JunitChoice:
    """Decide who names junit.xml."""
    ours = (plan.run_folder / "junit.xml").absolute()
    given = value_of(plan.args, "--junit-xml", "--junitxml")
    if given:
        return JunitChoice(plan.project / Path(given).expanduser(), None)
    if not plan.junit or "junitxml" in blocked_plugins(plan.args):
        return JunitChoice(ours, None)
    for text in _standing_options(plan):
        if match := _CHOSEN.search(text):
            return JunitChoice(plan.project / Path(match[1]).expanduser(), None)
        if "no:junitxml" in text:
            return JunitChoice(ours, None)
    return JunitChoice(ours, f"--junit-xml={ours}")


def _standing_options(plan: LaunchPlan) -> Iterator[str]:
    """Yield the texts pytest takes options from besides its command line."""
    yield plan.environ.get("PYTEST_ADDOPTS", "")
    for folder in dict.fromkeys((plan.project, plan.request.root)):
        for name in _INI_FILES:
            path = folder / name
            if path.is_file():
                yield path.read_text(encoding="utf-8", errors="replace")
