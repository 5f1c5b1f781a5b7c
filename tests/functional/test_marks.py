"""What tests say of themselves, and which variables a project declares."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = {
    "pytest.ini": "[pytest]\naddopts = --strict-markers\n",
    "test_marked.py": (
        "import pytest\n\n\n"
        "@pytest.mark.coverquery(always=True)\ndef test_always():\n    pass\n\n\n"
        "@pytest.mark.coverquery(depends=['data/*.json', 'schema'])\n"
        "def test_data():\n    pass\n\n\n"
        "@pytest.mark.parametrize('n', [\n"
        "    1, pytest.param(2, marks=pytest.mark.coverquery(depends='**/*.sql')),\n"
        "])\ndef test_some(n):\n    pass\n\n\n"
        "@pytest.mark.coverquery(always=True)\nclass TestAll:\n"
        "    def test_one(self):\n        pass\n\n"
        "    @pytest.mark.coverquery(always=False)\n    def test_not(self):\n        pass\n\n\n"
        "@pytest.mark.coverquery(depends=['generated/*.bin'])\ndef test_ignored():\n    pass\n"
    ),
    "test_module.py": (
        "import pytest\n\npytestmark = pytest.mark.coverquery(depends=['data/*'])\n\n\n"
        "def test_module():\n    pass\n"
    ),
    "test_odd.py": (
        "import pytest\n\n\n@pytest.mark.coverquery(depends=['../x'])\ndef test_outside():\n"
        "    pass\n\n\n@pytest.mark.coverquery(allways=True)\ndef test_typo():\n    pass\n"
    ),
    "data/one.json": "1\n",
    "data/deep/two.json": "2\n",
    "schema/a/b.xsd": "x\n",
    "db/make.sql": "x\n",
    ".gitignore": "__pycache__/\ngenerated/\n",
}
ALWAYS = {
    "test_marked.py::test_always", "test_marked.py::TestAll::test_one",
    "test_odd.py",
}  # fmt: skip


@pytest.fixture(scope="module")
def recorded(record_once: Any) -> Any:
    made = record_once(PROJECT)
    (made.path / "generated").mkdir()
    (made.path / "generated" / "x.bin").write_text("1\n")
    made.coverquery("run", "--all")
    return made


@pytest.fixture
def project(recorded: Any) -> Iterator[Any]:
    yield recorded
    recorded.git("reset", "-q", "--hard", "HEAD")
    recorded.git("clean", "-fdq")


def test_always_is_always_selected_and_says_so(project: Any) -> None:
    assert project.affected() == ALWAYS
    assert project.affected("--since", "HEAD") == ALWAYS
    reasons = project.json("why", "test_marked.py::TestAll::test_one")["reasons"]
    assert [one["why"] for one in reasons] == ["always"]
    assert project.json("affected")["counts"]["always"] == 2


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("data/one.json", "changed\n", {"test_marked.py::test_data", "test_module.py"}),
        ("data/new.json", "new\n", {"test_marked.py::test_data", "test_module.py"}),
        ("data/one.json", None, {"test_marked.py::test_data", "test_module.py"}),
        ("data/deep/two.json", "changed\n", {"test_module.py"}),
        ("data/notes.txt", "new\n", {"test_module.py"}),
        ("schema/a/b.xsd", "changed\n", {"test_marked.py::test_data"}),
        ("db/make.sql", "changed\n", {"test_marked.py::test_some[2]"}),
        ("top.sql", "new\n", {"test_marked.py::test_some[2]"}),
        ("other.json", "new\n", set()),
    ],
)
def test_what_a_test_depends_on(
    project: Any, name: str, text: str | None, expected: set[str]
) -> None:
    path = project.path / name
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")
    for question in ((), ("--since", "HEAD")):
        assert project.affected(*question) == ALWAYS | expected
    if expected:
        assert name not in project.json("affected").get("unexplained", ())


def test_an_ignored_file_that_a_glob_finds_counts(project: Any) -> None:
    path = project.path / "generated" / "x.bin"
    path.write_text("2\n")
    assert project.affected() == ALWAYS | {"test_marked.py::test_ignored"}
    path.write_text("1\n")
    assert project.affected() == ALWAYS


def test_what_is_not_understood_is_always_selected(project: Any) -> None:
    reasons = project.json("why", "test_odd.py::test_typo")["reasons"]
    assert [one["why"] for one in reasons] == ["unknown"]
    assert "allways=True" in reasons[0]["text"]
    shown = [one["text"] for one in project.json("status")["warnings"]]
    assert any("depends=['../x']" in text for text in shown), shown


def test_the_mark_is_part_of_the_test(project: Any) -> None:
    project.edit("test_module.py", "['data/*']", "['schema']")
    assert project.affected() == ALWAYS | {"test_module.py"}


def test_declared_variables_concern_every_test(
    recorded: Any, project_at: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(recorded.path, tmp_path / "copy", symlinks=True)
    copy = project_at(tmp_path / "copy")
    (copy.path / "coverquery.toml").write_text('environment = ["SHOP_MODE", "SHOP_KEY"]\n')
    monkeypatch.setenv("SHOP_KEY", "secret-value")
    copy.coverquery("run", "--all")
    assert copy.affected() == ALWAYS
    monkeypatch.setenv("SHOP_MODE", "")
    assert "test_module.py" in copy.affected()
    reasons = copy.json("why", "test_module.py::test_module")["reasons"]
    assert reasons[0]["text"] == "the environment variable SHOP_MODE differs"
    copy.coverquery("run")
    assert copy.affected() == ALWAYS
    monkeypatch.delenv("SHOP_MODE")
    assert copy.affected() == ALWAYS  # recorded so before
    monkeypatch.setenv("PYTHONWARNINGS", "error")  # nobody has to declare this one
    assert "test_module.py" in copy.affected()
    written = b"".join(p.read_bytes() for p in copy.path.glob(".coverquery/**/*") if p.is_file())
    assert b"secret-value" not in written
