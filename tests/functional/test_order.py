"""The most telling test runs first, and what is cut off stays selected."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CORE = """\
def core(x):
    return x + 1


def other(x):
    return x - 1


def third(x):
    return x * 3
"""
BROAD = """\
import pytest
from lib import core, other, third


@pytest.mark.parametrize("n", range(3))
def test_broad(n):
    a = core(n)
    b = other(n)
    c = third(n)
    d = a + b
    e = a + c
    assert a == n + 1
    assert d == 2 * n
    assert e == 4 * n + 1
"""
SOURCES = {
    "lib.py": CORE,
    "tests/conftest.py": "",
    "tests/test_a_broad.py": BROAD,
    "tests/test_b_focused.py": "from lib import core\n\n\ndef test_focused():\n"
    "    assert core(1) == 2\n",
    "tests/test_c_other.py": "from lib import other\n\n\ndef test_other():\n"
    "    assert other(1) == 0\n",
}
FOCUSED = "tests/test_b_focused.py::test_focused"


@pytest.fixture
def lib(tmp_path: Path, project_at: Callable[..., Any]) -> Any:
    project = project_at(tmp_path)
    project.git("init", "-q", "-b", "main")
    project.write_and_commit({"pytest.ini": "[pytest]\npythonpath = .\n", **SOURCES})
    return project


def ran(project: Any, *args: str, status: int | None = 0) -> list[str]:
    """Run what is affected and return the tests in the order they ran."""
    text = project.coverquery("run", *args, "--", "-v", "-p", "no:randomly", status=status)
    return [line.split()[0] for line in text.splitlines() if line.startswith("tests/")]


def test_the_most_focused_runs_first(lib: Any) -> None:
    lib.coverquery("run")
    lib.edit("lib.py", "return x + 1", "return 1 + x")
    document = lib.json("affected")
    assert document["tests"][0]["file"] == "tests/test_b_focused.py"
    order = ran(lib)
    assert order[0] == FOCUSED
    assert len(order) == 4


def test_by_path_on_demand(lib: Any) -> None:
    lib.coverquery("run")
    lib.edit("lib.py", "return x + 1", "return 1 + x")
    assert ran(lib, "--order", "path")[0] == "tests/test_a_broad.py::test_broad[0]"


def test_what_failed_comes_before_what_is_new(lib: Any) -> None:
    lib.edit("tests/test_c_other.py", "== 0", "== 7")
    lib.coverquery("run", status=1)
    lib.edit("lib.py", "return x + 1", "return 1 + x")
    (lib.path / "tests/test_d_new.py").write_text("def test_new():\n    pass\n", encoding="utf-8")
    assert ran(lib, status=1)[:3] == [
        "tests/test_c_other.py::test_other",
        "tests/test_d_new.py::test_new",
        FOCUSED,
    ]


def test_what_is_cut_off_stays_selected(lib: Any) -> None:
    lib.coverquery("run")
    lib.edit("lib.py", "return x + 1", "return x + 2")
    text = lib.coverquery("run", "--", "-x", "-v", status=1)
    assert "run 4/5: 1 FAILED, 3 NOT RUN" in text
    assert f"[1] {FOCUSED}\n" in text
    assert lib.json("affected")["counts"]["selected"] == 4
    lib.edit("lib.py", "return x + 2", "return 1 + x")
    assert lib.json("affected")["counts"]["selected"] == 4
    assert "run 4/5: 4 passed" in lib.coverquery("run")


WIDE = """\
import pytest
from lib import core, other

made = []


@pytest.fixture(scope="module")
def wide():
    made.append(1)
    yield len(made)


@pytest.fixture(scope="class", params=["red", "blue"])
def colour(request):
    return request.param


class TestColours:
    def test_one(self, colour):
        assert core(1) in (2, 3)

    def test_two(self, colour):
        assert core(2) + other(2) in (4, 5)


def test_slow(wide):
    assert wide == 1
    assert core(1) + other(1) + core(5) + other(7)


def test_sharp(wide):
    assert wide == 1
    assert core(1)
"""


@pytest.mark.parametrize("scope", ["module", "package", "session"])
def test_wide_fixtures_are_made_once(lib: Any, scope: str) -> None:
    if scope == "module":
        lib.write_and_commit({"tests/test_wide.py": WIDE})
    else:
        shared = (
            f"import pytest\n\nmade = []\n\n\n@pytest.fixture(scope={scope!r})\n"
            "def wide():\n    made.append(1)\n    yield len(made)\n"
        )
        test = "from lib import core, other\n\n\ndef test_it(wide):\n    assert wide == 1\n"
        lib.write_and_commit({
            "tests/sub/__init__.py": "",
            "tests/sub/conftest.py": shared,
            "tests/sub/test_x.py": f"{test}    assert core(1)\n",
            "tests/sub/test_y.py": f"{test}    assert core(1) + other(1) + other(2)\n",
        })  # fmt: skip
    lib.coverquery("run")
    lib.edit("lib.py", "return x + 1", "return 1 + x + 0")
    order = ran(lib)
    if scope == "package":
        places = [place for place, test in enumerate(order) if "/sub/" in test]
        assert places == [places[0], places[0] + 1]
    if scope == "module":
        inside = [test.partition("::")[2] for test in order if "test_wide" in test]
        places = [place for place, test in enumerate(order) if "test_wide" in test]
        assert places == list(range(places[0], places[0] + 6))
        assert inside.index("test_sharp") < inside.index("test_slow")
        colours = [one.partition("[")[2] for one in inside if "[" in one]
        assert colours == sorted(colours, key=colours.index)  # neither is made twice
    assert FOCUSED in order


def test_an_order_of_their_own_is_left_alone(lib: Any) -> None:
    lib.write_and_commit({
        "pytest.ini": "[pytest]\npythonpath = .\nmarkers = order\n",
        "tests/test_z.py": "import pytest\nfrom lib import core\n\n\n@pytest.mark.order(1)\n"
        "def test_z():\n    assert core(1)\n",
    })  # fmt: skip
    lib.coverquery("run")
    lib.edit("lib.py", "return x + 1", "return 1 + x")
    assert ran(lib)[0] == "tests/test_a_broad.py::test_broad[0]"


def test_xdist_workers_agree_on_the_order(lib: Any) -> None:
    lib.coverquery("run")
    lib.edit("lib.py", "return x + 1", "return 1 + x")
    text = lib.coverquery("run", "--", "-n2")
    assert "run 4/5: 4 passed" in text
    assert lib.json("affected")["counts"]["selected"] == 0
