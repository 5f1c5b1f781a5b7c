"""What a file's text says it imports, and whose docstrings it reads. Cached by blob."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from coverquery.source.docs import passed
from coverquery.source.syntax import UnreadableError, parse
from coverquery.source.typing_only import TypingOnly

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


@dataclass(frozen=True, slots=True)
class ImportNames:
    """The names through which a file may reach other files.

    Attributes:
        modules: (level, dotted name, names taken from it) of each import statement.
        chains: attribute chains from a name on, the name replaced by what was imported
            under it; chains of relative imports begin with their dots.
        strings: strings that look like dotted names.
        doc_reads: names whose docstring or source is read, ``*`` when nobody can tell.
        passed: names whose values are handed on: who gets them may read their docstrings.
        reflects: it looks attributes up by computed names, or lists them.
    """

    modules: tuple[tuple[int, str, tuple[str, ...]], ...]
    chains: frozenset[str]
    strings: frozenset[str]
    doc_reads: frozenset[str]
    passed: frozenset[str] = frozenset()
    reflects: bool = False

    def to_json(self) -> str:
        """Return the names as one line of JSON."""
        return json.dumps(
            [
                self.modules,
                *map(sorted, (self.chains, self.strings, self.doc_reads, self.passed)),
                self.reflects,
            ],
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> "ImportNames":
        """Read what ``to_json`` wrote."""
        modules, chains, strings, doc_reads, handed, reflects = json.loads(text)
        return cls(
            tuple((level, dotted, tuple(names)) for level, dotted, names in modules),
            frozenset(chains),
            frozenset(strings),
            frozenset(doc_reads),
            frozenset(handed),
            reflects,
        )


def imports(content: bytes) -> ImportNames | None:
    """Return the names of a file; None when it cannot be parsed."""
    try:
        tree = parse(content).tree
    except UnreadableError:
        return None
    nodes = list(_running(tree))
    modules = [found for node in nodes for found in _modules(node)]
    aliases: dict[str, set[str]] = {}
    for node in nodes:
        for name, origin in _aliases(node):
            aliases.setdefault(name, set()).add(origin)
    return ImportNames(
        tuple(dict.fromkeys(modules)),
        frozenset(full for chain in _chains(nodes) for full in _expand(chain, aliases)),
        frozenset(found for node in nodes for found in _strings(node)),
        frozenset(found for node in nodes for found in _doc_reads(node)),
        frozenset(found for node in nodes for found in passed(node)),
        any(map(_reflects, nodes)),
    )


def _running(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield all nodes but those under ``if TYPE_CHECKING:``."""
    typing_only = TypingOnly(tree)
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.If) and typing_only(node):
            stack.extend([node.test, *node.orelse])
        else:
            stack.extend(ast.iter_child_nodes(node))


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


def _chains(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield the longest attribute chains that begin with a name."""
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            chain = _chain(node)
            if chain is not None:
                yield chain


def _chain(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


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
    elif isinstance(node, ast.Call) and _last_name(node.func) in IMPORTERS:
        for value in (*node.args, *(keyword.value for keyword in node.keywords)):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield from (v.lstrip(".") for v in [value.value] if WORD.fullmatch(v))


def _doc_reads(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and node.attr == "__doc__":
        yield _last_name(node.value) or "*"
    elif isinstance(node, ast.Name) and node.id == "__doc__":
        yield "__doc__"
    elif isinstance(node, ast.Call) and _last_name(node.func) in DOC_READERS:
        yield from (_last_name(value) or "*" for value in node.args[:1])
    elif isinstance(node, ast.Constant) and node.value == "__doc__":
        yield "*"  # getattr(x, "__doc__")


def _reflects(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in REFLECTION
        case ast.Call(func=ast.Name(id="getattr"), args=[_, second, *_]):
            return not isinstance(second, ast.Constant)
    return False


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
