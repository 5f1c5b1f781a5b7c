"""``coverquery audit``: what was judged is compared with what everything then does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.functional.shop import PRICE, RATE, TESTS

SOURCES = {
    "shop/__init__.py": "",
    "shop/rate.py": RATE,
    "shop/rate.txt": "7\n",
    "shop/price.py": PRICE,
    **TESTS,
    "tests/test_luck.py": (
        "import os\n\n\ndef test_luck():\n"
        "    if os.path.exists(os.environ['BAD_LUCK']):\n"
        "        os.remove(os.environ['BAD_LUCK'])\n"
        "        raise AssertionError\n"
    ),
}
MISSED = "tests/test_rate.py::test_rate"


@pytest.fixture
def bad_luck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BAD_LUCK", str(tmp_path / "bad luck"))
    return tmp_path / "bad luck"


@pytest.fixture
def shop(tmp_path: Path, project_at: Callable[..., Any], bad_luck: Path) -> Any:
    assert not bad_luck.exists()
    project = project_at(tmp_path / "project")
    project.path.mkdir()
    project.git("init", "-q", "-b", "main")
    project.write_and_commit(SOURCES)
    return project


def counts(document: Any) -> tuple[int, ...]:
    return tuple(document["counts"].values())


def test_the_first_audit_has_nothing_to_compare_with(shop: Any) -> None:
    document = shop.json("audit")
    assert document["audits"] == []
    assert document["record"] is None
    assert "nothing was recorded before" in document["notes"][0]
    assert shop.json("affected")["counts"]["selected"] == 0


def test_a_sound_selection_passes(shop: Any) -> None:
    shop.coverquery("run")
    shop.edit("shop/price.py", "return 2", "return 3")
    document = shop.json("audit")
    #                          tests, skipped, exposed, changed, missed, unstable
    assert counts(document) == (3, 2, 2, 1, 0, 0)
    assert document["ok"]
    text = shop.coverquery("status")
    assert "safety record: 1 audit: 0 of 1 changed outcome missed (at most 95 %)" in text
    assert shop.json("status")["safety"]["bound"]["per_skip"] == 0.776


def test_an_audit_of_the_recorded_state_exposes_nothing(shop: Any) -> None:
    shop.coverquery("run")
    shop.git("commit", "-q", "--allow-empty", "-m", "another commit of the same files")
    document = shop.json("audit")
    assert counts(document) == (3, 3, 0, 0, 0, 0)
    assert document["record"]["bound"]["per_skip"] is None


def test_a_miss_is_told_with_the_evidence_that_was_lacking(shop: Any) -> None:
    shop.coverquery("run")
    commit = shop.git("rev-parse", "--short=7", "HEAD").strip()
    shop.edit("shop/rate.txt", "7", "8")
    shop.edit("shop/price.py", "return 2", "return  2")
    text = shop.coverquery("audit", status=1)
    assert "audit: 3 tests compared, 3 not selected, 1 outcome changed, 1 MISSED in " in text
    assert f"MISSED {MISSED}: passed (recorded at {commit}), now failed\n" in text
    assert "changed, and not known to matter to it: shop/price.py, shop/rate.txt\n" in text
    document = shop.json("status")
    assert document["safety"]["missed"] == 1


def test_a_test_that_recovers_by_itself_is_unstable_and_no_miss(shop: Any, bad_luck: Path) -> None:
    shop.coverquery("run")
    shop.edit("shop/price.py", "return 2", "return 3")
    bad_luck.touch()
    document = shop.json("audit")
    assert counts(document) == (3, 2, 2, 1, 0, 1)
    assert [one["verdict"] for one in document["changes"]] == ["unstable"]
    assert "tests/test_luck.py::test_luck" in shop.coverquery("flaky")


def test_tests_that_can_no_longer_be_collected_are_misses(shop: Any) -> None:
    shop.write_and_commit({
        "tests/test_odd.py": (
            "import os\n\nif os.environ.get('ODD'):\n    raise OSError\n\n\ndef test_odd():\n"
            "    pass\n"
        )
    })  # fmt: skip
    shop.coverquery("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ODD", "1")
        document = shop.json("audit", status=1)
    assert [(one["test"], one["now"]) for one in document["changes"]] == [
        ("tests/test_odd.py::test_odd", "absent")
    ]
    assert document["counts"]["tests"] == 4  # the others ran nevertheless


def test_what_a_canary_would_have_widened_to_is_no_miss(shop: Any) -> None:
    shop.write_and_commit({
        "shop/table.py": "size = 3\n\n\ndef size_of(x):\n    return len(x)\n\n\ndef other():\n"
        "    return 1\n",
        **{
            f"tests/test_table_{n}.py": "from shop import table\n\n\ndef test_it():\n"
            "    assert table.other()\n"
            for n in "abc"
        },
    })  # fmt: skip
    shop.coverquery("run")
    shop.edit("shop/table.py", "size = 3", "size = len(3)")
    document = shop.json("audit")
    #                          tests, skipped, exposed, changed, missed, unstable
    assert counts(document) == (6, 3, 3, 3, 0, 0)


def test_the_record_outlives_the_index(shop: Any) -> None:
    shop.coverquery("run")
    shop.edit("shop/rate.txt", "7", "8")
    shop.coverquery("audit", status=1)
    before = shop.json("status")["safety"]
    for path in shop.path.glob(".coverquery/index.db*"):
        path.unlink()
    assert shop.json("status")["safety"] == before


def test_a_run_that_goes_wrong_is_no_audit(shop: Any) -> None:
    shop.coverquery("run")
    document = json.loads(shop.coverquery("audit", "--json", "--", "--no-such-option", status=4))
    assert document["audits"] == []
    assert shop.json("status")["safety"] is None
