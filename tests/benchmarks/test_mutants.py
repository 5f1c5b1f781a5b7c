"""The mutants that safety is proved on: of every kind, really different, drawn the same again."""

import ast
from pathlib import Path

import pytest

from benchmarks import fetch
from benchmarks.candidates import candidates
from benchmarks.mutants import MEANINGLESS, Mutant, Splice, draw
from benchmarks.projects import Project

SHOP = '''"""A shop."""

from shop.money import Price, rounded

LIMIT = 3
RATES = rounded(2)


def total(prices, tax=0):
    """Add up."""
    result = rounded(sum(prices))
    if result > LIMIT:
        print(RATES)
        return None
    return result + tax


class Basket(Price):
    """Holds prices."""

    size = 4

    @property
    def full(self):
        return self.size == LIMIT
'''
MONEY = """class Price:
    def worth(self, unit: str) -> int:
        return 1

    def named(self):
        return "price"


def rounded(value):
    return round(value)
"""
TESTS = """import pytest

from shop import total


@pytest.fixture
def price():
    return helper()


def helper():
    return 1


@pytest.mark.parametrize("tax", [1, 2])
def test_total(price, tax):
    assert total([price], tax) == 1 + tax
"""


@pytest.fixture
def project(tmp_path: Path) -> tuple[Project, Path]:
    """A project as fetch makes them, without an environment."""
    files = {
        "shop/__init__.py": SHOP,
        "shop/money.py": MONEY,
        "tests/test_shop.py": TESTS,
        "tests/prices.txt": "1\n2\n",
        "pyproject.toml": "[tool.pytest.ini_options]\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    fetch.commit(tmp_path)
    project = Project("shop", "1", "", ".", ("shop",), "tests", (), {})
    return project, tmp_path


def found(project: tuple[Project, Path]) -> dict[str, list[Splice | Mutant]]:
    """Return every mutation, as if every line had been executed."""
    shop, root = project
    lines = {
        str(path.relative_to(root)): frozenset(range(1, 99))
        for folder in (*shop.source, shop.tests)
        for path in (root / folder).glob("*.py")
    }
    return candidates(shop, root, lines)


def test_every_kind_of_statement_is_mutated(project: tuple[Project, Path]) -> None:
    """What the issue lists is there, each under its scope."""
    kinds = set(found(project))
    assert kinds >= {
        "function: constant", "function: comparison", "function: condition", "function: return",
        "function: deleted statement", "function: deleted call", "function: early raise",
        "function: early return", "function: added yield", "function: global made local",
        "module: constant", "module: default", "module: rebound", "module: renamed",
        "module: signature", "module: changed import", "module: deleted import", "module: raise",
        "class: constant", "class: decorator", "class: override added", "class: base removed",
        "class: deleted definition", "class: dunder added", "class: swapped",
        "tests: fixture", "tests: helper", "tests: parametrize", "tests: test function",
        "file: added module", "file: deleted module", "file: conftest", "data file",
        "configuration: pytest", "comment", "docstring", "reformatting", "syntax error",
    }  # fmt: skip


def test_a_mutant_parses_and_differs(project: tuple[Project, Path]) -> None:
    """No mutant is the file itself; only those meant to are no Python, or mean the same."""
    _, root = project
    mutants = draw(root, found(project), 300, seed=1)
    assert len({mutant.key for mutant in mutants}) == len(mutants) > 150
    for mutant in mutants:
        for path, content in mutant.changes:
            old = (root / path).read_bytes() if (root / path).exists() else None
            assert content != old
            if path.endswith(".py") and content is not None and mutant.kind != "syntax error":
                same = old is not None and ast.dump(ast.parse(content)) == ast.dump(ast.parse(old))
                assert not same or mutant.kind in MEANINGLESS


def test_a_longer_draw_begins_with_the_shorter_one(project: tuple[Project, Path]) -> None:
    """So more mutants than last time ask only about the new ones."""
    _, root = project
    few, many = (draw(root, found(project), number, seed=7) for number in (20, 60))
    assert many[:20] == few
    assert draw(root, found(project), 20, seed=8) != few


def test_a_mutant_is_taken_back(project: tuple[Project, Path]) -> None:
    """Git shows exactly what the mutant says; restoring leaves nothing."""
    shop, root = project
    checkout = fetch.Checkout(shop, root, "3.12")
    for mutant in draw(root, found(project), 60, seed=3):
        mutant.apply(root)
        changed = fetch.git(root, "status", "--porcelain", "-uall").splitlines()
        assert {line[3:] for line in changed} == {path for path, _ in mutant.changes}
        fetch.restore(checkout)
        assert fetch.git(root, "status", "--porcelain") == ""


def test_the_statement_of_an_edit_is_its_header(project: tuple[Project, Path]) -> None:
    """Edits of a condition concern who reached the ``if``, not who went into it."""
    sites = [one for one in found(project)["function: condition"] if isinstance(one, Splice)]
    (site,) = [one for one in sites if one.path == "shop/__init__.py"]
    line = SHOP.splitlines().index("    if result > LIMIT:") + 1
    assert site.statement == (line, line)
