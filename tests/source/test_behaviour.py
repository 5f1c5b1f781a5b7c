"""The property that matters: whoever behaves differently was touched.

Random functions are edited at random; old and new run under a line tracer. An input whose
behaviour differs must have executed a touched line of the old version.
"""

import ast
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from coverquery.lines import LineSet
from coverquery.model import Impact, Oid, RepoPath
from coverquery.source.impact import Version, impact

Programs = Callable[[int], tuple[str, str]]
EXAMPLES = int(os.environ.get("SOURCE_EXAMPLES", "250"))
INPUTS = ((0, 0), (1, 2), (2, 1), (3, -1))
NAMES = "abxy"


def shown(value: object) -> object:
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    return value if isinstance(value, int | str | None) else type(value).__name__


class Scope:
    """A context manager that swallows what it was told to."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __enter__(self) -> object:
        return self.value

    def __exit__(self, *exc: object) -> bool:
        return self.value == 1


def behaviour(text: str, args: tuple[int, int]) -> tuple[object, LineSet]:
    """Run f(*args); return what can be observed and the lines executed."""
    seen: set[int] = set()
    log: list[object] = []
    fuel = iter([True] * 8)

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename != "<program>":
            return None
        if event == "line":
            seen.add(frame.f_lineno)
        return trace

    names: dict[str, Any] = {
        "log": lambda value: log.append(shown(value)), "more": lambda: next(fuel, False),
        "scope": Scope,
    }  # fmt: skip
    exec(compile(text, "<program>", "exec"), names)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        result = names["f"](*args)
        if hasattr(result, "__next__"):
            for _ in range(20):
                log.append(shown(next(result)))  # noqa: PERF401  (it may raise half-way)
            result.close()
    except StopIteration as stop:
        log.append(("returned", shown(stop.value)))
    except RecursionError:
        log.append("recursion")
    except Exception as error:  # noqa: BLE001  (whatever a program raises is what it does)
        log.append((type(error).__name__, str(error)))
    else:
        log.append(("result", shown(result)))
    finally:
        sys.settrace(before)
    log += [shown(names.get(name)) for name in NAMES]
    return log, LineSet.of(seen)


def meaning(old: str, new: str) -> Impact:
    before, after = (Version(Oid(n), t.encode()) for n, t in (("1", old), ("2", new)))
    return impact(RepoPath("m.py"), before, after)


def compiles(text: str) -> bool:
    try:
        compile(text, "<program>", "exec")
    except SyntaxError:
        return False
    return True


def quiet(test: Callable[..., None]) -> Callable[..., None]:
    return settings(
        max_examples=EXAMPLES, deadline=None, derandomize="SOURCE_EXAMPLES" not in os.environ,
        database=None, suppress_health_check=list(HealthCheck),
    )(test)  # fmt: skip


@quiet
@given(seed=st.integers(0, 2**32))
def test_whoever_behaves_differently_is_touched(programs: Programs, seed: int) -> None:
    old, new = programs(seed)
    found = meaning(old, new)
    note(f"{old}\n-----\n{new}\n-----\n{found}")
    if any(touch.whole for touch in found.touches):
        return
    assert compiles(new)
    touched = LineSet(0)
    for touch in found.touches:
        touched |= touch.old_lines
    for args in INPUTS:
        before, lines = behaviour(old, args)
        after, _ = behaviour(new, args)
        assert before == after or lines & touched, (args, before, after)


@quiet
@given(seed=st.integers(0, 2**32))
def test_emptiness_is_symmetric(programs: Programs, seed: int) -> None:
    old, new = programs(seed)
    if compiles(new):
        assert bool(meaning(old, new).touches) == bool(meaning(new, old).touches)


@quiet
@given(seed=st.integers(0, 2**32))
def test_layout_means_nothing(programs: Programs, seed: int) -> None:
    old, _ = programs(seed)
    spaced = "# note\n\n" + old.replace("\n", "  # why\n\n")
    assert meaning(old, ast.unparse(ast.parse(old))).touches == ()
    assert meaning(old, spaced).touches == ()
