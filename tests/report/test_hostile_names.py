"""File names, node ids and messages come from the repository and must not rule the terminal."""

import json
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverquery.model import NodeId, Reason
from coverquery.report.escape import capped, visible
from coverquery.report.facts import (
    AffectedFacts,
    ErrorFacts,
    Failure,
    IndexState,
    Rendering,
    RunCounts,
    RunFacts,
    WhyFacts,
)
from coverquery.report.render import render_json, render_text

MakeFacts = Callable[[dict[str, int], dict[str, int]], AffectedFacts]
PLAIN = Rendering()
ANY_TEXT = st.text(st.characters(categories=None), max_size=30)  # surrogates as well


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünïcödé 漢字", "plain ünïcödé 漢字"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x1b[2J\x07\x7f\x9b", "\\x1b[2J\\x07\\x7f\\x9b"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("\u2028\u2029\u200b", "\\u2028\\u2029\\u200b"),
        ("caf\udce9", "caf\\xe9"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_does_not_print_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(ANY_TEXT)
def test_visible_text_is_printable_and_stays_as_it_is(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert visible(shown) == shown
    shown.encode()


def test_long_names_are_cut_with_a_count() -> None:
    assert capped("x" * 300) == "x" * 300
    assert capped("x" * 1300) == "x" * 300 + "...[1000 more]"


@given(ANY_TEXT)
def test_no_text_adds_a_line_or_breaks_the_document(text: str) -> None:
    reasons = (Reason("new", text=text), Reason("data", symbol=text, via=text))
    why = WhyFacts(NodeId(f"test_a.py::{text}"), True, reasons, notes=(text,))
    failure = Failure(NodeId(text), text, text, hits_changed=(text,))
    run = RunFacts(
        1, text, RunCounts(1, 1, failed=1), 0, IndexState("fresh"), failures=(failure,), log=text
    )
    plain = WhyFacts(NodeId("test_a.py::x"), True, reasons[:0], notes=("x",))
    bare = WhyFacts(NodeId(f"test_a.py::{text}"), True, notes=(text,))
    assert render_text(bare, PLAIN).count("\n") == render_text(plain, PLAIN).count("\n")
    assert len(render_text(bare, PLAIN).splitlines()) == render_text(bare, PLAIN).count("\n")
    for facts in (run, why, ErrorFacts("code", text, text)):
        made = render_json(facts, PLAIN)
        assert made.isascii()
        assert made.count("\n") == 1
        assert "\x7f" not in made
        assert "\x1b" not in made
        json.loads(made)
        assert "\x1b" not in render_text(facts, PLAIN)


def test_a_commands_node_id_is_one_word_for_a_shell() -> None:
    why = WhyFacts(NodeId("test_a.py::test[$(rm -rf x); a'b]"), True, (Reason("new"),))
    last = render_text(why, PLAIN).splitlines()[-1]
    assert last == """next: coverquery run 'test_a.py::test[$(rm -rf x); a'"'"'b]'"""


def test_hostile_names_do_not_break_the_budget(make_facts: MakeFacts) -> None:
    hostile = "\u202e" * 400
    names = {f"{n}{hostile}.py": 3 for n in range(100)}
    facts = make_facts(names, dict.fromkeys(names, 1))
    assert len(render_text(facts, PLAIN).encode()) <= 800 * 3.2
    assert len(render_json(facts, PLAIN).encode()) <= 1200 * 3.2


def test_colour_is_ours_alone(small: AffectedFacts) -> None:
    text = render_text(small, Rendering(color=True))
    assert text.startswith("\x1b[1maffected 9/75 tests")
    assert "\x1b" not in render_text(small, PLAIN)
