"""Processes that ``multiprocessing`` starts: spawn and forkserver raise no audit event."""

import sys


class Processes:
    """Watches the counter that numbers ``multiprocessing``'s processes."""

    def __init__(self) -> None:
        self._seen = "count(1)"

    def new(self) -> bool:
        """Tell whether there are new ones since the last look."""
        module = sys.modules.get("multiprocessing.process")
        if module is None:
            return False
        before, self._seen = self._seen, repr(getattr(module, "_process_counter", None))
        return before != self._seen
