"""Gathers what a comparison finds, one touch for each (why, symbol)."""

from typing import Literal

from coverquery.lines import LineSet
from coverquery.model import Touch

Found = Literal["line", "shape", "import", "doc", "symbol"]


class Record:
    """The touches found so far."""

    def __init__(self) -> None:
        self._touches: dict[tuple[Found, str], Touch] = {}

    def mark(
        self, why: Literal["line", "shape"], symbol: str, old: LineSet, new: LineSet = LineSet()
    ) -> None:  # fmt: skip
        """Whoever executed these lines of the old version is concerned."""
        # a change nobody could have evidence of concerns everybody
        self._add(Touch(why, old, not old, symbol, new))

    def imported(self, symbol: str, old: LineSet, new: LineSet) -> None:
        """Everybody who imported the module is concerned."""
        self._add(Touch("import", old, True, symbol, new))

    def documented(self, symbol: str, old: LineSet, new: LineSet, *, escapes: bool) -> None:
        """Whoever reads this docstring is concerned."""
        self._add(Touch("doc", old, True, symbol, new, escapes))

    def symbol(self, touch: Touch) -> None:
        """Whoever uses this name is concerned."""
        self._add(touch)

    def touches(self) -> tuple[Touch, ...]:
        """Return all touches in the order of their place in the file."""
        return tuple(sorted(self._touches.values(), key=_place))

    def _add(self, touch: Touch) -> None:
        key = (touch.why, touch.symbol)
        known = self._touches.get(key)
        if known is not None:
            touch = Touch(
                touch.why,
                known.old_lines | touch.old_lines,
                known.whole or touch.whole,
                touch.symbol,
                known.new_lines | touch.new_lines,
                known.escapes or touch.escapes,
                known.gone or touch.gone,
                known.wide or touch.wide,
                known.raises or touch.raises,
                tuple(dict.fromkeys((*known.bases, *touch.bases))),
                tuple(dict.fromkeys((*known.imports, *touch.imports))),
                known.fixture and touch.fixture,
                known.elsewhere or touch.elsewhere,
            )
        self._touches[key] = touch


def _place(touch: Touch) -> tuple[int, str, str]:
    lines = touch.old_lines or touch.new_lines
    first = next(iter(lines), 0)
    return first, touch.symbol, touch.why
