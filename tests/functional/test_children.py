"""Code that runs only in a test's child processes and threads: who is selected when it changes."""

import os
from collections.abc import Callable
from typing import Any

import pytest

WAYS = ("command", "module", "grandchild", "forked", "spawned", "pooled", "thread", "nobody")

WORK = "import shop.rates\n" + "".join(
    f"\n\ndef {way}():\n    return {way!r} + str(shop.rates.RATE)\n" for way in WAYS
)
TESTS = """
import multiprocessing, os, subprocess, sys, threading

HERE = os.path.dirname(os.path.abspath(__file__))


def python(*words, **options):
    subprocess.run([sys.executable, *words], check=True, cwd=HERE, **options)


def call(way):
    import shop.work
    return getattr(shop.work, way)()


def test_command():
    python("-c", "import shop.work; shop.work.command()", env={})


def test_module():
    python("-m", "shop")


def test_grandchild():
    inner = [sys.executable, "-c", "import shop.work; shop.work.grandchild()"]
    python("-c", f"import subprocess; subprocess.run({inner}, check=True)")


def test_forked():
    process = multiprocessing.get_context("fork").Process(target=call, args=["forked"])
    process.start()
    process.join()


def test_spawned():
    process = multiprocessing.get_context("spawn").Process(target=call, args=["spawned"])
    process.start()
    process.join()


def test_pooled():
    with multiprocessing.get_context("fork").Pool(1) as pool:
        pool.map(call, ["pooled"])


def test_thread():
    thread = threading.Thread(target=call, args=["thread"])
    thread.start()
    thread.join()


def test_isolated():
    python("-I", "-c", "")


def test_nothing():
    pass
"""
FILES = {
    "shop/__init__.py": "",
    "shop/__main__.py": "import shop.work\n\nshop.work.module()\n",
    "shop/rates.py": "RATE = 3\n",
    "shop/work.py": WORK,
    "test_shop.py": TESTS,
    "pytest.ini": "[pytest]\npythonpath = .\naddopts = -p no:randomly\n",
}
CODE = [way for way in WAYS if way != "nobody"]


@pytest.fixture(scope="module")
def shop(project_at: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A recorded project, made once."""
    path = tmp_path_factory.mktemp("children") / "shop"
    path.mkdir()
    project = project_at(path)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIT_", "COVERQUERY_"))]:
            patch.delenv(name)
        patch.setenv("GIT_CONFIG_GLOBAL", str(path.parent / "gitconfig"))
        project.git("init", "-q", "-b", "main")
        project.git("config", "user.name", "A")
        project.git("config", "user.email", "a@example.org")
        project.write_and_commit(FILES)
        project.coverquery("run")
    return project


def chosen(project: Any) -> set[str]:
    return {name.partition("::test_")[2] for name in project.affected()}


@pytest.fixture
def edited(shop: Any) -> Any:
    yield shop
    shop.git("checkout", "-q", "--", ".")


def test_only_what_is_not_accounted_for_is_always_selected(shop: Any) -> None:
    assert chosen(shop) == {"isolated"}
    told = shop.coverquery("why", "test_shop.py::test_isolated")
    assert "started Python with -I" in told


@pytest.mark.parametrize("way", WAYS)
def test_an_edit_selects_whose_child_ran_it(edited: Any, way: str) -> None:
    edited.edit("shop/work.py", f"return {way!r} +", f"return {way!r} * 2 +")
    assert chosen(edited) == ({way, "isolated"} if way != "nobody" else {"isolated"})


def test_what_a_child_imports_is_an_import_of_the_test(edited: Any) -> None:
    edited.edit("shop/rates.py", "RATE = 3", "RATE = 4")
    assert chosen(edited) == {*CODE, "isolated"}


def test_the_program_itself(edited: Any) -> None:
    edited.edit("shop/__main__.py", "shop.work.module()", "shop.work.module() and None")
    assert chosen(edited) == {"module", "isolated"}
