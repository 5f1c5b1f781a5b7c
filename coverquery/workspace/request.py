"""What ``run`` is asked to do."""

from typing import NamedTuple


class RunRequest(NamedTuple):
    """The options of ``coverquery run``.

    Attributes:
        all: everything, whatever the records say.
        since: tests the change from this revision can affect.
        staged: tests what is staged can affect.
        nodeids: just these, as pytest takes them.
        pytest_args: passed on to pytest.
        quiet: pytest's output goes to the log only.
        by_path: in pytest's own order; else the most telling first.
    """

    all: bool = False
    since: str | None = None
    staged: bool = False
    nodeids: tuple[str, ...] = ()
    pytest_args: tuple[str, ...] = ()
    quiet: bool = False
    by_path: bool = False
