"""State kept between tests: who wrote it while doing what, and who may read it.

A *memo* is a function of the project that keeps what it computed: by ``functools.lru_cache``, or
by writing to state that outlives the test. What ran while it computed belongs, besides to the
test that happened to be first, to the memo's own context; later tests that call the cached
function, or execute code that mentions the state, depend on that.
"""

from collections.abc import Collection, Iterable
from types import CodeType, FunctionType

from .classes import attributes, computing
from .contexts import Context, Contexts
from .health import lines_of
from .memos import Known, Memo, base_of
from .mentions import State, homes, mentions, names_of, values
from .places import Places
from .reach import computed, given_class, holders
from .reaching import Reaching
from .storing import stores
from .writes import ANY_NAME, NOTHING, Writes, written

_key_of = object.__hash__  # hash() of code walks the bytecode, id() raises an audit event


class Kept:
    """All memos, and the line sets that tell of them."""

    def __init__(self, places: Places, contexts: Contexts) -> None:
        self._places = places
        self._contexts = contexts
        self.memos: dict[int, Memo] = {}
        self.open: set[Memo] = set()
        self._unsettled: dict[Memo, Context] = {}
        self.watched = False
        self._codes: list[tuple[tuple[str, ...], Known]] = []
        self._named: dict[str, set[Memo]] = {}
        self._waiting: dict[int, list[Known]] = {}
        self._methods: dict[tuple[str, str], list[Known]] = {}
        self._shared: set[tuple[str, str]] = set()
        self._again: set[tuple[str, str]] = set()
        self._closures: set[int] = set()
        self._reaching = Reaching(places)
        self._text_of = self._reaching.texts.of
        self._judged: set[int] = {0}
        self._plain = contexts.plain
        self._judged_of: dict[int, set[int]] = {}
        self._own: dict[tuple[int, int], int] = {}
        self._read: dict[int, tuple[Memo, ...]] = {}
        self._written: dict[int, tuple[Memo, ...]] = {}
        self._readers: dict[int, dict[int, tuple[Memo, ...]]] = {}

    def filled(self, memo: Memo, context: Context) -> None:
        """A memo has computed something in a context."""
        memo.filled.add(base_of(context).cid)

    # What code there is

    def discovered(self, known: Known) -> Memo | None:
        """Look at code that runs for the first time; a memo when it is one."""
        names = names_of(known.code)
        self._codes.append((tuple(names), known))  # sets are walked by the garbage collector
        for memo in {memo for name in names & self._named.keys() for memo in self._named[name]}:
            if mentions(known.code, known.variables, memo.state):
                self._reads(known, memo)
        if stores(known.code) or self._reaching.fills(known):
            self._look(known)
        return self.memos.get(_key_of(known.code))

    def wait(self, known: Known) -> None:
        """Look at code, and at the code in it, when one of its lines has run."""
        self._waiting.setdefault(known.fid, []).append(known)
        for inner in known.code.co_consts:
            if isinstance(inner, CodeType):
                self.wait(known._replace(code=inner))

    def _look(self, known: Known) -> None:
        code, _, variables = known
        given = given_class(code)
        found = written(code, self._text_of, self._reaching.of(known))
        if found.names:
            self.writer(known, found)
        if given:
            of_class = written(code, self._text_of, self._reaching.of(known, given))
            if not of_class.names <= found.names:
                self.writer(known, of_class, given)
        owner = code.co_qualname.rpartition(".")[0]
        if owner and not owner.endswith("<locals>") and code.co_argcount:
            key = (str(variables.get("__name__")), owner)
            self._methods.setdefault(key, []).append(known)
            if key in self._shared:
                self._of_shared(known)

    def shared(self, kind: type) -> list[Memo]:
        """There is an object of this class that tests share: its methods may keep things in it."""
        found: list[Memo] = []
        for owner in type.mro(kind):
            key = (str(owner.__module__), owner.__qualname__)
            if key in self._shared:
                continue
            self._shared.add(key)
            self._again |= {key} if type(vars(owner).get("__new__")) is staticmethod else set()
            for known in self._methods.get(key, ()):
                found += self._of_shared(known)
            for name, value in list(attributes(owner).items()):
                function = computing(value)
                if function is not None:
                    found += self._property(name, function)
        return found

    def _of_shared(self, known: Known) -> list[Memo]:
        code, _, variables = known
        owner = (str(variables.get("__name__")), code.co_qualname.rpartition(".")[0])
        if code.co_name == "__init__" and owner not in self._again:
            return []  # never runs twice on one object
        first = code.co_varnames[0]
        found = written(code, self._text_of, self._reaching.of(known, first))
        return [self.writer(known, found, first)] if found.names else []

    def closure(self, function: FunctionType) -> Memo | None:
        """A function that tests share may keep things in its closure and in its defaults."""
        code = function.__code__
        fid = self._places.fid(code.co_filename)
        if _key_of(code) in self._closures or not fid or not stores(code):
            return None
        self._closures.add(_key_of(code))
        found = written(code, self._text_of, self._reaching.of_closure(function))
        return self.writer(Known(code, fid, function.__globals__), found) if found.names else None

    def _property(self, name: str, function: FunctionType) -> list[Memo]:
        code = function.__code__
        fid = self._places.fid(code.co_filename)
        if not fid or not code.co_argcount:
            return []
        known = Known(code, fid, function.__globals__)
        return [self.writer(known, Writes(frozenset({name}), lines_of(code)), code.co_varnames[0])]

    def writer(self, known: Known, writes: Writes, shared_self: str = "") -> Memo:
        """Make code a memo that writes to state with names."""
        writes = writes._replace(lines=writes.lines or lines_of(known.code))
        if ANY_NAME in writes.names:
            found = holders(known.code, known.variables) | computed(known.code, known.variables)
            writes = writes._replace(names=writes.names | found)
        memo = self.memo(known)
        if not memo.writes.names:  # known already, as cached
            memo.shared_self = shared_self if not memo.cached else ""
        elif shared_self != memo.shared_self:
            memo.shared_self = ""
        before = memo.writes
        memo.writes = Writes(
            before.names | writes.names,
            before.lines | writes.lines,
            writes.alone and (before.alone or not before.names) and not memo.cached,
        )
        memo.state = State(
            memo.writes.names,
            homes(known.code, known.variables, self._places.ours, memo.writes.names),
        )
        for name in memo.state.names:
            self._named.setdefault(name, set()).add(memo)
        stale = {self._reads(known, memo)}
        for names, other in self._codes:
            named = not memo.state.names.isdisjoint(names)
            if named and mentions(other.code, other.variables, memo.state):
                stale.add(self._reads(other, memo))
        for fid in stale:
            again = self._judged_of.pop(fid, set())
            self._judged -= again
            self._plain -= again
        return memo

    def memo(self, known: Known) -> Memo:
        """Make code a memo; what it writes to, if anything, is to be said."""
        key = _key_of(known.code)
        if key not in self.memos:
            self.memos[key] = self.apart(known)
        return self.memos[key]

    def apart(self, known: Known) -> Memo:
        """Make a memo that is not told by its own code being entered."""
        path = self._places.path(known.fid)
        context = self._contexts.context("memo", f"{path}::{known.code.co_qualname}", path)
        return Memo(context, known, NOTHING)

    def _reads(self, known: Known, memo: Memo) -> int:
        of_line = self._readers.setdefault(known.fid, {})
        for line in lines_of(known.code):
            of_line[line] = (*of_line.get(line, ()), memo)
        return known.fid

    # What ran

    def saw(self, context: Context, ran: Collection[int]) -> None:
        """These line sets ran in a context, and some that are plain."""
        if self._unsettled:
            self._settle(base_of(context))
        if not ran:
            return
        if not self._judged.issuperset(ran):
            self._judge(ran)
        for sid in self._written.keys() & ran if self._written else ():
            for memo in self._written[sid]:
                if memo.writes.alone:
                    self._alone(memo, sid, context)
                elif memo not in self.open and not (memo.shared_self and self.watched):
                    self._unsettled[memo] = base_of(context)
        for sid in self._read.keys() & ran if self._read else ():
            for memo in self._read[sid]:
                self.used(memo, context)

    def used(self, memo: Memo, context: Context) -> None:
        """A context may use what a memo has computed, if not all of that was its own doing."""
        if not memo.filled.issubset({base_of(context).cid}):
            self._contexts.link(context, memo.context)

    def absorb(self, memo: Memo, context: Context) -> None:
        """Take everything of a context for what a memo ran: nobody has seen where it began."""
        base = base_of(context)
        memo.filled.add(base.cid)
        if base.kind != "session":
            self._contexts.link(memo.context, base)

    def _settle(self, now: Context) -> None:
        """A context is over: what it wrote without being watched counts, unless it put it back."""
        if all(one is now for one in self._unsettled.values()):
            return
        unsettled, self._unsettled = self._unsettled, {}
        for memo, base in unsettled.items():
            before, memo.held = memo.held, values(memo.state)
            if (
                before is None
                or memo.held is None
                or list(map(_key_of, before)) != list(map(_key_of, memo.held))
            ):
                self.absorb(memo, base)

    def _alone(self, memo: Memo, sid: int, context: Context) -> None:
        """What it ran is its own lines, whoever called it."""
        key = (_key_of(memo), sid)
        if key not in self._own:
            fid, lines = self._contexts.lines_of_set(sid)
            self._own[key] = self._contexts.number(sid, fid, lines & lines_of(memo.code))
        self.filled(memo, context)
        self._contexts.touch(memo.context).sets.add(self._own[key])

    def _judge(self, ran: Collection[int]) -> None:
        fresh = set(ran) - self._judged
        files = {sid: self._contexts.file_of_set(sid) for sid in fresh if sid}
        for sid, fid in files.items():
            if fid in self._waiting:
                self._wake(fid, self._contexts.lines_of_set(sid)[1])
        for sid, fid in files.items():
            if fid in self._readers:
                self._sort(sid, fid, self._contexts.lines_of_set(sid)[1])
            self._judged_of.setdefault(fid, set()).add(sid)
        self._judged |= fresh
        self._plain.update(s for s in fresh if s not in self._read and s not in self._written)

    def _sort(self, sid: int, fid: int, lines: frozenset[int]) -> None:
        of_line = self._readers[fid]
        read = {_key_of(m): m for line in of_line.keys() & lines for m in of_line[line]}
        own = [m for m in read.values() if m.fid == fid]
        wrote = [m for m in own if not lines.isdisjoint(m.writes.lines)]
        for memos, table in ((list(read.values()), self._read), (wrote, self._written)):
            if memos:
                table[sid] = tuple(memos)
            else:
                table.pop(sid, None)

    def _wake(self, fid: int, lines: frozenset[int]) -> None:
        waiting = self._waiting[fid]
        awake = [known for known in waiting if not lines.isdisjoint(lines_of(known.code))]
        self._waiting[fid] = [known for known in waiting if known not in awake]
        for known in awake:
            self.discovered(known)

    def wrote(self, memo: Memo, sids: Iterable[int]) -> bool:
        """Tell whether a memo's own writing is among these line sets."""
        sids = set(sids)
        if not self._judged.issuperset(sids):
            self._judge(sids)
        return memo.cached or any(memo in self._written.get(sid, ()) for sid in sids)
