"""Doubts found step by step are those that walking the whole graph finds."""

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

INJECT = Path(__file__).parents[2] / "coverquery" / "inject"
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("link"), st.integers(0, 7), st.integers(0, 7)),
        st.tuples(st.just("distrust"), st.integers(0, 7), st.just(0)),
        st.tuples(st.just("ask"), st.integers(0, 7), st.just(0)),
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def fresh() -> Iterator[Callable[[], Any]]:
    """Contexts of a session in which nothing runs."""
    sys.path.insert(0, str(INJECT))
    try:
        from coverquery_recorder.contexts import Contexts
        from coverquery_recorder.engine import Idle
        from coverquery_recorder.journal import Journal

        yield lambda: Contexts(Idle(), Journal("nowhere"))
    finally:
        sys.path.remove(str(INJECT))


def reaches_a_doubt(start: Any) -> bool:
    seen, todo = {id(start)}, [start]
    while todo:
        one = todo.pop()
        if one.untrusted:
            return True
        fresh = [c for c in one.links.values() if id(c) not in seen]
        seen.update(map(id, fresh))
        todo += fresh
    return False


@given(steps=STEPS)
def test_step_by_step_as_all_at_once(
    fresh: Callable[[], Any], steps: list[tuple[str, int, int]]
) -> None:
    contexts = fresh()
    made = [contexts.context("fixture", str(n), None) for n in range(8)]
    for step, a, b in steps:
        if step == "link":
            contexts.link(made[a], made[b])
        elif step == "distrust":
            contexts.enter(made[a])
            contexts.distrust("because")
            contexts.leave(made[a])
        else:
            assert bool(contexts.doubt(made[a])) == reaches_a_doubt(made[a])
    for one in made:
        assert bool(contexts.doubt(one)) == reaches_a_doubt(one)


def test_a_long_chain_needs_no_recursion(fresh: Callable[[], Any]) -> None:
    contexts = fresh()
    chain = [contexts.context("fixture", str(n), None) for n in range(sys.getrecursionlimit() * 2)]
    for user, used in itertools.pairwise(chain):
        contexts.link(user, used)
    assert contexts.doubt(chain[0]) is None
    contexts.enter(chain[-1])
    contexts.distrust("because")
    assert contexts.doubt(chain[0]) == "because"
