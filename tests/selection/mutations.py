"""Random edits of a module's syntax tree: what a programmer, or an accident, may change."""

import ast
import copy
from collections.abc import Callable, Sequence
from random import Random

Change = Callable[[ast.Module, Random], bool]
"""Edit a tree in place; False when there is nothing of the kind to edit."""


def mutate(text: str, random: Random) -> str | None:
    """Return the text with one random edit, or None where the one drawn does not apply."""
    tree = ast.parse(text)
    before = ast.unparse(tree)
    change = random.choice(CHANGES)
    if not tree.body or not change(tree, random):
        return None
    after = ast.unparse(ast.fix_missing_locations(tree))
    return None if after == before else after + "\n"


def _nodes(tree: ast.AST, *kinds: type) -> list[ast.AST]:
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def _bodies(tree: ast.AST) -> list[list[ast.stmt]]:
    found = []
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body:
                found.append(body)
    return found


def _statement(text: str) -> ast.stmt:
    return ast.parse(text).body[0]


def _names(tree: ast.AST) -> list[str]:
    found = [node.name for node in _nodes(tree, ast.FunctionDef, ast.ClassDef)]  # type: ignore[attr-defined]
    found += [n.id for n in _nodes(tree, ast.Name) if isinstance(n.ctx, ast.Store)]  # type: ignore[attr-defined]
    return sorted(set(found)) or ["x"]


def _constant(tree: ast.Module, random: Random) -> bool:
    nodes = [n for n in _nodes(tree, ast.Constant) if isinstance(n.value, int | str)]  # type: ignore[attr-defined]
    if not nodes:
        return False
    node = random.choice(nodes)
    assert isinstance(node, ast.Constant)
    node.value = node.value + "x" if isinstance(node.value, str) else int(node.value or 0) + 1  # type: ignore[arg-type]
    return True


def _operator(tree: ast.Module, random: Random) -> bool:
    nodes = _nodes(tree, ast.BinOp, ast.Compare)
    if not nodes:
        return False
    node = random.choice(nodes)
    if isinstance(node, ast.BinOp):
        node.op = random.choice([ast.Add(), ast.Sub(), ast.Mult(), ast.FloorDiv()])
    elif isinstance(node, ast.Compare):
        node.ops = [random.choice([ast.Lt(), ast.Gt(), ast.Eq(), ast.NotEq()])]
    return True


def _delete(tree: ast.Module, random: Random) -> bool:
    body = random.choice(_bodies(tree))
    del body[random.randrange(len(body))]
    if not body:
        body.append(ast.Pass())
    return True


def _duplicate_elsewhere(tree: ast.Module, random: Random) -> bool:
    source = random.choice(random.choice(_bodies(tree)))
    body = random.choice(_bodies(tree))
    body.insert(random.randint(0, len(body)), copy.deepcopy(source))
    return True


def _insert_inside(tree: ast.Module, random: Random) -> bool:
    functions = _nodes(tree, ast.FunctionDef)
    if not functions:
        return False
    body = random.choice(_bodies(random.choice(functions)))
    name = random.choice(_names(tree))
    text = random.choice([
        "return 7", "raise ValueError", f"{name} = 5", f"global {name}", "yield 1",
        f"import {name}", f"del {name}", "pass", "x = 3", f"print({name})",
    ])  # fmt: skip
    body.insert(random.randint(0, len(body)), _statement(text))
    return True


def _insert_outside(tree: ast.Module, random: Random) -> bool:
    name, other = random.choice(_names(tree)), random.choice(_names(tree))
    text = random.choice([
        f"{name} = 9", f"def {name}(*given):\n    return 4", f"del {name}", f"{name} += 1",
        f"{name}.A = 7", f"{name} = {other}", "raise ImportError", f"class {name}:\n    A = 3",
        f"{name}.ma = lambda self: 8", f"{name}.__defaults__ = (1,)", "fresh = 1",
        f"def __getattr__(name):\n    return {name}", "__all__ = []", f"__all__ = ['{name}']",
        f"import PKG.p\nPKG.p.{name} = 6", f"globals()['{name}'] = 3", f"setattr({name}, 'A', 1)",
        f"for {name} in [1]:\n    pass", f"[{name} := 3]",
        f"try:\n    {name} = 2\nfinally:\n    pass",
    ])  # fmt: skip
    place = random.randint(0, len(tree.body))
    tree.body[place:place] = ast.parse(text).body
    return True


def _default(tree: ast.Module, random: Random) -> bool:
    functions = _nodes(tree, ast.FunctionDef)
    if not functions:
        return False
    node = random.choice(functions)
    assert isinstance(node, ast.FunctionDef)
    arguments = node.args
    if arguments.defaults and random.random() < 0.5:
        arguments.defaults = [ast.Constant(random.randint(0, 9)) for _ in arguments.defaults]
    else:
        name = random.choice([*_names(tree), "d"])
        arguments.args.append(ast.arg(name))
        arguments.defaults.append(ast.Constant(3))
    return True


def _decorator(tree: ast.Module, random: Random) -> bool:
    nodes = _nodes(tree, ast.FunctionDef, ast.ClassDef)
    if not nodes:
        return False
    node = random.choice(nodes)
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    if node.decorator_list and random.random() < 0.6:
        node.decorator_list.pop()
    else:
        name = random.choice(["property", "staticmethod", "classmethod", *_names(tree)])
        node.decorator_list.insert(0, ast.Name(name, ast.Load()))
    return True


def _bases(tree: ast.Module, random: Random) -> bool:
    nodes = _nodes(tree, ast.ClassDef)
    if not nodes:
        return False
    node = random.choice(nodes)
    assert isinstance(node, ast.ClassDef)
    others = [one.name for one in nodes if one is not node] + ["int", "Exception"]  # type: ignore[attr-defined]
    if node.bases and random.random() < 0.5:
        node.bases = list(reversed(node.bases)) if len(node.bases) > 1 else []
    else:
        base = ast.Name(random.choice(others), ast.Load())
        node.bases.insert(random.randint(0, len(node.bases)), base)
    return True


def _member(tree: ast.Module, random: Random) -> bool:
    nodes = _nodes(tree, ast.ClassDef)
    if not nodes:
        return False
    node = random.choice(nodes)
    assert isinstance(node, ast.ClassDef)
    if random.random() < 0.3 and len(node.body) > 1:
        del node.body[random.randrange(len(node.body))]
        return True
    text = random.choice([
        "A = 77", "x = 5", "ma = property(lambda self: 3)", "__slots__ = ()", "__hash__ = None",
        *(f"def {name}(self):\n    return 42" for name in ("ma", "mb", "mc", "md", "mt")),
        "def __len__(self):\n    return 0", "def __eq__(self, other):\n    return False",
        "def __getattr__(self, name):\n    return 6", "def __bool__(self):\n    return False",
        "def __repr__(self):\n    return ''", "def __getattribute__(self, name):\n    return 8",
        "def __new__(cls, *given):\n    return 3", "def __init_subclass__(cls):\n    cls.A = 9",
        "def __init__(self, x=0):\n    self.x = 1", "def __post_init__(self):\n    self.v = 1",
        "def __setattr__(self, name, value):\n    pass", "w: int = 3", "u: int = 0",
        "def __class_getitem__(cls, x):\n    return 1", "def __iter__(self):\n    return iter([1])",
    ])  # fmt: skip
    node.body.insert(random.randint(0, len(node.body)), _statement(text))
    return True


def _import(tree: ast.Module, random: Random) -> bool:
    nodes = [n for n in _nodes(tree, ast.ImportFrom) if n.names[0].name != "*"]  # type: ignore[attr-defined]
    if not nodes:
        return False
    node = random.choice(nodes)
    assert isinstance(node, ast.ImportFrom)
    alias = random.choice(node.names)
    draw = random.random()
    if draw < 0.3:
        alias.asname = alias.asname or alias.name
        alias.name = random.choice(["__name__", "fresh", *_names(tree)])
    elif draw < 0.6:
        alias.asname = random.choice(_names(tree))
    elif node.module:
        node.module = random.choice(["PKG.p", "PKG.q", "PKG"])
        node.level = 0
    return True


def _swap(tree: ast.Module, random: Random) -> bool:
    bodies = [body for body in _bodies(tree) if len(body) > 1]
    if not bodies:
        return False
    body = random.choice(bodies)
    place = random.randrange(len(body) - 1)
    body[place], body[place + 1] = body[place + 1], body[place]
    return True


def _rename(tree: ast.Module, random: Random) -> bool:
    nodes = _nodes(tree, ast.FunctionDef, ast.ClassDef, ast.Name, ast.arg, ast.Attribute)
    node = random.choice(nodes) if nodes else None
    new = random.choice(["fresh", "ma", "A", "x", *_names(tree)])
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        node.name = new
    elif isinstance(node, ast.Name):
        node.id = new
    elif isinstance(node, ast.arg):
        node.arg = new
    elif isinstance(node, ast.Attribute):
        node.attr = new
    return node is not None


def _wrap(tree: ast.Module, random: Random) -> bool:
    body = random.choice(_bodies(tree))
    place = random.randrange(len(body))
    wrapped: Sequence[ast.stmt] = [body[place]]
    text = random.choice([
        "if True:\n    pass", "if False:\n    pass", "for z in []:\n    pass",
        "try:\n    pass\nexcept Exception:\n    pass", "while True:\n    pass\n    break",
    ])  # fmt: skip
    outer = _statement(text)
    inner = outer.body  # type: ignore[attr-defined]
    inner[0:1] = wrapped
    body[place] = outer
    return True


def _exchange(tree: ast.Module, random: Random) -> bool:
    nodes = _nodes(tree, ast.FunctionDef)
    if len(nodes) < 2:
        return False
    one, two = random.sample(nodes, 2)
    assert isinstance(one, ast.FunctionDef)
    assert isinstance(two, ast.FunctionDef)
    one.name, two.name = two.name, one.name
    return True


CHANGES: list[Change] = [
    _constant, _constant, _operator, _delete, _duplicate_elsewhere, _insert_inside,
    _insert_outside, _insert_outside, _default, _decorator, _bases, _member, _member, _import,
    _swap, _rename, _rename, _wrap, _exchange,
]  # fmt: skip
