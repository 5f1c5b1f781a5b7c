"""A line of ours below a program's own output on the same terminal. Pure: bytes in, bytes out."""

from coverquery.runner.column import Column

_ERASE = b"\x1b[J"  # from the cursor to the end of the screen


class Screen:
    """Keeps one line below whatever the program writes."""

    def __init__(self, width: int) -> None:
        self._column = Column(width)
        self._bar = ""
        self._drawn = False

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return self._column.width

    def resize(self, width: int) -> bytes:
        """Take note of the terminal's new width."""
        erased = self.erase()
        self._column.width = width
        self._bar = ""
        return erased

    def output(self, chunk: bytes, *, redraw: bool = True) -> bytes:
        """Return what to write for a chunk of the program's."""
        erased = self.erase()
        self._column.feed(chunk)
        return erased + chunk + (self._draw() if redraw else b"")

    def show(self, bar: str) -> bytes:
        """Return what to write to have the line say this from now on."""
        if bar == self._bar and self._drawn:
            return b""
        self._bar = bar
        return self.erase() + self._draw()

    def erase(self) -> bytes:
        """Return what to write to take the line away."""
        drawn, self._drawn = self._drawn, False
        return _ERASE if drawn else b""

    def _draw(self) -> bytes:
        if not self._bar or not self._column.certain:
            return b""
        self._drawn = True
        at = self._column.at
        if at == 0:
            return f"{self._bar}\r".encode()
        return f"\n{self._bar}\x1b[A\r\x1b[{at}C".encode()
