"""What may break an import: one test shows whether it does, and `run` widens where none does."""

from pathlib import Path

import pytest

from tests.functional.conftest import Project

INI = "[pytest]\npythonpath = .\naddopts = -p no:cacheprovider -p no:asyncio\n"
FILES = {
    "pytest.ini": INI,
    "pkg/__init__.py": "",
    "pkg/deep.py": "DEPTH = 1\nSIZE = len('abc')\n",
    "pkg/inner.py": "from pkg.deep import DEPTH\ndef go():\n    return 1\n",
    "pkg/outer.py": (
        "try:\n    from pkg.inner import go\nexcept ImportError:\n    def go():\n        return 2\n"
    ),
    "test_outer.py": (
        "from pkg.outer import go\ndef test_go():\n    assert go() == 1\ndef test_z():\n    pass\n"
    ),
    "test_deep.py": "from pkg import deep\ndef test_a():\n    assert deep\ndef test_b(): pass\n",
    "test_other.py": "def test_other():\n    pass\n",
}


@pytest.fixture
def project(any_python: Path, tmp_path: Path) -> Project:
    path = tmp_path / "project"
    path.mkdir()
    made = Project(path, any_python)
    made.git("init", "-q", "-b", "main")
    made.write_and_commit(FILES)
    made.coverquery("run", "-q")
    return made


def test_one_test_stands_for_all_that_import(project: Project) -> None:
    project.edit("pkg/deep.py", "len('abc')", "len('abcd')")
    document = project.json("affected")
    (canary,) = document["canaries"]
    assert canary["module"] == "pkg/deep.py"
    assert document["counts"]["selected"] + canary["if_import_fails"] == 4
    assert project.affected() == {canary["test"], "test_outer.py"}
    assert project.affected("--widen") == {"test_deep.py", "test_outer.py"}
    assert project.json("run")["counts"]["passed"] == document["counts"]["selected"]
    assert project.json("affected")["counts"]["selected"] == 0


def test_who_may_pass_over_a_failed_import_is_no_canary(project: Project) -> None:
    project.edit("pkg/deep.py", "len('abc')", "len('abcd')")
    assert project.affected() >= {"test_outer.py"}  # pkg.outer goes on without pkg.inner
    (canary,) = project.json("affected")["canaries"]
    assert canary["test"].startswith("test_deep.py")


def test_run_widens_when_the_import_fails(project: Project) -> None:
    project.edit("pkg/deep.py", "len('abc')", "len(abc)")
    document = project.json("run", status=None)
    assert document["exit"] != 0
    assert {one["test"] for one in document["failures"]} >= {"test_deep.py"}
    assert any(test.startswith("test_deep.py") for test in project.affected())


def test_a_swallowed_failure_is_found(project: Project) -> None:
    project.edit("pkg/deep.py", "DEPTH", "DEPTHS")
    document = project.json("run", status=1)
    assert [one["test"] for one in document["failures"]] == ["test_outer.py::test_go"]
    project.git("checkout", "-q", ".")
    assert project.affected() == set()


def test_what_failed_to_import_may_work_again(project: Project) -> None:
    project.edit("test_outer.py", "== 1", "in (1, 2)")
    project.edit("pkg/deep.py", "DEPTH", "DEPTHS")
    project.coverquery("run", "-q")
    project.edit("test_outer.py", "in (1, 2)", "== 2")
    project.coverquery("run", "-q")
    project.edit("pkg/deep.py", "DEPTHS", "DEPTH")
    assert "test_outer.py::test_go" in project.affected() or "test_outer.py" in project.affected()


def test_what_a_class_body_does_at_import_concerns_every_importer(
    any_python: Path, tmp_path: Path
) -> None:
    made = Project(tmp_path, any_python)
    made.git("init", "-q", "-b", "main")
    made.write_and_commit({
        "pytest.ini": INI,
        "test_a.py": (
            "SEEN = []\ndef note(x):\n    SEEN.append(x)\n    return x\n"
            "class K:\n    colour = 1\n    shade = note(colour)\n"
            "def test_k():\n    assert K.shade\ndef test_seen():\n    assert SEEN == [1]\n"
        ),
    })  # fmt: skip
    made.coverquery("run", "-q")
    made.edit("test_a.py", "colour = 1", "colour = 2")
    assert made.affected() == {"test_a.py"}


COLLECTED = (
    "import pytest\n"
    "@pytest.mark.parametrize('x', [1, 2])\n"
    "def test_x(x):\n    assert x\n"
    "def test_y():\n    assert 1\n"
    "class TestK:\n    def test_k(self):\n        assert 1\n"
)
HEADERS = {
    "argument": ("test_x(x)", "test_x(y)"),
    "values": ("'x', [1, 2]", "'x,y', [1, 2]"),
    "mark": ("parametrize(", "parametrise("),
    "in a class": ("    def test_k", "    @pytest.mark.parametrize('z', [1])\n    def test_k"),
    "new": ("class TestK", "@pytest.mark.parametrize('z', [1])\ndef test_new(): pass\nclass TestK"),
}  # fmt: skip


@pytest.fixture
def collected(any_python: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, any_python)
    made.git("init", "-q", "-b", "main")
    made.write_and_commit(
        {"pytest.ini": INI, "test_c.py": COLLECTED, "test_d.py": FILES["test_other.py"]}
    )
    made.coverquery("run", "-q")
    return made


@pytest.mark.parametrize("edit", HEADERS.values(), ids=HEADERS)
def test_a_test_that_breaks_the_collection_of_its_file(
    collected: Project, edit: tuple[str, str]
) -> None:
    collected.edit("test_c.py", *edit)
    (canary,) = collected.json("affected")["canaries"]
    assert canary["module"] == "test_c.py"
    assert collected.affected("--widen") == {"test_c.py"}
    document = collected.json("run", status=None)
    assert {one["test"] for one in document["failures"]} == {"test_c.py"}
    assert collected.json("affected")["counts"]["selected"] >= 4  # as long as it stays so
    collected.git("checkout", "-q", ".")
    assert collected.json("affected")["counts"]["selected"] == 0
