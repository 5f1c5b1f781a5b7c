"""Which installed packages a process used, and who looked for what is not there."""

from pathlib import Path
from typing import Any

FILES = {
    "mine.py": "import json\n",
    "tries.py": "try:\n    import no_such_package\nexcept ImportError:\n    pass\n",
    "test_a.py": """
        import importlib.metadata, importlib.util
        import pytest
        import mine

        def test_plain():
            pass

        def test_tries():
            import tries

        def test_looks():
            assert importlib.util.find_spec("nowhere_at_all") is None

        def test_metadata():
            assert importlib.metadata.version("pytest")

        def test_all_metadata():
            assert list(importlib.metadata.entry_points())

        def test_dynamic(tmp_path, monkeypatch):
            (tmp_path / "made_here.py").write_text("X = 1\\n")
            monkeypatch.syspath_prepend(tmp_path)
            import made_here
    """,
}


def test_who_depends_on_what_is_installed(workshop: Any) -> None:
    main = workshop.record(workshop.project(FILES)).main
    session = main.cid("session", "")
    everybody = main.installed(session)
    assert {"pytest", "_pytest", "pluggy", "mine", "sitecustomize"} <= everybody
    assert not {"json", "os", "sys", "test_a", "no_such_package"} & everybody
    tries = main.cid("import", "tries.py")
    assert main.installed(tries) == {"no_such_package"}
    looks = main.cid("test", "test_looks")
    assert main.installed(looks) == {"nowhere_at_all"}
    assert main.installed(main.cid("test", "test_metadata"), "distribution") == {"pytest"}
    assert main.installed(main.cid("test", "test_all_metadata"), "distribution") == {"*"}
    assert not main.installed(main.cid("test", "test_plain"))
    assert not main.installed(session, "outside")


def test_a_module_from_outside_is_named_with_its_content(workshop: Any, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "neighbour.py").write_text("X = 1\n")
    ini = f"[pytest]\npythonpath = . {other}\n"
    project = workshop.project(
        {"pytest.ini": ini, "test_a.py": "import neighbour\ndef test_a():\n    pass\n"}
    )
    main = workshop.record(project).main
    assert main.installed(main.cid("session", ""), "outside") == {
        f"{str(other).lstrip('/')}/neighbour.py"
    }


def test_the_environment_is_described(workshop: Any) -> None:
    header = workshop.record(workshop.project(FILES), "--co").main.header
    assert header["packages"] is True
    assert len(header["startup"]) == 40
    assert header["binary"].split()[0].isdigit()


def test_failing_lookups_look_as_they_do_without_us(workshop: Any) -> None:
    project = workshop.project(
        {
            "test_a.py": """
                import importlib.metadata, traceback
                import pytest

                def test_a():
                    with pytest.raises(importlib.metadata.PackageNotFoundError) as caught:
                        importlib.metadata.version("no-such")
                    print("TB", [f.name for f in traceback.extract_tb(caught.tb)])
            """
        }
    )
    with_, without = (
        workshop.record(project, "-s", plain=plain).output.split("TB")[1].splitlines()[0]
        for plain in (False, True)
    )
    assert with_ == without


def test_a_path_is_no_package(here: Any) -> None:
    project = here.project(
        {
            "test_a.py": """
                import importlib
                import pytest

                def test_path():
                    with pytest.raises(ImportError):
                        importlib.import_module("/nowhere/at/all")
            """
        }
    )
    recorded = here.record(project)
    data = [row for row in recorded.main.rows if row[0] == "d"]
    assert not [row for row in data if row[3].startswith("/")]
