"""The text of the files that code comes from."""

import re
import tokenize
from types import CodeType

_BY_ITSELF = re.compile(r"(?<![.\w])__class__").search


class Texts:
    """Each file is read once, when first asked for."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._naming: dict[str, bool] = {}

    def of(self, code: CodeType) -> list[str]:
        """Return the lines of a code's file; none where they cannot be read."""
        name = code.co_filename
        if name not in self._lines:
            try:
                with tokenize.open(name) as file:
                    self._lines[name] = file.readlines()
            except (OSError, SyntaxError, ValueError):
                self._lines[name] = []
        return self._lines[name]

    def names_class(self, code: CodeType) -> bool:
        """Tell whether a code's file, as far as it is known, says ``__class__`` of no object."""
        name = code.co_filename
        if name not in self._naming:
            lines = self.of(code)
            self._naming[name] = not lines or any(map(_BY_ITSELF, lines))
        return self._naming[name]
