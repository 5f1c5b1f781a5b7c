"""What the difference between two versions of one Python file means.

Owns the module and class level, where whatever changes concerns everybody who imports the
module; function bodies are ``bodies``'s.
"""

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from coverquery.lines import LineSet
from coverquery.model import Impact, Oid, RepoPath, Touch
from coverquery.source.align import Step, align
from coverquery.source.bodies import Bodies, Compound
from coverquery.source.docs import DocReaders
from coverquery.source.pairing import EQUAL, SAME_HEADER, Arm, Pairing, Side, names_of
from coverquery.source.record import Record
from coverquery.source.scopes import suspends
from coverquery.source.slices import NeedsWholeError, Part, parts
from coverquery.source.spans import extent, header, span
from coverquery.source.syntax import (
    DEFINITIONS,
    UNREADABLE,
    Definition,
    Syntax,
    UnreadableError,
    check,
    complaint,
    docstring,
    docstring_node,
    parse,
    symbol_of,
)  # fmt: skip

if TYPE_CHECKING:
    from coverquery.source.bindings import Bindings

NO_REWRITE = "PYTEST_DONT_REWRITE"
"""In a module's docstring it keeps pytest from rewriting the module's assertions."""


class Version(NamedTuple):
    """One version of a file: its id and its bytes."""

    oid: Oid
    content: bytes


def impact(
    path: RepoPath, old: Version, new: Version | None, outline: Sequence[int] = ()
) -> Impact:
    """Say what changed in meaning between two versions of a Python file.

    Args:
        path: where the file stands.
        old: the version that was recorded.
        new: the version now; None when the file is gone.
        outline: ``slices.outline`` of the old content where it is known: saves time.

    Returns:
        The touches; none when both mean the same. What cannot be understood is touched whole.
    """
    if new is None:
        return Impact(path, old.oid, None, (_everything(old.content),))
    if old.oid == new.oid or old.content == new.content:
        return Impact(path, old.oid, new.oid, ())
    try:
        touches = _of_parts(old.content, new.content, outline)
        if touches is None:
            touches = _touches(parse(old.content), parse(new.content))
    except UnreadableError as error:
        return Impact(path, old.oid, new.oid, (_everything(old.content),), str(error))
    except UNREADABLE as error:
        return Impact(path, old.oid, new.oid, (_everything(old.content),), complaint(error))
    return Impact(path, old.oid, new.oid, touches)


def _everything(content: bytes) -> Touch:
    text = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    count = text.count(b"\n") + (not text.endswith(b"\n"))
    return Touch("import", LineSet.span(1, count), whole=True, symbol="")


def _of_parts(old: bytes, new: bytes, starts: Sequence[int]) -> tuple[Touch, ...] | None:
    """Compare only what differs; None when that cannot be judged by itself."""
    found = parts(old, new, starts)
    if found is None:
        return None
    try:
        mine, other = (_parsed(part) for part in found)
        return _touches(mine, other)
    except (NeedsWholeError, UnreadableError):
        return None


def _parsed(part: Part) -> Syntax:
    syntax = parse(part.content)
    first = syntax.tree.body[0] if syntax.tree.body else None
    if docstring(syntax.tree.body) is not None or isinstance(first, ast.Global):
        raise NeedsWholeError  # in a part it only looks like the module's
    futures = [node for line in part.futures for node in parse(line).futures]
    return syntax._replace(whole=part.whole, futures=tuple(futures))


def _touches(old: Syntax, new: Syntax) -> tuple[Touch, ...]:
    pairing = Pairing(Side(old), Side(new))
    module = _Module(pairing)
    module.compare()
    touches = module.record.touches()
    if pairing.old.conditions() != pairing.new.conditions() and (
        pairing.old.unread() != pairing.new.unread()
    ):
        check(pairing.old.syntax)
        check(pairing.new.syntax)
    _check(pairing.new, [step.new for step in module.rewritten])
    if not any(touch.why == "import" for touch in touches):
        _check(pairing.old, [step.old for step in module.rewritten])
    return touches


def _check(side: Side, rewritten: Sequence[ast.stmt | None]) -> None:
    """Compile what was rewritten; the whole file where more than definitions were."""
    part = [node for node in rewritten if node is not None]
    if part:
        alone = all(isinstance(node, DEFINITIONS) for node in part)
        check(side.syntax, part if alone else None)


class _Module:
    """Compares two modules; ``rewritten`` are the top-level steps whose text differs."""

    def __init__(self, pairing: Pairing) -> None:
        self.record = Record()
        self.rewritten: list[Step[ast.stmt]] = []
        self._pairing = pairing
        self._bodies = Bodies(pairing, self.record)
        self._binder: Bindings | None = None
        self._guards = 0
        self._docs = (DocReaders(pairing.old.syntax), DocReaders(pairing.new.syntax))

    def compare(self) -> None:
        old, new = self._pairing.old.syntax.tree, self._pairing.new.syntax.tree
        self._docstring((), (), old.body, new.body)
        steps = self._align(old.body, new.body)
        self.rewritten = [step for step in steps if not self._written_alike(step)]
        self._steps((), (), self._unmoved(steps, old.body, new.body))

    @property
    def _bindings(self) -> "Bindings":
        if self._binder is None:
            from coverquery.source.bindings import Bindings  # start-up time

            self._binder = Bindings(self._pairing.old, self._pairing.new, self.record)
        return self._binder

    def _unmoved(
        self,
        steps: Sequence[Step[ast.stmt]],
        old: Sequence[ast.stmt],
        new: Sequence[ast.stmt],
        *,
        functions_only: bool = False,
    ) -> list[Step[ast.stmt]]:
        if all(step.old is not None for step in steps) or all(step.new for step in steps):
            return list(steps)
        from coverquery.source.moved import Suites, without_moved  # start-up time

        suites = Suites(old, new, functions_only)
        rest, imports = without_moved(steps, suites, self._pairing.old, self._pairing.new)
        for step in imports:
            if step.new is not None:
                self._bindings.tried(step.new)
        return rest

    def _unlike(
        self, old: Sequence[ast.stmt], new: Sequence[ast.stmt]
    ) -> tuple[Sequence[ast.stmt], Sequence[ast.stmt]]:
        """Leave out the statements at both ends that are the same text: nearly all of a file."""
        alike = self._pairing.written_alike
        shorter = min(len(old), len(new))
        first = next((n for n in range(shorter) if not alike(old[n], new[n])), shorter)
        rest = range(1, shorter - first + 1)
        last = next((n for n in rest if not alike(old[-n], new[-n])), len(rest) + 1) - 1
        return old[first : len(old) - last], new[first : len(new) - last]

    def _written_alike(self, step: Step[ast.stmt]) -> bool:
        if step.old is None or step.new is None:
            return False
        return self._pairing.written_alike(step.old, step.new)

    def _align(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> list[Step[ast.stmt]]:
        old, new = self._unlike(old, new)
        mine = self._pairing.old.meaningful(old, local=False)
        other = self._pairing.new.meaningful(new, local=False)
        likeness = self._pairing.statements(local=False)
        if len(mine) == len(other) == 1 and isinstance(mine[0], DEFINITIONS):
            # going into it finds out what comparing all of it first would
            header_of, header_now = likeness.old_keys[SAME_HEADER], likeness.new_keys[SAME_HEADER]
            if header_of(mine[0]) == header_now(other[0]):
                return [Step(0, mine[0], other[0], SAME_HEADER)]
        return align(mine, other, likeness)

    def _steps(
        self,
        olds: tuple[Definition, ...],
        news: tuple[Definition, ...],
        steps: Sequence[Step[ast.stmt]],
    ) -> None:
        for step in steps:
            if step.level == EQUAL:
                continue
            old, new = step.old, step.new
            alike = step.level == SAME_HEADER
            if alike and isinstance(old, DEFINITIONS) and isinstance(new, DEFINITIONS):
                self._definition((*olds, old), (*news, new))
            elif alike and isinstance(old, Compound) and isinstance(new, Compound):
                self._compound(olds, news, old, new)
            else:
                self._statement(olds, old, new)

    def _definition(self, olds: tuple[Definition, ...], news: tuple[Definition, ...]) -> None:
        old, new, symbol = olds[-1], news[-1], symbol_of(olds)
        self._docstring(olds, news, old.body, new.body)
        if isinstance(old, ast.ClassDef):
            steps = self._align(old.body, new.body)
            if not (old.decorator_list or old.keywords):  # who look at the order of members
                kept = self._unmoved(steps, old.body, new.body, functions_only=True)
                if len(kept) < len(steps):
                    self._bindings.reordered(olds)
                steps = kept
            self._steps(olds, news, steps)
            return
        if suspends(old) != suspends(new):
            # who entered it got its value and gets a generator now; who holds it may ask what it is
            self.record.mark("shape", symbol, extent(old.body), header(new))
            self._bindings.tried(new)  # pytest refuses a whole file for a test that yields
            if self._bindings.acts(old, new):
                self.record.imported(symbol, header(old), header(new))
        self._bodies.scope(old, new, symbol)

    def _compound(
        self,
        olds: tuple[Definition, ...],
        news: tuple[Definition, ...],
        old: Compound,
        new: Compound,
    ) -> None:
        for name in ("body", "orelse", "finalbody"):
            if name == "body" and self._pairing.typing_only(old, new):
                continue
            guarded = name == "body" and (_catches(old) or _catches(new))
            self._guards += guarded
            self._steps(olds, news, self._align(getattr(old, name, []), getattr(new, name, [])))
            self._guards -= guarded
        for name in ("handlers", "cases"):
            mine: list[Arm] = getattr(old, name, [])
            for step in align(mine, getattr(new, name, []), self._pairing.arms(local=False)):
                if step.old and step.new and step.level == SAME_HEADER:
                    self._steps(olds, news, self._align(step.old.body, step.new.body))
                elif step.level != EQUAL:
                    arms = (span(arm) if arm else LineSet() for arm in (step.old, step.new))
                    self.record.imported(symbol_of(olds), *arms)

    def _statement(
        self, olds: tuple[Definition, ...], old: ast.stmt | None, new: ast.stmt | None
    ) -> None:  # fmt: skip
        if self._bindings.changed(olds, old, new, guarded=self._guards > 0):
            return
        node = old or new
        names = [] if isinstance(node, Compound) or node is None else names_of(node)
        if isinstance(node, DEFINITIONS):
            names = [node.name]
        both = old is not None and new is not None
        look = header if both and isinstance(node, DEFINITIONS) else span
        lines = [look(n) if n is not None else LineSet() for n in (old, new)]
        for symbol in names or [""]:
            self.record.imported(symbol_of(olds, symbol), *lines)

    def _docstring(
        self,
        olds: tuple[Definition, ...],
        news: tuple[Definition, ...],
        old: Sequence[ast.stmt],
        new: Sequence[ast.stmt],
    ) -> None:
        if docstring(old) == docstring(new):
            return
        lines = [extent(body[:1]) if docstring_node(body) else LineSet() for body in (old, new)]
        if not olds and any(NO_REWRITE in (docstring(body) or "") for body in (old, new)):
            self.record.imported("", *lines)
        escapes = self._docs[0].escapes(olds) or self._docs[1].escapes(news)
        self.record.documented(symbol_of(olds), *lines, escapes=escapes)


def _catches(node: Compound) -> bool:
    """May the module go on after something in the first suite has failed?"""
    return isinstance(node, ast.With | ast.AsyncWith) or bool(getattr(node, "handlers", ()))
