"""What the tests made themselves: reading it depends on no file of the project."""


class Outputs:
    """Paths that were written before anybody read them."""

    def __init__(self) -> None:
        self._made: set[str] = set()
        self._read: set[str] = set()
        self._before: dict[str, str] = {}

    def made(self, path: str) -> None:
        """A file or folder was made, or all of it replaced; one read before stays data."""
        if path not in self._read:
            self._made.add(path)

    def changed(self, path: str, before: str) -> None:
        """A file was opened for writing that may keep what stood in it: `before`."""
        self._made.add(path)
        self._before[path] = before

    def read(self, path: str) -> None:
        """A file or folder was read."""
        self._read.add(path)

    def before(self, path: str) -> str | None:
        """Return what an output still holds: the digest of the file it was made from."""
        return self._before.get(path)

    def __contains__(self, path: str) -> bool:
        made = self._made
        while made and path:
            if path in made:
                return True
            path = path.rpartition("/")[0]
        return False
