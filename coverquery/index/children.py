"""What the processes that tests started saw, added to the contexts that started them.

A child has a journal of its own, named by a ``p`` line of its starter. Its ids are its own, or,
after a fork, those of the process it was copied from where it does not define them anew. All are
renumbered into the starter's journal, as if one process had done everything; the child's session
becomes the context that started it. A child that cannot be accounted for makes that context one
that nobody vouches for.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from coverquery.index.journal import Unreadable, apply, read, records
from coverquery.index.seen import Journal

MISSING = "a child process that it started was not recorded"
CUT_OFF = "a child process that it started did not end in order"
ELSEWHERE = "a child process that it started ran in another environment"
DOUBTFUL = "a child process that it started: {}"


def read_with_children(path: Path) -> Journal:
    """Read a journal, and those of all processes that descend from its own."""
    journal = read(path)
    if journal.children:
        _Family(journal, path.parent).adopt()
    return journal


class _Born(NamedTuple):
    """A process that a context started."""

    context: int
    token: str
    starter: str


class _Numbers:
    """The ids of one journal, as they are in the family's."""

    def __init__(self) -> None:
        self.files: dict[int, int] = {}
        self.sets: dict[int, int] = {}
        self.contexts: dict[int, int] = {}
        self.data: dict[int, int] = {}

    def copy(self) -> "_Numbers":
        """Return what a forked process begins with."""
        made = _Numbers()
        for name, ids in vars(self).items():
            setattr(made, name, dict(ids))
        return made


class _Family:
    """One journal and its descendants."""

    def __init__(self, journal: Journal, folder: Path) -> None:
        self._journal = journal
        self._folder = folder
        tables = (journal.files, journal.sets, journal.contexts, journal.data)
        self._next = count(1 + max((max(table, default=0) for table in tables), default=0))
        own = _Numbers()
        own.files = {ident: ident for ident in journal.files}
        own.sets = {ident: ident for ident in journal.sets}
        own.contexts = {ident: ident for ident in journal.contexts}
        own.data = {ident: ident for ident in journal.data}
        self._known = {journal.worker: own}
        self._fathers: dict[str, tuple[str, bool]] = {}
        self._waiting = [_Born(cid, token, journal.worker) for cid, token in journal.children]

    def adopt(self) -> None:
        """Add every descendant."""
        while self._waiting:
            born = self._waiting.pop()
            if (doubt := self._adopted(born)) is not None:
                self._journal.doubts.setdefault(born.context, doubt)

    def _adopted(self, born: _Born) -> str | None:
        """Add one child; return why it is not accounted for."""
        if born.token in self._known or not _plain(born.token):
            return MISSING  # two starts cannot have had the same child
        path = self._path(born.token)
        if not path.is_file():
            return MISSING
        reader = _Reader(self._journal, born.context, _Numbers(), self._next)
        doubt: str | None = None
        base = _base(path)
        if base == born.starter:
            reader.numbers = self._known[base].copy()
        elif base is not None:
            # a server made it: what the server had seen until then is the child's as well
            for name in reversed(list(self._line(base))):
                doubt = doubt or reader.replay(self._path(name), ended=False)
            reader.children.clear()  # the server's own
        doubt = doubt or reader.replay(path)
        if base is None and reader.environment not in (None, _place(self._journal)):
            doubt = doubt or ELSEWHERE
        self._known[born.token] = reader.numbers
        self._waiting += [_Born(cid, token, born.token) for cid, token in reader.children]
        return doubt

    def _line(self, name: str) -> Iterator[str]:
        """Yield the journal of a process and those of the processes it was copied from."""
        seen: set[str] = set()
        following: str | None = name
        while following is not None and following not in seen and _plain(following):
            seen.add(following)
            yield following
            following = _base(self._path(following))

    def _path(self, name: str) -> Path:
        return self._folder / f"journal-{name}.jsonl"


class _Reader:
    """Reads journals into that of the family, all of them for one context."""

    def __init__(
        self, journal: Journal, context: int, numbers: _Numbers, following: "count[int]"
    ) -> None:
        self.numbers = numbers
        self.children: list[tuple[int, str]] = []
        self.environment: tuple[str, str] | None = None
        self._journal = journal
        self._context = context
        self._next = following
        self._ended = False
        self._doubt: str | None = None
        self._renumbering: dict[str, Callable[[list[Any]], list[Any] | None]] = {
            "f": self._file,
            "s": self._set,
            "c": self._made,
            "i": self._import,
            "d": self._data,
            "x": self._facts,
        }

    def replay(self, path: Path, *, ended: bool = True) -> str | None:
        """Add what stands in a journal; return why it is not to be relied on."""
        self._ended = not ended
        try:
            for record in records(path):
                self._record(record)
        except (Unreadable, OSError, LookupError, TypeError, ValueError, OverflowError):
            return self._doubt or CUT_OFF
        return self._doubt or (None if self._ended else CUT_OFF)

    def _record(self, record: list[Any]) -> None:
        tag = record[0]
        if tag == "v":
            self._header(record[2])
        elif tag in ("z", "a"):
            self._ended = tag == "z"
        elif tag == "u":
            self._doubt = self._doubt or DOUBTFUL.format(str(record[1])[:200])
        elif tag == "p":
            self.children.append((self.numbers.contexts[record[1]], str(record[2])))
        elif tag in self._renumbering:
            renumbered = self._renumbering[tag](record)
            if renumbered is not None:
                apply(self._journal, renumbered)
        elif tag == "w":
            apply(self._journal, record)

    def _header(self, said: dict[str, Any]) -> None:
        if "base" not in said:
            self.environment = (str(said.get("python")), str(said.get("prefix")))

    def _file(self, record: list[Any]) -> list[Any]:
        _, ident, path, oid, names = record
        known = self._journal.files.get(self.numbers.files.get(ident, 0))
        if known is None or (known.path, known.oid) != (path, oid):
            self.numbers.files[ident] = next(self._next)
        return ["f", self.numbers.files[ident], path, oid, names]

    def _set(self, record: list[Any]) -> list[Any]:
        _, ident, fid, lines = record
        made = self.numbers.sets[ident] = next(self._next)
        return ["s", made, self.numbers.files[fid], lines]

    def _made(self, record: list[Any]) -> list[Any] | None:
        _, ident, kind, label, path = record
        if kind == "session":
            self.numbers.contexts[ident] = self._context
            return None
        made = self.numbers.contexts[ident] = next(self._next)
        return ["c", made, kind, label, path]

    def _import(self, record: list[Any]) -> list[Any]:
        _, importer, imported = record
        files = self.numbers.files
        return ["i", None if importer is None else files[importer], files[imported]]

    def _data(self, record: list[Any]) -> list[Any]:
        _, ident, view, path, digest = record
        made = self.numbers.data[ident] = next(self._next)
        return ["d", made, view, path, digest]

    def _facts(self, record: list[Any]) -> list[Any]:
        _, cid, phase, sids, cids, dids, fids = record
        numbers = self.numbers
        made = numbers.contexts[cid]
        return [
            "x",
            made,
            phase or ("run" if self._journal.contexts[made].kind == "test" else ""),
            [numbers.sets[one] for one in sids],
            [numbers.contexts[one] for one in cids],
            [numbers.data[one] for one in dids],
            [numbers.files[one] for one in fids],
        ]


def _base(path: Path) -> str | None:
    """Return the journal whose ids a journal goes on with."""
    try:
        first = next(iter(records(path)), None)
        base = first[2].get("base") if first and first[0] == "v" else None
    except (Unreadable, OSError, AttributeError, LookupError):
        return None
    return base if isinstance(base, str) else None


def _place(journal: Journal) -> tuple[str, str]:
    environment = journal.environment
    return ("", "") if environment is None else (environment.python, environment.prefix)


def _plain(token: str) -> bool:
    return token.replace("-", "").replace(".", "").isalnum() and token.startswith("child-")
