"""The user's keyboard, while what is typed goes to the child letter by letter.

Ctrl-C and Ctrl-Z stay signals for us. The terminal is given back as it was.
"""

import os
import termios
from typing import Any, Self

_STDIN = 0


class Keyboard:
    """Standard input as a terminal we may read from."""

    def __init__(self, modes: list[Any]) -> None:
        self._before = modes
        self._taken = False

    @classmethod
    def ours(cls) -> Self | None:
        """Return the keyboard, None without one or where we run in the background."""
        return cls(termios.tcgetattr(_STDIN)) if _is_ours() else None

    def fileno(self) -> int:
        """Return the descriptor to read."""
        return _STDIN

    def take(self) -> None:
        """Have each letter at once, and leave the echo to the child's terminal."""
        if _is_ours():
            modes = list(self._before)
            modes[3] &= ~(termios.ICANON | termios.ECHO)
            termios.tcsetattr(_STDIN, termios.TCSANOW, modes)
            self._taken = True

    def give_back(self) -> None:
        """Leave the terminal as it was found."""
        if self._taken and _is_ours():
            termios.tcsetattr(_STDIN, termios.TCSADRAIN, self._before)
        self._taken = False


def _is_ours() -> bool:
    """Say whether input is the terminal we belong to, and we are in its foreground."""
    try:
        return os.tcgetpgrp(_STDIN) == os.getpgrp()
    except OSError:
        return False
