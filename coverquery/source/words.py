"""Which words a piece of code mentions: names, attribute chains, strings that may name something.

A value flows from where it is bound to where it is used only through code that mentions it: by its
name, as an attribute of its module, or by a string. The words of a statement are all the ways in
which it may do so:

* ``x``: a name that is looked up in the module (locals are left out);
* ``x.y.z``: an attribute chain from such a name; ``.y``, ``.z``: each attribute of anything;
* ``'text``: a string that may name an attribute, or with dots a module and what is in it;
* ``~x``: a name in a text that looks like code;
* ``!text``: a module asked for by that name;
* ``^level:module:name``: an import inside a function;
* ``=x``, ``=x.y``, ``=.y``: the same as a value that is handed on, not called or looked into;
* ``?own``, ``?attr``, ``?all``: looks up names nobody knows beforehand: those of its own module,
  attributes of anything, anything at all; ``?doc``: reads a docstring; ``?sub``: lists
  subclasses; ``?notes`` reads annotations; ``?mod`` gets at modules as values;
  ``?order`` may see in which order a class binds its members.
"""

import ast
import re
from collections.abc import Iterable, Iterator

from coverquery.source.chains import chain, last_name
from coverquery.source.keyed import keys
from coverquery.source.names import DOTTED, IMPORTERS
from coverquery.source.scopes import COMPREHENSIONS, parameters

OWN, ATTRIBUTES, ANYTHING, DOCS, SUBCLASSES = "?own", "?attr", "?all", "?doc", "?sub"
NOTES, MODULES, ORDER = "?notes", "?mod", "?order"
BASES = "?bases"
"""What a class is made of, as if it were a member of it; the order of its members is another."""

_BY_NAME = frozenset({"getattr", "setattr", "delattr", "hasattr"})
_GETTERS = frozenset({"attrgetter", "methodcaller"})
_OF_OBJECTS = frozenset({
    "vars", "dir", "getmembers", "getmembers_static", "__dict__", "__getattr__",
    "__getattribute__", "__getstate__", "__reduce__", "asdict", "astuple",
})  # fmt: skip
_OF_MODULES = frozenset({"globals", "vars", "dir", "locals"})
_OF_ANYTHING = frozenset({
    "eval", "exec", "run_path", "run_module", "f_globals", "get_objects", "__globals__",
    "get_type_hints", "get_annotations",
})  # fmt: skip
_OF_DOCS = frozenset({
    "__doc__", "getdoc", "getsource", "getsourcelines", "getcomments", "cleandoc", "pydoc",
    "doctest", "docopt", "render_doc",
})  # fmt: skip
_OF_NOTES = frozenset({
    "__annotations__", "signature", "getfullargspec", "annotation", "return_annotation",
    "__dataclass_fields__", "fields",
})  # fmt: skip
_MODULE_MAKERS = frozenset({
    "getmodule", "module_from_spec", "exec_module", "load_module", "load_source",
})  # fmt: skip
_HAVE_MODULES = frozenset({"request", "metafunc", "item", "node", "pyfuncitem", "collector"})
_TYPE_TESTS = frozenset({"isinstance", "issubclass"})
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_PICKLED = re.compile(rb"[A-Za-z_]\w{2,}")
_CODE = re.compile(r"\bimport\b|\n[^\n]*\(")

Hidden = frozenset[str]


def display_name(symbol: str) -> str:
    """Return ``C`` for what stands for its bases or the order of its members."""
    return symbol.partition(".?")[0]


def words_of(nodes: Iterable[ast.AST | None], hidden: Hidden = frozenset()) -> set[str]:
    """Return the words of expressions and simple statements.

    Args:
        nodes: what to look at; bodies of functions and classes in them are left out.
        hidden: names that are local where the nodes stand.
    """
    found: set[str] = set()
    used: set[int] = set()
    quiet: set[int] = set()
    stack: list[tuple[ast.AST, Hidden]] = [(node, hidden) for node in nodes if node is not None]
    while stack:
        node, hidden = stack.pop()
        keyed, said = keys(node)
        quiet.update(map(id, keyed))
        found.update(said)
        words = _words(node, hidden)
        found.update(w for w in words if id(node) not in quiet or w[0] != "?")
        used.update(map(id, _used_here(node)))
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in used:
            found.update(_handed_on(node, hidden))
        stack.extend(_inner(node, hidden))
    return found


def _used_here(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts whose value this node uses itself: it is not handed on."""
    match node:
        case ast.Call(func=called, args=args):
            yield called
            if last_name(called) in _TYPE_TESTS:
                yield from args
        case ast.Raise(exc=error):
            yield from () if error is None else (error,)
        case ast.Compare(left=left, comparators=rest):
            yield from (left, *rest)


def _handed_on(node: ast.Name | ast.Attribute, hidden: Hidden) -> Iterator[str]:
    if not isinstance(node.ctx, ast.Load):
        return
    whole = chain(node)
    if isinstance(node, ast.Attribute):
        yield f"=.{node.attr}"
        if node.attr.startswith("__") and whole is not None:
            whole = whole.rpartition(".")[0]  # x.__doc__ looks into x
            yield f"=.{whole.rpartition('.')[2]}"
    if whole is not None and whole.partition(".")[0] not in hidden:
        yield f"={whole}"


def _inner(node: ast.AST, hidden: Hidden) -> Iterator[tuple[ast.AST, Hidden]]:
    if isinstance(node, ast.Attribute):
        rest = chain(node)
        if rest is None or rest.partition(".")[0] in hidden:
            yield node.value, hidden
    elif isinstance(node, ast.Lambda):
        yield node.args, hidden
        yield node.body, hidden | frozenset(parameters(node.args))
    elif isinstance(node, COMPREHENSIONS):
        yield from _comprehended(node, hidden)
    elif not isinstance(node, ast.Import | ast.ImportFrom):
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr_context):
                yield child, hidden


def _comprehended(node: ast.AST, hidden: Hidden) -> Iterator[tuple[ast.AST, Hidden]]:
    generators: list[ast.comprehension] = getattr(node, "generators", [])
    own = {
        inner.id
        for generator in generators
        for inner in ast.walk(generator.target)
        if isinstance(inner, ast.Name)
    }
    yield generators[0].iter, hidden  # evaluated outside
    inside = hidden | own
    for number, generator in enumerate(generators):
        yield generator.target, inside
        yield from ((test, inside) for test in generator.ifs)
        if number:
            yield generator.iter, inside
    for name in ("elt", "key", "value"):
        child = getattr(node, name, None)
        if child is not None:
            yield child, inside


def _words(node: ast.AST, hidden: Hidden) -> Iterator[str]:  # noqa: C901 - one case a kind
    match node:
        case ast.Name(id=name, ctx=ast.Load() | ast.Del()):
            if name not in hidden:
                yield name
                yield from _powers(name)
                yield from (DOCS,) if name == "help" else ()
        case ast.AugAssign(target=ast.Name(id=name)) if name not in hidden:
            yield name
        case ast.Attribute():
            yield from _attribute(node, hidden)
        case ast.Constant(value=bytes(data)):  # it may be pickled
            yield from (f"~{name.decode()}" for name in _PICKLED.findall(data))
        case ast.Constant(value=str(text)):
            yield from _text(text)
            yield from (DOCS,) if text == "__doc__" else ()
        case ast.Call():
            yield from _call(node)
        case ast.MatchClass(kwd_attrs=attributes):
            yield from (f".{name}" for name in attributes)
        case ast.ImportFrom(level=level, module=module, names=names):
            yield from (f"^{level}:{module or ''}:{alias.name}" for alias in names)
        case ast.Import(names=names):
            yield from (f"^0:{alias.name}:" for alias in names)


def _attribute(node: ast.Attribute, hidden: Hidden) -> Iterator[str]:
    yield f".{node.attr}"
    yield from _powers(node.attr)
    if node.attr == "module" and last_name(node.value) in _HAVE_MODULES:
        yield MODULES
    whole = chain(node)
    if whole is None:
        return
    root, _, rest = whole.partition(".")
    if root in hidden:
        return
    yield whole
    parts = rest.split(".")
    for part in parts[:-1]:
        yield f".{part}"
        yield from _powers(part)
    if root.strip("_") == "sys" and parts[0] == "modules":
        yield ANYTHING
    for at, part in enumerate(parts):
        if part in _OF_OBJECTS:  # of a module: its names, one and all
            yield ".".join((root, *parts[:at]))


def _powers(name: str) -> Iterator[str]:
    """Yield what code that uses this name may look up without naming it."""
    if name in _OF_ANYTHING:
        yield ANYTHING
    if name in _OF_MODULES:
        yield OWN
    if name in _OF_OBJECTS:
        yield ATTRIBUTES
    if name in _OF_DOCS:
        yield DOCS
    if name == "__subclasses__":
        yield SUBCLASSES
    if name in {"vars", "__dict__"}:
        yield ORDER
    if name in _OF_NOTES:
        yield NOTES
    if name in _MODULE_MAKERS:
        yield MODULES


def _call(node: ast.Call) -> Iterator[str]:
    called = last_name(node.func)
    constant = [isinstance(value, ast.Constant) for value in node.args]
    if called in _BY_NAME and not (len(constant) > 1 and constant[1]):
        yield ATTRIBUTES
    if called in _GETTERS and not all(constant):
        yield ATTRIBUTES
    if called == "multiple":  # mock.patch.multiple(C, colour=1)
        yield from (f"'{keyword.arg}" for keyword in node.keywords if keyword.arg)
    if called in IMPORTERS:
        texts = [value.value for value in node.args[:1] if isinstance(value, ast.Constant)]
        yield from (f"!{text.lstrip('.')}" for text in texts if isinstance(text, str))
        if not texts:
            yield ANYTHING


def _text(text: str) -> Iterator[str]:
    if _CODE.search(text):
        yield from (f"~{name}" for name in _IDENTIFIER.findall(text))
    elif text.isidentifier() or DOTTED.fullmatch(text):
        yield f"'{text.lstrip('.').replace(':', '.')}"
    elif "{" in text or "%(" in text:
        yield from (f"'{name}" for name in _IDENTIFIER.findall(text))
    elif "__" in text:
        yield "'__"  # of "__%s__" a special name is made
