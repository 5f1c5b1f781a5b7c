"""What a file's text says it imports, and whose docstrings it reads. Cached by blob."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from coverquery.source.chains import chain, last_name
from coverquery.source.syntax import Syntax, UnreadableError, parse
from coverquery.source.typing_only import FLAG, TypingOnly
from coverquery.source.walking import FIELDS

DOTTED = re.compile(r"\.*[^\W\d]\w*(?:\.[^\W\d]\w*)+(?::[^\W\d]\w*(?:\.[^\W\d]\w*)*)?")
IMPORT_TEXT = re.compile(r"\b(?:from|import)\s+([.\w]*\w)(?:\s+import\s+([\w, *]+))?")
WORDS = re.compile(r"\w+")
WORD = re.compile(r"\.*[^\W\d]\w*")
IMPORTERS = frozenset({
    "import_module", "__import__", "importorskip", "find_spec", "run_module", "resolve_name",
    "load_module", "import_string", "import_object", "reload",
})  # fmt: skip
"""Calls whose string argument names a module even without a dot."""

REFLECTION = frozenset({"vars", "dir", "__dict__", "getmembers", "globals"})
DOC_READERS = frozenset({"getdoc", "getsource", "help"})
_READS = re.compile(rb"__doc__|getdoc|getsource|\bhelp\b")


class ImportNames(NamedTuple):
    """The names through which a file may reach other files.

    Attributes:
        modules: (level, dotted name, names taken from it) of each import statement.
        chains: attribute chains from a name on, the name replaced by what was imported
            under it; chains of relative imports begin with their dots.
        strings: strings that look like dotted names.
        doc_reads: names whose docstring or source is read, ``*`` when nobody can tell.
        asserts: it speaks of ``AssertionError``: it may read what pytest makes of an assertion.
        reflects: it looks attributes up by computed names, or lists them.
    """

    modules: tuple[tuple[int, str, tuple[str, ...]], ...]
    chains: frozenset[str]
    strings: frozenset[str]
    doc_reads: frozenset[str]
    asserts: bool = False
    reflects: bool = False

    @classmethod
    def of(
        cls, modules: Iterable[tuple[int, str, tuple[str, ...]]], strings: frozenset[str]
    ) -> "ImportNames":
        """Return what only imports, as far as imports and strings tell."""
        return cls(tuple(modules), frozenset(), strings, frozenset())

    def to_json(self) -> str:
        """Return the names as one line of JSON."""
        return json.dumps(
            [
                self.modules,
                *map(sorted, (self.chains, self.strings, self.doc_reads)),
                self.asserts,
                self.reflects,
            ],
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> "ImportNames":
        """Read what ``to_json`` wrote."""
        modules, chains, strings, doc_reads, asserts, reflects = json.loads(text)
        return cls(
            tuple((level, dotted, tuple(names)) for level, dotted, names in modules),
            frozenset(chains),
            frozenset(strings),
            frozenset(doc_reads),
            asserts,
            reflects,
        )


def imports(content: bytes) -> ImportNames | None:
    """Return the names of a file; None when it cannot be parsed."""
    try:
        return imports_of(parse(content), content)
    except UnreadableError:
        return None


def imports_of(syntax: Syntax, content: bytes) -> ImportNames:
    """Return the names of a parsed file."""
    of = _by_type(syntax.tree, FLAG.encode() in content)
    statements = [*of[ast.Import], *of[ast.ImportFrom]]
    aliases: dict[str, set[str]] = {}
    for node in statements:
        for name, origin in _aliases(node):
            aliases.setdefault(name, set()).add(origin)
    named = [*of[ast.Name], *of[ast.Attribute], *of[ast.Call], *of[ast.Constant]]
    return ImportNames(
        tuple(sorted({found for node in statements for found in _modules(node)})),
        frozenset(full for chain in _chains(of[ast.Attribute]) for full in _expand(chain, aliases)),
        frozenset(found for node in (*of[ast.Constant], *of[ast.Call]) for found in _strings(node)),
        frozenset(found for node in named for found in _doc_reads(node))
        if _READS.search(content)
        else frozenset(),
        b"AssertionError" in content,
        any(map(_reflects, named)),
    )


def _by_type(tree: ast.Module, has_flag: bool) -> dict[type[ast.AST], list[Any]]:
    """Sort all nodes but operators and those under ``if TYPE_CHECKING:``.

    Most nodes are of kinds nobody asks for: sorting them once is what makes this fast.
    """
    typing_only = TypingOnly(tree)
    found: dict[type[ast.AST], list[Any]] = defaultdict(list)
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        kind = type(node)
        fields = FIELDS.get(kind)
        if fields is None:
            continue  # a string, a number, None
        found[kind].append(node)
        if has_flag and kind is ast.If and typing_only(node):
            stack.extend([node.test, *node.orelse])
            continue
        for field in fields:
            value = getattr(node, field, None)
            if type(value) is list:
                stack += value
            else:
                stack.append(value)
    return found


def _modules(node: ast.AST) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    if isinstance(node, ast.Import):
        yield from ((0, alias.name, ()) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        names = tuple(sorted(alias.name for alias in node.names))
        yield node.level, node.module or "", names


def _aliases(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each imported name with what it stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            yield (alias.asname, alias.name) if alias.asname else (root, root)
    elif isinstance(node, ast.ImportFrom):
        base = "." * node.level + (f"{node.module}." if node.module else "")
        yield from ((a.asname or a.name, base + a.name) for a in node.names)


def _chains(attributes: list[ast.AST]) -> Iterator[str]:
    """Yield the longest attribute chains that begin with a name."""
    inner = {id(node.value) for node in attributes if isinstance(node, ast.Attribute)}
    for node in attributes:
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            found = chain(node)
            if found is not None:
                yield found


def _expand(chain: str, aliases: dict[str, set[str]]) -> Iterator[str]:
    root, _, rest = chain.partition(".")
    for origin in aliases.get(root, {root}):
        yield f"{origin}.{rest}"


def _strings(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if DOTTED.fullmatch(node.value):
            yield node.value.lstrip(".").replace(":", ".")
        elif "import" in node.value:  # a doctest's example, the text of an exec
            for base, names in IMPORT_TEXT.findall(node.value):
                yield base.lstrip(".")
                yield from (f"{base.lstrip('.')}.{name}" for name in WORDS.findall(names))
    elif isinstance(node, ast.Call) and last_name(node.func) in IMPORTERS:
        for value in (*node.args, *(keyword.value for keyword in node.keywords)):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield from (v.lstrip(".") for v in [value.value] if WORD.fullmatch(v))


def _doc_reads(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and node.attr == "__doc__":
        yield last_name(node.value) or "*"
    elif isinstance(node, ast.Name) and node.id == "__doc__":
        yield "__doc__"
    elif isinstance(node, ast.Call) and last_name(node.func) in DOC_READERS:
        yield from (last_name(value) or "*" for value in node.args[:1])
    elif isinstance(node, ast.Constant) and node.value == "__doc__":
        yield "*"  # getattr(x, "__doc__")


def _reflects(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in REFLECTION
        case ast.Call(func=ast.Name(id="getattr"), args=[_, second, *_]):
            return not isinstance(second, ast.Constant)
    return False
