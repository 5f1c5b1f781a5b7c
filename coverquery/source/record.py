"""Gathers what a comparison finds, one touch for each (why, symbol)."""

from dataclasses import dataclass, field
from typing import Literal

from coverquery.lines import LineSet
from coverquery.model import Touch

Found = Literal["line", "shape", "import", "doc"]


@dataclass(slots=True)
class Record:
    """The touches found so far."""

    _touches: dict[tuple[Found, str], Touch] = field(default_factory=dict)

    def mark(
        self, why: Literal["line", "shape"], symbol: str, old: LineSet, new: LineSet = LineSet()
    ) -> None:  # fmt: skip
        """Whoever executed these lines of the old version is concerned."""
        self._add(Touch(why, old, False, symbol, new))

    def imported(self, symbol: str, old: LineSet, new: LineSet) -> None:
        """Everybody who imported the module is concerned."""
        self._add(Touch("import", old, True, symbol, new))

    def documented(self, symbol: str, old: LineSet, new: LineSet, *, escapes: bool) -> None:
        """Whoever reads this docstring is concerned."""
        self._add(Touch("doc", old, True, symbol, new, escapes))

    def touches(self) -> tuple[Touch, ...]:
        """Return all touches in the order of their place in the file."""
        found = (t for t in self._touches.values() if t.whole or t.old_lines)
        return tuple(sorted(found, key=_place))

    def _add(self, touch: Touch) -> None:
        key = (touch.why, touch.symbol)
        known = self._touches.get(key)
        if known is not None:
            touch = Touch(
                touch.why,
                known.old_lines | touch.old_lines,
                touch.whole,
                touch.symbol,
                known.new_lines | touch.new_lines,
                known.escapes or touch.escapes,
            )
        self._touches[key] = touch


def _place(touch: Touch) -> tuple[int, str, str]:
    lines = touch.old_lines or touch.new_lines
    first = next(iter(lines), 0)
    return first, touch.symbol, touch.why
