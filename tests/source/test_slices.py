"""Judging only the differing part of a file gives what judging the whole file gives."""

import random
from pathlib import Path

import pytest

from coverquery.lines import LineSet
from coverquery.model import Oid, RepoPath
from coverquery.source.impact import Version, impact
from coverquery.source.slices import outline, parts

PATH = RepoPath("m.py")
HERE = Path(__file__).parents[2]
FILES = sorted((HERE / "coverquery").rglob("*.py"))

TEXT = '''"""Doc."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sys

A = """
def looks_like_a_beginning():
    pass
"""


def one(x):
    if x:
        return 1


if A:
    B = 1


@property
def two():
    """Doc."""
    return 2
'''


def judged(old: str, new: str, *, partly: bool) -> object:
    starts = outline(old.encode()) if partly else ()
    found = impact(PATH, Version(Oid("a"), old.encode()), Version(Oid("b"), new.encode()), starts)
    # which of two equal statements is the new one is a matter of taste: lines of whole
    # touches are for display only
    return [
        touch._replace(new_lines=LineSet(), old_lines=LineSet() if touch.whole else touch.old_lines)
        for touch in found.touches
    ], found.note


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        return 1\n", "        return 3\n"),
        ("        return 1\n", "        return 1\n    else:\n        return 2\n"),
        ("    B = 1\n", "    B = 1\nelse:\n    B = 2\n"),
        ("def looks_like_a_beginning():\n", "def looks_like_another():\n"),
        ("    pass\n", '    pass\n"""\ndef three():\n    """\n'),
        ("    return 2\n", "    yield 2\n"),
        ("    return 2\n", "    return 2 \\\n"),
        ("    return 2\n", "    return (2\n"),
        ("    return 2\n", "    return 2\n\n\nreturn 3\n"),
        ('    """Doc."""\n', '    """Other."""\n'),
        ('"""Doc."""\n\nfrom', '"""Other."""\n\nfrom'),
        ("from __future__ import annotations\n", "\n"),
        ("    import sys\n", "    import os.path\n"),
        ("if TYPE_CHECKING:\n", "if not TYPE_CHECKING:\n"),
        ("import os\n", "import os\nglobal A\n"),
        ("import os\n", "import os\n'a string'\n"),
        ("@property\ndef two", "@property\n@staticmethod\ndef two"),
        ("@property\n", "@property\n\n# comment\n"),
        ('"""Doc."""\n\nfrom', 'B = 1\n"""Doc."""\n\nfrom'),
        ('"""Doc."""\n\nfrom', '# comment\n"""Doc."""\n\nfrom'),
        ("def one(x):", "@property\ndef one(x):"),
        ("def one(x):", "def one(x: (yield)):"),
        ("import os\n", "import os\r\n"),
        ('A = """\n', 'A = ("""\n'),
    ],
)
def test_edits_of_a_tricky_file(old: str, new: str) -> None:
    assert TEXT.count(old) == 1
    edited = TEXT.replace(old, new)
    assert judged(TEXT, edited, partly=True) == judged(TEXT, edited, partly=False)
    back = judged(edited, TEXT, partly=True)
    assert back == judged(edited, TEXT, partly=False)


@pytest.mark.parametrize("seed", range(8))
def test_random_edits_of_real_files(seed: int) -> None:
    chance = random.Random(seed)
    partly = 0
    for _ in range(40):
        old = chance.choice(FILES).read_text(encoding="utf-8")
        new = _edited(old, chance)
        partly += parts(old.encode(), new.encode(), outline(old.encode())) is not None
        assert judged(old, new, partly=True) == judged(old, new, partly=False)
    assert partly > 20


def test_only_what_differs_is_parsed() -> None:
    edited = TEXT.replace("        return 1\n", "        return 3\n")
    found = parts(TEXT.encode(), edited.encode(), outline(TEXT.encode()))
    assert found is not None
    assert found[1].content.strip() == b"def one(x):\n    if x:\n        return 3"
    assert found[1].content.count(b"\n", 0, found[1].content.index(b"def")) == 16


def _edited(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        return "x = 1\n"
    for _ in range(chance.choice([1, 1, 2])):
        at = chance.randrange(len(lines))
        choice = chance.randrange(7)
        if choice == 0:
            del lines[at]
            lines = lines or ["\n"]
        elif choice == 1:
            lines.insert(at, lines[chance.randrange(len(lines))])
        elif choice == 2:
            lines[at] = lines[at].replace("return ", "return not ").replace("==", "!=")
        elif choice == 3:
            lines[at] = lines[at].rstrip("\n") + "  # comment\n"
        elif choice == 4:
            lines[at] = "    " + lines[at]
        elif choice == 5:
            lines[at] = lines[at].replace('"""', "'''").replace(":", ";", 1)
        else:
            lines.insert(at, chance.choice(["else:\n", "x = 1\n", "    pass\n", '"""\n', "@d\n"]))
    return "".join(lines)
