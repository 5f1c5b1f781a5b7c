"""The stack of contexts, and who depends on whom. Entering and leaving switches the engine."""

from collections.abc import Callable, Collection
from types import CodeType

from .doubts import Doubts
from .engine import Engine
from .health import lines_of
from .journal import Journal
from .linesets import LineSets

CHILD = "started a child process"
BLIND = "tracing was switched off"


class Facts:
    """What is known of a context: line sets, contexts, data, imported files, by id."""

    __slots__ = ("data", "files", "sets", "uses")

    def __init__(self) -> None:
        self.sets: set[int] = set()
        self.uses: set[int] = set()
        self.data: set[int] = set()
        self.files: set[int] = set()

    def parts(self) -> tuple[set[int], set[int], set[int], set[int]]:
        """Return the four sets in the journal's order."""
        return self.sets, self.uses, self.data, self.files


class Context:
    """One context of the session; `facts` are those not yet written, by phase."""

    __slots__ = ("cid", "clean", "doubted", "facts", "file", "kind", "label", "links", "path",
                 "phase", "said", "untrusted")  # fmt: skip

    def __init__(self, cid: int, kind: str, label: str, path: str | None) -> None:
        self.cid = cid
        self.kind = kind
        self.label = label
        self.path = path
        self.file = 0
        self.phase = "run" if kind == "test" else ""
        self.facts: dict[str, Facts] = {}
        self.said: Facts | None = None
        self.links: dict[int, Context] = {}
        self.untrusted: str | None = None
        self.doubted: str | None = None
        self.clean = 0

    def now(self) -> Facts:
        """Return the facts of the current phase, to be added to."""
        try:
            return self.facts[self.phase]
        except KeyError:
            facts = self.facts[self.phase] = Facts()
            return facts


class Contexts:
    """Whose turn it is.

    Attributes:
        kept: is told, at each switch, what ran apart from what is plain.
        plain: numbers of line sets of which nobody wants to be told.
    """

    def __init__(self, engine: Engine, journal: Journal) -> None:
        self._engine = engine
        self._journal = journal
        self._sets = LineSets(engine, journal)
        self._all: dict[tuple[str, str], Context] = {}
        self._dirty: dict[int, Context] = {}
        self._count = 0
        self._doubts = Doubts()
        self.doubted: str | None = None
        self.everybody: str | None = None
        self.kept: Callable[[Context, Collection[int]], None] | None = None
        self.plain = {0}
        self.session = self.context("session", "", None)
        self._stack = [self.session]
        self.current = self.session

    def context(self, kind: str, label: str, path: str | None) -> Context:
        """Make a new context and define it in the journal."""
        self._count += 1
        made = Context(self._count, kind, label, path)
        self._journal.add("c", made.cid, kind, label, path)
        return made

    def known(self, kind: str, path: str) -> Context:
        """Return the one context of this kind for this label, made when first asked for."""
        found = self._all.get((kind, path))
        if found is None:
            found = self._all[kind, path] = self.context(kind, path, path)
        return found

    def enter(self, context: Context) -> None:
        """From here on, what runs belongs to this context."""
        self.flush()
        self._stack.append(context)
        self.current = context

    def leave(self, context: Context) -> None:
        """Leave a context; it need not be the innermost when threads import."""
        self.flush()
        for index in range(len(self._stack) - 1, 0, -1):
            if self._stack[index] is context:
                del self._stack[index]
                break
        self.current = self._stack[-1]

    def phase(self, name: str) -> None:
        """Begin another phase of the test that is running."""
        self.flush()
        self.current.phase = name

    def touch(self, context: Context) -> Facts:
        """Return the facts of a context, to be added to and written in time."""
        if context.kind != "bracket":
            self._dirty[context.cid] = context
        return context.now()

    def link(self, user: Context, used: Context) -> None:
        """Note that one context depends on another."""
        if self._join(user, used):
            self.touch(user).uses.add(used.cid)

    def _join(self, user: Context, used: Context) -> bool:
        if used is user or used.cid in user.links:
            return False
        user.links[used.cid] = used
        self._doubts.linked(user, used)
        return True

    def forget(self, context: Context) -> None:
        """Drop what is not yet written of a test that was cut off."""
        self._dirty.pop(context.cid, None)

    def forked(self) -> None:
        """In a copy of the process: what is not yet written is the parent's to write."""
        self.doubted = None
        dirty, self._dirty = self._dirty, {}
        for context in dirty.values():
            context.facts = {}

    def flush(self) -> None:
        """Give what ran so far to the current context."""
        if not self._engine.healthy() and not self._engine.restore():
            self.distrust(BLIND)
        context = self.current
        sids: set[int] = set()  # its own: a thread may write what is known meanwhile
        others = self._sets.harvest(sids, self.plain)
        sids.discard(0)
        if sids:
            self.touch(context).sets.update(sids)
        if self.kept is not None:
            self.kept(context, others)

    def lines_of_set(self, sid: int) -> tuple[int, frozenset[int]]:
        """Return the file and the lines of a set."""
        return self._sets.of(sid)

    def file_of_set(self, sid: int) -> int:
        """Return the file of a set."""
        return self._sets.file_of(sid)

    def number(self, sid: int, fid: int, lines: frozenset[int]) -> int:
        """Return the number of some lines of a set."""
        return self._sets.part(sid, fid, lines)

    def merge(self, part: Context, into: Context) -> None:
        """Give what is known of a part of a context to a context."""
        facts = self.touch(into)
        for new in part.facts.values():
            for known, more in zip(facts.parts(), new.parts(), strict=True):
                known.update(more)
        facts.uses.discard(into.cid)
        for used in list(part.links.values()):
            self._join(into, used)
        if part.untrusted:
            self.mistrust(into, part.untrusted)

    def distrust(self, reason: str) -> None:
        """Note that the current context cannot be trusted, nor whoever depends on it.

        Whose code ran at import is not known here for modules imported before: everybody's.
        """
        self.mistrust(self.current, reason)

    def mistrust(self, context: Context, reason: str) -> None:
        """Note that a context cannot be trusted, nor whoever depends on it."""
        self.doubted = self.doubted or reason
        if not context.untrusted:
            context.untrusted = reason
            self._doubts.arisen()
        if context.kind in {"session", "import"}:
            self.everybody = self.everybody or reason

    def doubt(self, context: Context) -> str | None:
        """Return why a context or anything it depends on cannot be trusted."""
        return self._doubts.of(context)

    def saw(self, context: Context, fid: int, code: CodeType) -> bool:
        """Tell whether a context, not yet written, holds a line of this code."""
        sets = self._sets
        unit = object.__hash__(code)
        if any(unit in map(sets.unit_of, facts.sets) for facts in context.facts.values()):
            return True
        wanted = lines_of(code)
        return any(
            sets.file_of(sid) == fid and not wanted.isdisjoint(sets.of(sid)[1])
            for facts in context.facts.values()
            for sid in facts.sets
        )

    def write(self) -> None:
        """Put the new facts of all contexts that have some into the journal."""
        dirty, self._dirty = self._dirty, {}
        for context in dirty.values():
            facts, context.facts = context.facts, {}
            for phase, new in facts.items():
                self._write(context, phase, new)

    def _write(self, context: Context, phase: str, new: Facts) -> None:
        if context.kind != "test":
            context.said = context.said or Facts()
            for fresh, said in zip(new.parts(), context.said.parts(), strict=True):
                fresh.difference_update(said)
                said.update(fresh)
        if any(new.parts()):
            self._journal.add("x", context.cid, phase, *map(sorted, new.parts()))
