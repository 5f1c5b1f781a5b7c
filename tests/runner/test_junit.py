"""junit.xml from anywhere, and places in tracebacks."""

from pathlib import Path

from coverquery.runner.junit import CaseIndex, key_of, read_cases
from coverquery.runner.traceback_text import crash, frames, one_line

HEAD = '<?xml version="1.0"?>'
CASE = (
    '<testcase classname="{}" name="{}"><failure message="m">text &amp; more</failure></testcase>'
)


def test_names_are_found_again_under_a_prefix(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text(f"<s>{CASE.format('ci.tests.test_a.TestX', 'test_b[p::q]')}</s>")
    index = CaseIndex(read_cases(path))
    (case,) = index.of("tests/test_a.py::TestX::test_b[p::q]")
    assert (case.kind, case.message, case.text) == ("failure", "m", "text & more")
    assert list(index.of("tests/test_a.py::TestY::test_b[p::q]")) == []


def test_names_as_pytest_writes_them() -> None:
    assert key_of("a/b.py::C::d[x::y]") == ("a.b.C", "d[x::y]")
    assert key_of("a.py::d[\x01\ud800]") == ("a", "d[#x01#xD800]")


def test_a_file_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text(f"{HEAD}<s>{CASE.format('a', 'b')}<testcase classname='c'")
    assert [case.name for case in read_cases(path)] == ["b"]


def test_no_file(tmp_path: Path) -> None:
    assert read_cases(tmp_path / "junit.xml") == []


def test_entities_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    bomb = '<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    path.write_text(f"{HEAD}{bomb}<s>{CASE.format('a', 'b').replace('text', '&b;')}</s>")
    assert read_cases(path) == []


def test_the_place_is_the_last_one_inside_the_project(tmp_path: Path) -> None:
    text = (
        f"{tmp_path}/src/a.py:3: in f\n    g()\n"
        ".venv/lib/python3.12/site-packages/lib.py:9: in g\n    raise X\nE   X: no\n"
    )
    trace = frames(text, tmp_path)
    assert crash(trace) == "src/a.py:3"
    assert [(frame.function, frame.source) for frame in trace] == [("f", "g()"), ("g", "raise X")]
    assert crash(frames("/usr/lib/x.py:1: in f\n    g()", tmp_path)) == "/usr/lib/x.py:1"
    assert crash(()) is None


def test_one_line_is_one_short_line() -> None:
    assert one_line("\nassert 1 == 2\n +  where", "") == "AssertionError: assert 1 == 2"
    assert one_line('failed on setup with "X: no\nway"', "") == "X: no"
    assert one_line('failed on teardown with "X: cut off in the mid', "") == "X: cut off in the mid"
    assert one_line("collection failure", "E   X: a\nE   Y: b\n") == "Y: b"
    assert one_line("", "") == "unknown error"
    assert len(one_line("x" * 1000, "")) == 300
