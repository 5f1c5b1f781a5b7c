"""Whether pytest may import modules of the project before it loads a plugin.

That is what it does with the categories that ``filterwarnings`` and ``-W`` name. Then the recorder
has to begin before pytest reads its configuration.
"""

from collections.abc import Iterator
from pathlib import Path

from coverquery.runner.plan import LaunchPlan
from coverquery.selection.layout import CONFIG_FILES

_OPTIONS = ("-W", "--pythonwarnings", "-c", "--config-file")  # another file may say anything
_MARKS = (b"filterwarnings", b"-W", b"--pythonwarnings")


def begins_early(plan: LaunchPlan) -> bool:
    """Tell whether the recorder is to begin before pytest."""
    given = (*plan.args, *plan.environ.get("PYTEST_ADDOPTS", "").split())
    if any(word.startswith(_OPTIONS) or "filterwarnings" in word for word in given):
        return True
    return any(_mentions(folder / name) for folder in _folders(plan) for name in CONFIG_FILES)


def _folders(plan: LaunchPlan) -> Iterator[Path]:
    """Yield where pytest may find its configuration."""
    yield plan.project
    for folder in plan.project.parents:
        if not folder.is_relative_to(plan.request.root):
            break
        yield folder


def _mentions(path: Path) -> bool:
    try:
        text = path.read_bytes()
    except OSError:
        return False
    return any(mark in text for mark in _MARKS)
