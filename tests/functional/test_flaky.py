"""``coverquery flaky``: two outcomes on the same contents, and nothing else, make a test flaky."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SOURCES = {
    "shop/__init__.py": "",
    "shop/who.py": "import os\n\n\ndef who():\n    return os.environ.get('WHO', 'me')\n",
    "shop/price.py": "def price():\n    return 2\n",
    "tests/test_who.py": (
        "from shop.who import who\n\n\ndef test_who():\n    assert who() == 'me'\n"
    ),
    "tests/test_price.py": (
        "from shop.price import price\n\n\ndef test_price():\n    assert price() == 2\n"
    ),
}
FLAKY = "tests/test_who.py::test_who"


@pytest.fixture
def shop(tmp_path: Path, project_at: Callable[..., Any]) -> Any:
    project = project_at(tmp_path)
    project.git("init", "-q", "-b", "main")
    project.write_and_commit(SOURCES)
    return project


def flaky(project: Any) -> list[str]:
    return [one["test"] for one in project.json("flaky")["tests"]]


def test_the_environment_decided(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.coverquery("run")
    assert "no flaky test seen: 2 tests in 1 recorded run" in shop.coverquery("flaky")
    monkeypatch.setenv("WHO", "you")
    shop.coverquery("run", "--all", status=1)
    monkeypatch.delenv("WHO")
    shop.coverquery("run")
    document = shop.json("flaky")
    assert document["counts"] == {"flaky": 1, "tests": 2, "runs": 3}
    assert [(one["test"], one["outcomes"], one["times"]) for one in document["tests"]] == [
        (FLAKY, ["failed", "passed"], 2)
    ]
    text = shop.coverquery("flaky")
    assert text.startswith("1 flaky test of 2 tests in 3 recorded runs\n")
    assert f"{FLAKY}  failed/passed  2 times, last at " in text
    assert text.endswith(f"next: coverquery run {FLAKY}\n")


def test_a_test_that_fails_early_executes_less_and_is_flaky_nevertheless(shop: Any) -> None:
    shop.write_and_commit({
        "shop/luck.py": "import os\n\n\ndef luck():\n    if 'BAD' in os.environ:\n"
        "        raise OSError\n    return more()\n\n\ndef more():\n    return 1\n",
        "tests/test_luck.py": "import os\nfrom shop.luck import luck\n\n\ndef test_luck():\n"
        "    assert luck() == 1\n",
    })  # fmt: skip
    shop.coverquery("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAD", "1")
        shop.coverquery("run", "--all", status=1)
    assert flaky(shop) == ["tests/test_luck.py::test_luck"]


RERUNS = """\
from _pytest.runner import runtestprotocol


def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        for report in runtestprotocol(item, nextitem=nextitem, log=False):
            item.ihook.pytest_runtest_logreport(report=report)
    return True
"""


def test_a_test_that_pytest_itself_runs_again(shop: Any) -> None:
    shop.write_and_commit({
        "conftest.py": RERUNS,
        "tests/test_again.py": "seen = []\n\n\ndef test_again():\n    seen.append(1)\n"
        "    assert len(seen) == 2\n",
    })  # fmt: skip
    shop.coverquery("run", status=None)
    (one,) = shop.json("flaky")["tests"]
    assert one["test"] == "tests/test_again.py::test_again"
    assert one["in_one_run"]


def test_a_failure_that_a_change_explains_is_not_flaky(shop: Any) -> None:
    shop.coverquery("run")
    shop.edit("shop/price.py", "return 2", "return 3")
    shop.coverquery("run", status=1)
    shop.edit("shop/price.py", "return 3", "return 2")
    shop.coverquery("run", "--all")
    assert flaky(shop) == []


def test_a_file_that_appeared_explains_a_difference(shop: Any) -> None:
    shop.write_and_commit({
        "tests/test_extra.py": "def test_extra():\n    try:\n        from shop import extra\n"
        "    except ImportError:\n        return\n    assert extra.here()\n",
    })  # fmt: skip
    shop.coverquery("run")
    (shop.path / "shop/extra.py").write_text("def here():\n    return False\n", encoding="utf-8")
    shop.coverquery("run", "--all", status=1)
    assert flaky(shop) == []


def test_unstable_tests_stay_known_however_many_runs_follow(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.coverquery("run")
    monkeypatch.setenv("WHO", "you")
    shop.coverquery("run", "--all", status=1)
    monkeypatch.delenv("WHO")
    for number in range(4):
        shop.edit("tests/test_who.py", f"{'#' * number}\ndef", f"{'#' * (number + 1)}\ndef")
        shop.coverquery("run", "--all")
    assert flaky(shop) == [FLAKY]
    assert shop.json("flaky")["tests"][0]["runs_since"] == 4


def test_without_records_there_is_nothing_to_say(shop: Any) -> None:
    document = json.loads(shop.coverquery("flaky", "--json", status=10))
    assert document["error"]["code"] == "index_missing"
    assert document["error"]["fix"] == "coverquery run"
