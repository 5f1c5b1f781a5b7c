"""Whom a changed name concerns: the contexts that ran code which mentions it."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from coverquery.index.store import Store
from coverquery.lines import LineSet
from coverquery.model import KnownBlob, Reason, RepoPath, SelectedTest, Touch
from coverquery.selection.testnames import Role, role
from coverquery.source.classes import ClassName, Making
from coverquery.source.copying import OF_LISTS
from coverquery.source.handing import handed_on
from coverquery.source.loading import loads_otherwise
from coverquery.source.reach import Seed
from coverquery.source.sinking import Sure, sinking, sure_importers
from coverquery.source.words import BASES, DOCS, display_name
from coverquery.workspace.concern import Concern
from coverquery.workspace.contents import Contents, SeenTree
from coverquery.workspace.copying import Copying
from coverquery.workspace.newtests import NewTests
from coverquery.workspace.reaching import CONFTEST, Reaching
from coverquery.workspace.uncollected import finds_usual_tests

if TYPE_CHECKING:
    from coverquery.workspace.distributions import Installed

_MODULES = (".py", ".so", ".pyd")
_MAKERS = frozenset(
    {"pytest_pycollect_makeitem", "pytest_collect_file", "pytest_pycollect_makemodule"}
)


class Named(NamedTuple):
    """What changed names come to.

    Attributes:
        concerns: contexts that ran something which mentions them.
        new: tests that were not there.
        gone: names of tests that are not there any more, by file.
    """

    concerns: tuple[Concern, ...]
    new: tuple[SelectedTest, ...]
    gone: tuple[tuple[RepoPath, str], ...]


class Symbols:
    """Answers for one question; the project's mentions are read when first needed."""

    def __init__(
        self, store: Store, contents: Contents, tree: SeenTree, installed: "Installed | None"
    ) -> None:
        self._store = store
        self._tree = tree
        self._usual = finds_usual_tests(tree)
        self._reaching = Reaching(store, contents, tree)
        self._sure: Sure | None = None
        self._copying = Copying(self._reaching, installed)

    @cached_property
    def _tests(self) -> NewTests:
        return NewTests(self._reaching)

    @cached_property
    def _is_usual(self) -> bool:
        """Does pytest look for tests by its usual names, and the project not tell it by code?"""
        return self._usual and not self._makers()

    def named(self, blob: KnownBlob, touches: Sequence[Touch]) -> Named:
        """Say whom the changed names of one recorded version of a file concern."""
        everybody = frozenset(hit.context for hit in self._store.hits(blob.id, None))
        plain: list[Touch] = []
        concerns: list[Concern] = []
        new: list[SelectedTest] = []
        gone: list[tuple[RepoPath, str]] = []
        failing: set[RepoPath] = set()
        for touch in touches:
            if not touch.symbol:
                failing.add(blob.path)
                continue
            kind = self._role(blob.path, touch)
            if kind == Role.ALL or self._acts(blob.path, touch):
                reason = Reason("import", blob.path, touch.old_lines, display_name(touch.symbol))
                concerns.append(Concern(dict.fromkeys(everybody, LineSet()), reason))
                continue
            if kind == Role.TEST:
                if self._is_usual and self._tests.is_gone(blob.path, touch):
                    gone.append((blob.path, touch.symbol))
                else:
                    new += self._tests.named(blob.path, touch)
                    failing.add(blob.path)  # arguments no parameters are for
            if self._is_usual and not touch.gone:
                inherited = list(self._tests.inherited(blob.path, touch))
                failing.update(one.file for one in inherited)
                new += inherited
            plain.append(touch)
            if touch.raises:
                failing.add(blob.path)
        concerns += self._spread(blob, plain, everybody, failing)
        concerns += (self._may_fail(blob, module, everybody) for module in sorted(failing))
        if broken := self._reaching.hindered(blob.path, everybody):  # what it lacked may be there
            reason = Reason("import", blob.path, text="an import failed before")
            concerns.append(Concern(dict.fromkeys(broken, LineSet()), reason, (everybody,)))
        return Named(tuple(concerns), tuple(new), tuple(gone))

    def is_made_by_others(self, path: RepoPath, symbol: str) -> bool:
        """Is something, or a class around it, made by code we cannot see?"""
        project = self._reaching.mentioning.project
        names = symbol.split(".")
        around = [".".join(names[:end]) for end in range(1, len(names) + 1)]
        return any(
            project.classes.making(ClassName(path, one)) == Making.ACTS
            for one in around
            if project.has_class(path, one)
        )

    def documented(
        self, blob: KnownBlob, touch: Touch
    ) -> Iterator[tuple[dict[int, LineSet], tuple[frozenset[int], ...]]]:
        """Yield who may read a docstring, and what else they must depend on."""
        project, path, symbol = self._reaching.mentioning.project, blob.path, touch.symbol
        everybody = frozenset(hit.context for hit in self._store.hits(blob.id, None))
        readers = frozenset(self._reaching.users(DOCS))
        if not symbol:
            reach = self._reaching.spread(Seed(path, "__doc__"))
            yield self._reaching.at(reach.lines), (everybody, readers)
            yield self._reaching.all_in(reach.imports), (everybody,)
            return
        if project.has_class(path, symbol):
            reach = self._reaching.spread(Seed(path, f"{symbol}.{BASES}"))
            yield self._reaching.contexts(reach), (everybody, readers)
        handed = handed_on(project, path, symbol)
        contexts = self._reaching.at(handed.lines) | self._reaching.all_in(handed.imports)
        if handed.seeds:
            contexts |= self._reaching.contexts(self._reaching.spread(*handed.seeds))
        yield contexts, (everybody,) if project.is_open() else (everybody, readers)

    def _acts(self, path: RepoPath, touch: Touch) -> bool:
        """May more happen than that a name is bound: a base that registers, a module that loads?"""
        if touch.imports:
            project = self._reaching.mentioning.project
            modules = (one for one in self._tree.tree.paths() if one.endswith(_MODULES))
            unknown = [one for one in modules if one not in project.files]
            if loads_otherwise(project, path, touch.imports, unknown):
                return True
        return self._makes(path, touch) == Making.ACTS

    def _makes(self, path: RepoPath, touch: Touch) -> Making:
        """Say what the bases of a new or deleted class do with its members."""
        one = ClassName(path, display_name(touch.symbol))
        found = self._reaching.mentioning.project.classes
        making = max((found.base(one, base) for base in touch.bases), default=Making.PLAIN)
        if making == Making.ACTS:  # it may be new as well
            found = self._reaching.today.classes
            making = max(found.base(one, base) for base in touch.bases)
        return making

    def _seed(self, path: RepoPath, touch: Touch) -> Seed:
        owner, _, name = touch.symbol.rpartition(".")
        project, wide = self._reaching.mentioning.project, touch.wide
        if owner and name.startswith("test") and project.has_subclass(owner):
            wide = wide or not (self._is_usual and self._tests.are_told(path, owner))
        return Seed(path, touch.symbol, touch.gone, wide, bool(touch.bases))

    def _role(self, path: RepoPath, touch: Touch) -> Role:
        """Say what a changed name is to pytest; elsewhere only plugins mean anything to it."""
        symbol = display_name(touch.symbol)
        if touch.fixture:
            fresh = self._copying.plugins_are_known and self._reaching.is_fresh_fixture(symbol)
            return Role.CODE if fresh else Role.ALL
        names = self._reaching.known_tests().get(path, {})
        is_conftest = path.rpartition("/")[2] == CONFTEST
        if not names and not is_conftest and path not in self._store.collected_files():
            hook = symbol.rpartition(".")[2].startswith("pytest_") or (
                touch.wide and "." not in symbol
            )
            return Role.ALL if hook else Role.CODE
        if (touch.wide and "." not in symbol) or self._reaching.is_fixture(symbol):
            return Role.ALL
        found = role(symbol, frozenset(names), usual=is_conftest or self._is_usual)
        if found == Role.CODE and touch.bases:
            if self._reaching.today.families.is_test_case(ClassName(path, symbol), touch.bases):
                return Role.CODE if is_conftest else Role.TEST  # it goes by any name
            if self._makes(path, touch) != Making.PLAIN:
                return Role.ALL
        return Role.CODE if is_conftest and found == Role.TEST else found

    def _makers(self) -> bool:
        """Does the project tell pytest by code what a test is?"""
        files = self._reaching.mentioning.project.files
        pieces = (p for path in files for p in self._reaching.mentioning.project.pieces(path))
        return any(not _MAKERS.isdisjoint(piece.binds) for piece in pieces)

    def _spread(
        self,
        blob: KnownBlob,
        touches: Sequence[Touch],
        everybody: frozenset[int],
        failing: set[RepoPath],
    ) -> Iterator[Concern]:
        """Follow each name by itself, so that each has its own reason; note what may fail."""
        ways = ((t, *way) for t in touches for way in self._ways(blob.path, t, everybody))
        for touch, seed, narrow in ways:
            reach, also = self._reaching.spread(seed), list(narrow)
            owner = touch.symbol.rpartition(".")[0]
            if owner and touch.symbol.rpartition(".")[2] in reach.members:
                around = self._reaching.spread(Seed(blob.path, f"{owner}.{BASES}"))
                also.append(frozenset(self._reaching.contexts(around)))
            reason = Reason("symbol", blob.path, LineSet(), display_name(touch.symbol))
            yield Concern(self._reaching.contexts(reach), reason, tuple(also))
            if len(also) > 1 and reach.imports:  # what happens at import happens to every importer
                yield Concern(self._reaching.all_in(reach.imports), reason, narrow)
            failing |= reach.raising - reach.imports

    def _ways(
        self, path: RepoPath, touch: Touch, everybody: frozenset[int]
    ) -> Iterator[tuple[Seed, tuple[frozenset[int], ...]]]:
        """Yield how a name reaches tests, and what these must depend on: a library's way is one."""
        seed, libraries = self._seed(path, touch), self._copying.concerned(path, touch)
        yield seed, (everybody, *libraries)
        if libraries and touch.symbol.rpartition(".")[2] in OF_LISTS:
            yield seed._replace(named=True), (everybody,)

    def _may_fail(self, blob: KnownBlob, module: RepoPath, everybody: frozenset[int]) -> Concern:
        """Let those who import a module hold only as long as that works."""
        importers = self._reaching.all_of(module)
        now = self._tree.oid(blob.path)
        current = frozenset(
            hit.context
            for one in self._reaching.versions(blob.path)
            if one.oid == now
            for hit in self._store.hits(one.id, None)
        )
        broken = self._reaching.broken(module, blob.path)
        return Concern(
            dict.fromkeys(importers, LineSet()), Reason("canary", blob.path), (everybody,),
            importing=(module, blob.path), proof=(current, importers),
            disproof=broken, telling=self._telling(module),
        )  # fmt: skip

    def _telling(self, module: RepoPath) -> frozenset[RepoPath]:
        """Return the test files that pytest cannot collect when a module cannot be imported."""
        if self._sure is None:
            self._sure = sure_importers(self._reaching.mentioning.project)
        down = sinking(self._sure, module)
        folders = [f[: -len(CONFTEST)] for f in down if f.rpartition("/")[2] == CONFTEST]
        tests = self._reaching.known_tests().keys() | down
        return frozenset(path for path in tests if path in down or path.startswith(tuple(folders)))
