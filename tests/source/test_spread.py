"""How far a changed name spreads: what runs at import passes it on, functions are evidence.

A case is (files, seed, what is reached): ``path:lines`` of statements in functions, ``path!`` for
a module all of whose importers are concerned, ``path?`` for one whose import may now fail.
"""

from textwrap import dedent

# ruff: noqa: E501  (a case is a line)
import pytest

from coverquery.model import RepoPath
from coverquery.source.mentions import mentions
from coverquery.source.project import Project
from coverquery.source.reach import Seed
from coverquery.source.spread import spread
from coverquery.source.syntax import parse
from coverquery.source.usage import Mentions

A = RepoPath("p/a.py")
CASES: dict[str, tuple[dict[str, str], Seed, str]] = {
    "its own functions": ({"p/a.py": "X = 1\ndef f():\n    return X\n"}, Seed(A, "X"), "p/a.py:3"),
    "a local of that name": ({"p/a.py": "X = 1\ndef f(X):\n    return X\n"}, Seed(A, "X"), ""),
    "a variable of a comprehension": (
        {"p/a.py": "X = 1\ndef f():\n    a = [X for X in y]\n    return X\n"}, Seed(A, "X"), "p/a.py:4",
    ),
    "declared global": (
        {"p/a.py": "X = 1\ndef f():\n    global X\n    X = X + 1\n"}, Seed(A, "X"), "p/a.py:4",
    ),
    "imported under another name": (
        {"p/a.py": "X = 1\n", "p/b.py": "from .a import X as Y\ndef f():\n    return Y\n"},
        Seed(A, "X"), "p/b.py:3",
    ),
    "the same name of another module": (
        {"p/a.py": "X = 1\n", "p/c.py": "X = 2\n", "p/b.py": "from .c import X\ndef f():\n    return X\n"},
        Seed(A, "X"), "",
    ),
    "an attribute of the module": (
        {"p/__init__.py": "", "p/a.py": "X = 1\n", "b.py": "import p.a\ndef f():\n    return p.a.X\n"},
        Seed(A, "X"), "b.py:3",
    ),
    "another attribute of the module": (
        {"p/__init__.py": "", "p/a.py": "X = 1\n", "b.py": "import p.a\ndef f():\n    return p.a.Z\n"},
        Seed(A, "X"), "",
    ),
    "re-exported by the package": (
        {"p/__init__.py": "from .a import X\n", "p/a.py": "X = 1\n",
         "b.py": "import p\ndef f():\n    return p.X\n"},
        Seed(A, "X"), "b.py:3",
    ),
    "everything imported": (
        {"p/a.py": "X = 1\n", "p/b.py": "from .a import *\ndef f():\n    return X\n"},
        Seed(A, "X"), "p/b.py:3",
    ),
    "the module handed on": (
        {"p/a.py": "X = 1\n", "p/b.py": "from . import a\ndef f():\n    return g(a)\n"},
        Seed(A, "X"), "p/b.py:3",
    ),
    "the module named by a string": (
        {"p/a.py": "X = 1\n", "b.py": "def f(m):\n    m.setattr('p.a.X', 2)\n"}, Seed(A, "X"), "b.py:2",
    ),
    "imported inside a function": (
        {"p/a.py": "X = 1\n", "p/b.py": "def f():\n    from .a import X\n    return X\n"},
        Seed(A, "X"), "p/b.py:2",
    ),
    "what is made of it": (
        {"p/a.py": "X = 1\nY = (X, 2)\ndef f():\n    return Y\n"}, Seed(A, "X"), "p/a.py:4",
    ),
    "what may fail to be made of it": (
        {"p/a.py": "X = 1\nY = X + 2\ndef f():\n    return Y\n"}, Seed(A, "X"), "p/a.py:4 p/a.py?",
    ),
    "a call with it": ({"p/a.py": "X = 1\nregister(X)\n"}, Seed(A, "X"), "p/a.py! p/a.py?"),
    "a default": (
        {"p/a.py": "X = 1\ndef f(a=X):\n    return a\n"}, Seed(A, "X"), "p/a.py:3",
    ),
    "a condition": ({"p/a.py": "X = 1\nif X:\n    Y = 1\n"}, Seed(A, "X"), "p/a.py! p/a.py?"),
    "gone from under an import": (
        {"p/a.py": "", "p/b.py": "from .a import X\n"}, Seed(A, "X", gone=True), "p/b.py?",
    ),
    "a base": (
        {"p/a.py": "class B: pass\nclass C(B):\n    def m(self):\n        return 1\n"},
        Seed(A, "B"), "p/a.py:4 p/a.py?",
    ),
    "a member, named": (
        {"p/a.py": "class B:\n    colour = 1\ndef f(x):\n    return x.colour\ndef g(x):\n    return x.form\n"},
        Seed(A, "B.colour"), "p/a.py:4",
    ),
    "a member, by computed names": (
        {"p/a.py": "class B:\n    colour = 1\ndef f(x, n):\n    return getattr(x, n)\n"},
        Seed(A, "B.colour"), "p/a.py:4",
    ),
    "a member, in a pattern": (
        {"p/a.py": "class B:\n    colour = 1\ndef f(x):\n    match x:\n        case B(colour=2):\n"
                   "            return 1\n"},
        Seed(A, "B.colour"), "p/a.py:5",
    ),
    "a special member": (
        {"p/a.py": "class B:\n    def m(self):\n        return 1\ndef f():\n    return B()\n"},
        Seed(A, "B.__eq__"), "p/a.py:3,5",
    ),
    "a member of what a foreign base makes": (
        {"p/a.py": "from web import Model\nclass B(Model):\n    colour = 1\n"}, Seed(A, "B.colour"), "p/a.py!",
    ),
    "a field of an enum": (
        {"p/a.py": "import enum\nclass B(enum.Enum):\n    RED = 1\ndef f():\n    return list(B)\n"},
        Seed(A, "B.RED"), "p/a.py:5 p/a.py?",
    ),
    "a member that makes subclasses": (
        {"p/a.py": "class B: pass\n", "p/b.py": "from .a import B\nclass C(B): pass\n"},
        Seed(A, "B.__init_subclass__"), "p/b.py! p/b.py?",
    ),
    "a late annotation": (
        {"p/a.py": "from __future__ import annotations\nX = int\ndef f(a: X):\n    return a\n"},
        Seed(A, "X"), "",
    ),
    "an annotation": ({"p/a.py": "X = int\ndef f(a: X):\n    return a\n"}, Seed(A, "X"), "p/a.py?"),
    "for type checkers only": (
        {"p/a.py": "X = int\n", "p/b.py":
         "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import X\n    Y = X\n"},
        Seed(A, "X"), "",
    ),
    "the body of a script": (
        {"p/a.py": "X = 1\nif __name__ == '__main__':\n    go(X)\n"}, Seed(A, "X"), "p/a.py:3",
    ),
    "a module by its key": (
        {"p/a.py": "X = 1\n", "b.py": "def f():\n    return sys.modules['p.a']\n"}, Seed(A, "X"), "b.py:2",
    ),
    "another module by its key": (
        {"p/a.py": "X = 1\n", "b.py": "def f():\n    return sys.modules['p.c']\n"}, Seed(A, "X"), "",
    ),
    "any module": (
        {"p/a.py": "X = 1\n", "b.py": "def f(m):\n    return sys.modules[m]\n"}, Seed(A, "X"), "b.py:2",
    ),
    "whether a module is there": (
        {"p/a.py": "X = 1\n", "b.py": "def f(m):\n    return m in sys.modules\n"}, Seed(A, "X"), "",
    ),
    "its own names by key": (
        {"p/a.py": "X = 1\ndef f():\n    return globals()['X']\ndef g():\n    return globals()['Z']\n"},
        Seed(A, "X"), "p/a.py:3",
    ),
    "its own names": ({"p/a.py": "X = 1\ndef f(n):\n    return globals()[n]\n"}, Seed(A, "X"), "p/a.py:3"),
    "the names of a function's module": (
        {"p/a.py": "X = 1\n", "b.py": "def f(g):\n    return g.__globals__['X'], g.__globals__.items()\n"},
        Seed(A, "X"), "b.py:2",
    ),
    "another name of a function's module": (
        {"p/a.py": "X = 1\n", "b.py": "def f(g):\n    return g.__globals__['Z']\n"}, Seed(A, "X"), "",
    ),
    "text run in a namespace of its own": (
        {"p/a.py": "X = 1\n", "b.py": "def f(t):\n    exec(t, {})\n"}, Seed(A, "X"), "",
    ),
    "text run": ({"p/a.py": "X = 1\n", "b.py": "def f(t):\n    exec(t)\n"}, Seed(A, "X"), "b.py:2"),
    "text that names it": (
        {"p/a.py": "X = 1\n", "b.py": "def f(t):\n    t.write('from p.a import X\\n')\n"}, Seed(A, "X"), "b.py:2",
    ),
    "pickled": ({"p/a.py": "Xyz = 1\n", "b.py": "def f(t):\n    t.loads(b'cp.a\\nXyz\\n.')\n"}, Seed(A, "Xyz"), "b.py:2"),
    "a module as a value": (
        {"p/a.py": "X = 1\n", "b.py": "def f(s):\n    return module_from_spec(s)\n", "c.py": "def g(m):\n    return m.X\n"},
        Seed(A, "X"), "c.py:2",
    ),
    "an annotation that somebody reads": (
        {"p/a.py": "X = int\ndef f(a: X):\n    return a\n", "b.py": "def g(h):\n    return signature(h)\n"},
        Seed(A, "X"), "p/a.py:3 p/a.py?",
    ),
    "a member nobody names": (
        {"p/a.py": "class B:\n    colour = 1\n    def m(self):\n        return 1\n"}, Seed(A, "B.colour"), "p/a.py:4",
    ),
    "a member logging calls": (
        {"p/a.py": "class B:\n    def m(self):\n        return 1\ndef f(q):\n    return q.filter(1)\n"},
        Seed(A, "B.filter"), "p/a.py:3",
    ),
    "a name gone from an import in a try": (
        {"p/a.py": "Y = 1\n", "p/b.py": "try:\n    from .a import X\nexcept ImportError:\n    X = None\n"},
        Seed(A, "X", gone=True), "p/b.py!",
    ),
    "a class made by a call": (
        {"p/a.py": "X = 1\nY = type('Y', (B,), {'x': X})\ndef f():\n    return 1\n"}, Seed(A, "X"), "p/a.py! p/a.py?",
    ),
    "only under another module name": (
        {"p/a.py": "X = 1\nif __name__ == 'p.a':\n    go(X)\n"}, Seed(A, "X"), "p/a.py! p/a.py?",
    ),
    "a keyword of a class in a with": (
        {"p/a.py": "X = 1\nwith w:\n    class B(key=X): pass\n"}, Seed(A, "X"), "p/a.py! p/a.py?",
    ),
    "patched by keywords": (
        {"p/a.py": "class B:\n    colour = 1\n", "b.py": "def f(t):\n    t.multiple(t.b, colour=2)\n"},
        Seed(A, "B.colour"), "b.py:2",
    ),
    "a builtin decorator that a class shadows": (
        {"p/a.py": "X = 1\nclass B:\n    property = register\n    @property\n    def m(self, x=X):\n        return 1\n"},
        Seed(A, "X"), "p/a.py:6 p/a.py! p/a.py?",
    ),
    "a circle": (
        {"p/a.py": "from .b import Y\nX = Y\n", "p/b.py": "from .a import X\nY = X\ndef f():\n    return Y\n"},
        Seed(A, "X"), "p/b.py:4",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "seed", "expected"), CASES.values(), ids=CASES)
def test_reaches(files: dict[str, str], seed: Seed, expected: str) -> None:
    read = {RepoPath(path): mentions(parse(dedent(text).encode())) for path, text in files.items()}
    reach = spread(Project({path: [found] for path, found in read.items()}), [seed])
    said = [f"{path}:{versions[0]}" for path, versions in sorted(reach.lines.items())]
    said += [f"{path}!" for path in sorted(reach.imports)]
    said += [f"{path}?" for path in sorted(reach.raising)]
    assert " ".join(said) == expected
    assert all(Mentions.from_json(found.to_json()) == found for found in read.values())
