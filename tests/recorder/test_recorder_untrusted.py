"""Records that cannot be relied on say so."""

from typing import Any

BLINDING = {
    "test_0.py": """
        import sys
        import pkg
        def test_blind():
            sys.settrace(None)
            pkg.one()
    """,
}


def test_tracing_switched_off_is_noticed_and_mended(workshop: Any, simple: dict[str, str]) -> None:
    recorded = workshop.record(workshop.project({**simple, **BLINDING}))
    main = recorded.main
    old = main.header["engine"] == "ctrace"
    found = {"test_0.py::test_blind": "tracing was switched off"} if old else {}
    assert recorded.untrusted() == found
    assert main.lines(main.cid("test", "test_many"))["pkg.py"] == {4, 7, 8, 9}


def test_a_freed_tool_id_is_noticed(workshop: Any, simple: dict[str, str]) -> None:
    project = workshop.project(
        {
            **simple,
            "test_0.py": """
                import sys
                import pytest
                def test_free():
                    if sys.version_info < (3, 12):
                        pytest.skip("no sys.monitoring")
                    for tool in range(6):
                        sys.monitoring.free_tool_id(tool)
            """,
        }
    )
    recorded = workshop.record(project)
    assert recorded.status == 0, recorded.output
    if recorded.main.header["engine"] == "monitoring":
        assert len(recorded.untrusted()) == 6
