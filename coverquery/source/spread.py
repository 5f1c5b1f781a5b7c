"""How a changed name spreads: to whoever mentions it, and to what is made of it at import.

A value flows only through code that mentions it. So what a change of a module's or class's name
can reach is found by following mentions: a statement that runs at import and mentions it passes
the change on to the names it binds, or to everybody who imports its module when it does more than
bind; a statement in a function is evidence, for those who executed it.
"""

from collections.abc import Iterable, Iterator

from coverquery.lines import LineSet
from coverquery.model import RepoPath
from coverquery.source.classes import ClassName, Making, is_special
from coverquery.source.effects import Effect
from coverquery.source.families import is_called_by_unittest
from coverquery.source.project import Project
from coverquery.source.reach import Reach, Seed
from coverquery.source.usage import Mentions, Piece
from coverquery.source.words import (
    ANYTHING,
    ATTRIBUTES,
    BASES,
    MODULES,
    NOTES,
    ORDER,
    OWN,
    SUBCLASSES,
)  # fmt: skip

MISS, HIT, GONE = 0, 1, 2
MAKERS = frozenset({
    "__init_subclass__", "__set_name__", "__prepare__", "__mro_entries__", "__class_getitem__",
})  # fmt: skip
"""Members that run when classes are made of a class, or hold what it makes."""

POWERS = frozenset({ANYTHING, ATTRIBUTES, OWN, SUBCLASSES})


def spread(project: Project, seeds: Iterable[Seed], special: frozenset[str] = frozenset()) -> Reach:
    """Follow changed names to the end; ``special``: members that somebody uses unnamed."""
    wave = _Wave(project, special)
    for seed in seeds:
        wave.derived |= seed.derived
        owner, _, name = seed.name.rpartition(".")
        wave.named |= seed.named
        wave.bind(seed.path, owner, name, gone=seed.gone, wide=seed.wide)
        wave.named = False
    wave.run()
    return wave.reach()


class _Wave:
    def __init__(self, project: Project, special: frozenset[str]) -> None:
        self._project = project
        self._special = special
        self._names: dict[RepoPath, dict[str, bool]] = {}
        self._members: dict[str, bool] = {}
        self._inner: set[tuple[RepoPath, str, str]] = set()
        self._texts: set[str] = set()
        self._modules: set[str] = set()
        self._bodies: dict[RepoPath, LineSet] = {}
        self._imports: set[RepoPath] = set()
        self._raising: set[RepoPath] = set()
        self._grown = False
        self._loud = False
        self.derived = self.named = False

    def bind(
        self, path: RepoPath, owner: str, name: str, *, gone: bool = False, wide: bool = False
    ) -> None:
        """Note that a name of a module or class has another value."""
        if not owner:
            self._name(path, name, gone=gone)
            return
        making = self._project.classes.making(ClassName(path, owner))
        if making == Making.ACTS:
            self._imports.add(path)
        elif making == Making.LOOKS and name != ORDER:
            self._raising.add(path)  # a field without a default behind one with
        self._loud = self._loud or name in MAKERS
        special = name != ORDER and (
            name == BASES
            or making != Making.PLAIN
            or name in self._special
            or (is_special(name) and not self.named)
            or self._is_unittests(ClassName(path, owner), name)
        )
        unnamed = not (name.startswith(("test", "?")) or self._project.is_named(name))
        if wide or special or unnamed:
            self._class(path, owner)
        if not (wide or special) and gone > self._members.get(name, -1):
            self._members[name] = gone
            self._texts.add(name)
            self._grown = True
        if (path, owner, name) not in self._inner:
            self._inner.add((path, owner, name))
            self._grown = True

    def _is_unittests(self, one: ClassName, name: str) -> bool:
        return is_called_by_unittest(name) and self._project.families.serves_test_cases(one)

    def _name(self, path: RepoPath, name: str, *, gone: bool) -> None:
        names = self._names.setdefault(path, {})
        if gone > names.get(name, -1):
            names[name] = gone
            self._modules.update(path.removesuffix(".py").split("/"))
            self._texts.add(name)
            self._grown = True

    def _class(self, path: RepoPath, owner: str) -> None:
        """Note that instances of a class may behave differently in any way."""
        top = owner.partition(".")[0]
        self._name(path, top, gone=False)
        if not self.derived and self._project.is_derived(path, owner):
            self.derived = self._grown = True
        inside = LineSet()
        for piece in self._project.pieces(path):
            if piece.owner.partition(".")[0] == top:
                inside |= piece.bodies
        self._bodies[path] = self._bodies.get(path, LineSet()) | inside

    def run(self) -> None:
        """Let it spread through what runs at import until nothing new is reached."""
        self._grown = True
        while self._grown:
            self._grown = False
            for path, versions in self._project.files.items():
                for version in versions:
                    self._stars(path, version)
                    if self._concerned(version):
                        for piece in version.pieces:
                            self._pass_on(path, piece)

    def _concerned(self, version: Mentions) -> bool:
        """Tell quickly that a file mentions nothing of all this."""
        known = self._project.identifiers(version)
        return not (
            self._texts.isdisjoint(known)
            and POWERS.isdisjoint(known)
            and self._modules.isdisjoint(known)
        )

    def _stars(self, path: RepoPath, version: Mentions) -> None:
        for level, dotted, _ in version.stars:
            for base in self._project.modules(path, level, dotted):
                if "__all__" in self._names.get(base, ()):
                    self._imports.add(path)
                for name, gone in list(self._names.get(base, {}).items()):
                    self._name(path, name, gone=gone)

    def _pass_on(self, path: RepoPath, piece: Piece) -> None:
        if piece.kind == "import":
            self._imported(path, piece)
            return
        hit = max((self._hit(path, piece.owner, word) for word in piece.words), default=MISS)
        noted = max((self._hit(path, piece.owner, word) for word in piece.notes), default=MISS)
        if hit and (piece.effect == Effect.ACTS or (self._loud and piece.kind == "class")):
            self._imports.add(path)
        if noted or hit == GONE or (hit and (piece.effect or piece.kind == "class")):
            self._fails(path, piece)  # what a type is made of need not be a type any more
        if noted and self._notes_read(path, piece):
            hit = max(hit, HIT)
        if hit == MISS:
            return
        for name in piece.binds:
            self.bind(path, piece.owner, name, wide=self._is_of_tests(path, piece.owner, name))
            if piece.kind == "class":
                self._class(path, f"{piece.owner}.{name}" if piece.owner else name)
        self._bodies[path] = self._bodies.get(path, LineSet()) | piece.bodies

    def _is_of_tests(self, path: RepoPath, owner: str, name: str) -> bool:
        """Is this what tests of a class share? Others may name it: nobody but these touches it."""
        if not owner or name.startswith("test"):
            return False
        one = ClassName(path, owner)
        return owner.rpartition(".")[2].startswith("Test") or self._project.families.is_test_case(
            one
        )

    def _fails(self, path: RepoPath, piece: Piece) -> None:
        (self._imports if piece.guarded else self._raising).add(path)

    def _notes_read(self, path: RepoPath, piece: Piece) -> bool:
        """May somebody look at annotations when the module is there?"""
        if self._project.mentions(NOTES):
            return True
        made = (
            self._project.classes.making(ClassName(path, piece.owner))
            if piece.owner
            else Making.PLAIN
        )
        return made == Making.ACTS

    def _imported(self, path: RepoPath, piece: Piece) -> None:
        for name in piece.binds:
            for level, dotted, taken in self._project.origins(path, name):
                for base in self._project.modules(path, level, dotted) if taken else ():
                    gone = self._names.get(base, {}).get(taken)
                    if gone is not None:
                        self.bind(path, piece.owner, name, gone=gone)
                    if gone:
                        self._fails(path, piece)

    def _hit(self, path: RepoPath, owner: str, word: str) -> int:  # noqa: PLR0911 - one for each kind
        kind, rest = word[0], word[1:]
        if kind == ".":
            return self._member(rest)
        if kind == "'":
            return self._string(rest)
        if kind == "~":
            return HIT if rest in self._texts else MISS
        if kind == "!":
            return max((self._module(one, "") for one, _ in self._asked(rest)), default=MISS)
        if kind == "^":
            return self._taken(path, rest)
        if kind == "?":
            return self._power(path, word)
        if kind == "=":
            return MISS  # the same word stands there without the sign
        return max(self._own(path, owner, word), self._chain(path, word))

    def _member(self, name: str) -> int:
        gone = self._members.get(name)
        if gone is None and self._project.mentions(MODULES):
            return HIT if any(name in names for names in self._names.values()) else MISS
        return MISS if gone is None else GONE if gone else HIT

    def _string(self, text: str) -> int:
        parts = text.split(".")
        hit = min(max(map(self._member, parts)), HIT)
        if len(parts) > 1:
            for module, rest in self._project.dotted(parts):
                hit = max(hit, min(self._module(module, rest[0] if rest else ""), HIT))
        return hit

    def _asked(self, text: str) -> Iterator[tuple[RepoPath, list[str]]]:
        return ((one, rest) for one, rest in self._project.dotted(text.split(".")) if not rest)

    def _taken(self, path: RepoPath, origin: str) -> int:
        level, dotted, taken = origin.split(":")
        bases = self._project.modules(path, int(level), dotted) if taken else ()
        found = (self._names.get(base, {}).get(taken) for base in bases)
        return HIT if any(gone is not None for gone in found) else MISS

    def _power(self, path: RepoPath, word: str) -> int:
        if word == OWN:
            return HIT if self._names.get(path) else MISS
        if word == ATTRIBUTES:
            return HIT if self._members.keys() - {ORDER} else MISS
        if word == SUBCLASSES:
            return HIT if self.derived else MISS
        ordered = word == ORDER and ORDER in self._members
        return HIT if ordered or word == ANYTHING else MISS

    def _own(self, path: RepoPath, owner: str, word: str) -> int:
        root = word.partition(".")[0]
        gone = self._names.get(path, {}).get(root)
        if gone is not None:
            return GONE if gone else HIT
        return HIT if owner and (path, owner, root) in self._inner else MISS

    def _chain(self, path: RepoPath, word: str) -> int:
        accesses = self._project.accesses(path, word)
        return max((self._module(module, name) for module, name in accesses), default=MISS)

    def _module(self, module: RepoPath, name: str) -> int:
        """Say what taking a name from a module, or the module as a whole, comes to."""
        if name:
            gone = self._names.get(module, {}).get(name)
            return MISS if gone is None else GONE if gone else HIT
        return HIT if any(self._names.get(one) for one in self._project.reach(module)) else MISS

    def reach(self) -> Reach:
        """Look for the statements in functions that mention what was reached."""
        lines: dict[RepoPath, dict[int, LineSet]] = {}
        for path, versions in self._project.files.items():
            for number, version in enumerate(versions):
                found = self._bodies.get(path, LineSet())
                words = version.uses.items() if self._concerned(version) else ()
                for word, text in words:
                    if self._hit(path, "", word):
                        found |= LineSet.parse(text)
                if found:
                    lines.setdefault(path, {})[number] = found
        imports, raising = frozenset(self._imports), frozenset(self._raising)
        return Reach(lines, imports, raising, self._names, self._members)
