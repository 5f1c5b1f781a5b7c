"""Edits of the lab: what must be selected, what must not, as data.

``must`` and ``not_`` are parts of test ids; ``only`` says that nothing but ``must`` is selected.
"""

from dataclasses import dataclass
from typing import Any

import pytest

PRICES = "src/shop/prices.py"
ALL = ("test_price", "test_add", "test_red", "test_one", "test_plain", "test_url", "test_in_sub")


@dataclass(frozen=True)
class Case:
    """One edit: replace texts, write files, delete files."""

    name: str
    must: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()
    only: bool = False
    edits: tuple[tuple[str, str, str], ...] = ()
    write: tuple[tuple[str, str], ...] = ()
    delete: tuple[str, ...] = ()


def case(name: str, *edit: str, **more: Any) -> Case:
    return Case(name, edits=(edit,) if edit else (), **more)  # type: ignore[arg-type]


CASES = [
    # Nothing
    case("no change", only=True),
    case("comment", PRICES, "# a comment", "# another comment", only=True),
    case("comment line added", PRICES, "    # a comment\n", "    # a\n    # b\n", only=True),
    case("blank lines", PRICES, "def label(net):", "\n\n\ndef label(net):", only=True),
    case("docstring", PRICES, "Return the gross price.", "Return a price.", only=True),
    case("module docstring", PRICES, '"""Prices."""', '"""All prices."""', only=True),
    case("formatting", PRICES, "rate = TAX / 2", "rate = (TAX\n            / 2)", only=True),
    case("quotes", PRICES, '"EUR"', "'EUR'", only=True),
    case("type checking block", "src/shop/basket.py", "from shop.lazy import late",
         "from shop.lazy import FACTOR", only=True),
    case("unused function's body", PRICES, "return 1", "return 2", only=True),
    case("readme", "README.md", "# Shop", "# The shop", only=True),
    case("other tool's table", "pyproject.toml", 'colour = "blue"', 'colour = "red"', only=True),
    # Statements
    case("branch not taken by others", PRICES, "rate = TAX / 2", "rate = TAX / 4",
         must=("test_reduced",), only=True),
    case("else branch", PRICES, "    else:\n        rate = TAX\n", "    else:\n        rate = TAX + 1\n",
         must=("test_prices.py::test_price", "test_label"),
         not_=("test_reduced", "test_total", "test_add")),
    case("except body", PRICES, "return None", "return 0", must=("test_ratio_zero",), only=True),
    case("except header", PRICES, "except ZeroDivisionError", "except ArithmeticError",
         must=("test_ratio_zero",), only=True),
    case("continue branch", PRICES, "continue", "break", must=("test_total_negative",), only=True),
    case("loop body", PRICES, "result += net", "result += 2 * net",
         must=("test_prices.py::test_total",), not_=("test_total_empty", "test_price_")),
    case("deleted statement in a loop", PRICES, "        result += net\n", "",
         must=("test_prices.py::test_total",), not_=("test_total_empty",)),
    case("inserted before return", PRICES, "    return result", "    result += 1\n    return result",
         must=("test_total", "test_total_negative", "test_total_empty"), not_=("test_ratio",)),
    case("inserted first", PRICES, '    return f"{price(net)}', '    net += 1\n    return f"{price(net)}',
         must=("test_label",), only=True),
    case("new else on an if without one", PRICES, "            continue\n",
         "            continue\n        else:\n            net = 0\n",
         must=("test_prices.py::test_total", "test_total_negative"), not_=("test_total_empty",)),
    case("new except", PRICES, "    except ZeroDivisionError:", "    except TypeError:\n        raise\n    except ZeroDivisionError:",
         must=("test_ratio", "test_ratio_zero"), not_=("test_price_",)),
    case("statement in a test", "tests/test_prices.py", "assert price(10) == 12.0", "assert price(10) == 12",
         must=("test_prices.py::test_price",), not_=("test_reduced", "test_label")),
    case("name becomes global elsewhere", PRICES, "    result = 0\n", "    global result\n    result = 0\n",
         must=("test_prices.py::test_total", "test_total_empty"), not_=("test_ratio_zero",)),
    case("method", "src/shop/basket.py", 'raise ValueError("full")', 'raise ValueError("is full")',
         must=("test_full",), only=True),
    case("property", "src/shop/basket.py", "@property\n    def size(self):\n        return len(self.items)",
         "@property\n    def size(self):\n        return len(self.items) + 1", must=("test_add",),
         not_=("test_full", "test_big", "test_price_")),
    # Module level, coarse
    case("constant", PRICES, 'CURRENCY = "EUR"', 'CURRENCY = "USD"', must=("test_label",)),
    case("constant seen through an import", "src/shop/config.py", "TAX = 0.2", "TAX = 0.3",
         must=("test_prices.py::test_price", "test_label", "test_reduced")),
    case("class attribute", "src/shop/basket.py", "limit = 100", "limit = 101", must=("test_big",),
         not_=("test_in_sub",)),
    case("default argument", PRICES, "reduced=False", "reduced=True", must=("test_prices.py::test_price",)),
    case("decorator", "src/shop/basket.py", "    @property\n", "    @staticmethod\n", must=("test_add",)),
    case("function run by an import", "src/shop/config.py", "    REGISTRY[function.__name__] = function",
         "    REGISTRY[function.__name__] = lambda value: 0", must=("test_lookup",), not_=("test_in_sub",)),
    case("registered function", "src/shop/basket.py", "value * 0.9", "value * 0.8", must=("test_lookup",), only=True),
    # Imports
    case("lazily imported constant", "src/shop/lazy.py", "FACTOR = 3", "FACTOR = 4", must=("test_lazy",),
         not_=("test_in_sub", "test_one")),
    case("dynamically imported", "src/shop/plugins/red.py", '"red"', '"crimson"',
         must=("test_red", "test_red_again"), not_=("test_in_sub", "test_price_")),
    case("deleted module", must=("test_lookup", "test_add"), delete=("src/shop/basket.py",)),
    case("optional module appears", must=("test_optional",), not_=("test_in_sub",),
         write=(("src/shop_extra.py", 'NAME = "extra"\n'),)),
    case("module that hides the library's", must=ALL, write=(("tests/json.py", "x = 1\n"),)),
    case("new module nobody imports", only=True, write=(("src/shop/fresh.py", "x = 1\n"),)),
    case("syntax error", PRICES, "def unused():", "def unused(:", must=("test_price", "test_label")),
    case("compile error", PRICES, "def unused():", "return 1\ndef unused():", must=("test_price",)),
    # Tests, fixtures, collection
    case("new test in a file", "tests/test_helped.py", "def test_not_helped", "def test_new():\n    pass\n\n\ndef test_not_helped",
         must=("tests/test_helped.py",), not_=("test_in_sub",)),
    case("new test file", must=("tests/test_new.py",), only=True, write=(("tests/test_new.py", "def test_a(): pass\n"),)),
    case("deleted test file", only=True, delete=("tests/test_xunit.py",)),
    case("parametrize values", "tests/test_prices.py", "[1, 2])\ndef", "[1, 3])\ndef", must=("test_many",), not_=("test_in_sub",)),
    case("helper function", "tests/helper.py", "    assert value", "    assert not value", must=("::test_helped",), only=True),
    case("helper constant nobody uses", "tests/helper.py", "EXPECTED = 4", "EXPECTED = 5", only=True),
    case("function fixture", "tests/conftest.py", 'return "narrow"', 'return "wide"', must=("test_narrow",), only=True),
    case("session fixture's set-up", "tests/conftest.py", 'connect("session")', 'connect("other")',
         must=("test_service", "test_service_again", "test_dynamic", "test_chain", "test_chain_again"),
         not_=("test_narrow", "test_plain", "test_price_")),
    case("session fixture's teardown", "src/shop/service.py", "self.open = False", "self.open = None",
         must=("test_service", "test_service_again", "test_dynamic", "test_chain", "test_chain_again"),
         not_=("test_narrow", "test_plain")),
    case("code a session fixture runs", "src/shop/service.py", "self.open = True", "self.open = 1",
         must=("test_service", "test_service_again", "test_dynamic", "test_chain_again", "test_uses_module", "test_url", "test_ask"),
         not_=("test_narrow", "test_plain")),
    case("module fixture over a session fixture", "tests/conftest.py", "return [service.ask()]", "return [service.ask() + '']",
         must=("test_chain", "test_chain_again"), not_=("::test_service", "test_dynamic")),
    case("code a module fixture runs", "src/shop/service.py", 'return f"asked {self.url}"', 'return f"asks {self.url}"',
         must=("test_chain", "test_chain_again", "test_ask"), not_=("test_dynamic", "test_uses_module")),
    case("setup_module", "src/shop/service.py", 'url + "/wide"', 'url + "/w"',
         must=("test_uses_module",), not_=("test_plain", "test_dynamic")),
    case("setUpClass", "tests/test_xunit.py", 'connect("unit")', 'connect("u")',
         must=("test_url", "test_ask"), not_=("test_uses_module", "test_plain")),
    case("generate_tests hook", "tests/conftest.py", '"generated", [1, 2]', '"generated", [1, 3]',
         must=("test_generated",)),
    case("autouse fixture of a folder", "tests/sub/conftest.py", "value = 1", "value = 2", must=("test_in_sub",), only=True),
    case("constant nobody uses in a conftest", "tests/sub/conftest.py", "import pytest\n", "import pytest\nX = 1\n",
         only=True),
    case("new conftest", must=("test_in_sub",), not_=("test_price_",), write=(("tests/sub/deep/conftest.py", ""), ("tests/sub/conftest.py", "raise SystemError\n"))),
    case("new fixture in conftest", "tests/conftest.py", "@pytest.fixture\ndef narrow", "@pytest.fixture(autouse=True)\ndef bad():\n    1 / 0\n\n\n@pytest.fixture\ndef narrow", must=ALL),
    # Data
    case("data file", "data/one.txt", "one", "eins", must=("test_one",), only=True),
    case("listed folder", must=("test_names",), only=True, write=(("data/four.txt", "4\n"),)),
    case("file looked for appears", must=("test_maybe", "test_names"), only=True, write=(("data/three.txt", "3\n"),)),
    case("deleted data file", must=("test_two", "test_names"), only=True, delete=("data/two.txt",)),
    # Configuration
    case("pytest option", "pyproject.toml", '-p no:cacheprovider"', '-p no:cacheprovider -W error"', must=ALL),
    case("pytest.ini appears", must=ALL, write=(("pytest.ini", "[pytest]\npythonpath = src\n"),)),
    case("setup.cfg of others appears", only=True, write=(("setup.cfg", "[flake8]\n"),)),
]  # fmt: skip


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_selects(lab: Any, one: Case) -> None:
    for name, old, new in one.edits:
        lab.edit(name, old, new)
    for name, text in one.write:
        (lab.path / name).parent.mkdir(parents=True, exist_ok=True)
        (lab.path / name).write_text(text, encoding="utf-8")
    for name in one.delete:
        (lab.path / name).unlink()
    for question in ((), ("--since", "HEAD")):
        chosen = lab.affected(*question)
        known = _expanded(lab, chosen)
        missed = [part for part in one.must if not any(part in test for test in known)]
        assert not missed, (question, sorted(chosen))
        wrong = [test for test in known for part in one.not_ if part in f"{test}_"]
        assert not wrong, (question, sorted(chosen))
        if one.only:
            extra = [test for test in known if not any(part in test for part in one.must)]
            assert not extra, (question, sorted(chosen))


def _expanded(lab: Any, chosen: set[str]) -> set[str]:
    """Replace whole files by the ids of their tests, so that parts of ids can be looked for."""
    tests = set()
    for one in chosen:
        if "::" in one or not (lab.path / one).exists():
            tests.add(one)
            continue
        lines = (lab.path / one).read_text(encoding="utf-8").splitlines()
        names = [line.split("def ")[1].split("(")[0] for line in lines if "def test_" in line]
        tests |= {f"{one}::{name}" for name in names} or {one}
    return tests
