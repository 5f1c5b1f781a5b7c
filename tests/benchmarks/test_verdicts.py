"""What counts as missed, and what does not."""

from benchmarks.asked import Selected
from benchmarks.effects import Clean, Effect
from benchmarks.mutants import Mutant
from benchmarks.release_diff import same
from benchmarks.verdicts import Answered, Verdict, exactness, missed, summary

BASE = Clean(
    dict.fromkeys(("a.py::one", "a.py::two", "b.py::three", "b.py::four"), "passed"),
    frozenset(),
    1.0,
    ("a.py::one", "a.py::two", "b.py::four", "b.py::three"),
)


def effect(changed: dict[str, tuple[str, str]], *broken: str, stillborn: bool = False) -> Effect:
    """Make an effect in which everything was reached."""
    return Effect(changed, frozenset(broken), stillborn, 0)


def selected(*tests: str) -> Selected:
    """Select these tests and nothing else."""
    return Selected(frozenset(tests), frozenset(name.partition("::")[0] for name in tests))


def test_sets_of_tests_are_kept_as_numbers() -> None:
    """Packing is exact and forgets tests nobody knows."""
    names = {"a.py::one", "b.py::three"}
    assert BASE.unpacked(BASE.packed([*names, "new"])) == names


def test_a_failing_test_must_be_selected_by_name() -> None:
    """Another test of its file is not enough."""
    failing = effect({"a.py::one": ("passed", "failed")})
    assert missed(failing, selected("a.py::two"), strict=False) == ("a.py::one",)
    assert missed(failing, selected("a.py::one"), strict=True) == ()


def test_a_test_that_is_gone_cannot_be_selected() -> None:
    """A deleted test is nobody's miss, and runs nowhere."""
    gone = effect({"a.py::one": ("passed", "absent")})
    assert missed(gone, selected(), strict=True) == ()
    answer = Answered(selected("a.py::one", "a.py::two"), ())
    verdict = Verdict(Mutant("kind", "a.py", ()), gone, answer, answer)
    assert verdict.fractions(BASE) == (0.25, 0.25)


def test_a_new_test_runs_where_its_file_is_collected() -> None:
    """Nobody can know its name before."""
    new = effect({"a.py::new": ("absent", "failed")})
    assert missed(new, selected("a.py::two"), strict=True) == ()
    assert missed(new, selected("b.py::three"), strict=True) == ("a.py::new",)
    ignoring = Selected(frozenset(), frozenset({"a.py"}), inverted=True)
    assert missed(new, ignoring, strict=True) == ("a.py::new",)


def test_a_file_that_breaks_shows_when_any_of_it_is_collected() -> None:
    """Enough for the peer; of us every test is demanded."""
    broken = effect(dict.fromkeys(("a.py::one", "a.py::two"), ("passed", "absent")), "a.py")
    assert missed(broken, selected("a.py::one"), strict=False) == ()
    assert missed(broken, selected("a.py::one"), strict=True) == ("a.py::two",)


def test_a_file_that_breaks_does_not_show_from_another_one() -> None:
    """Nor does a suite that cannot start, when nothing is run."""
    both = effect(dict.fromkeys(BASE.tests, ("passed", "absent")), "a.py", "b.py")
    assert missed(both, selected("a.py::one"), strict=False) == ("b.py::four", "b.py::three")
    dead = effect(dict.fromkeys(BASE.tests, ("passed", "absent")), stillborn=True)
    assert missed(dead, selected("a.py::one"), strict=False) == ()
    assert missed(dead, selected(), strict=False) == BASE.tests


def test_the_ratio_is_of_mutants_both_select_safely() -> None:
    """Whoever misses a test cannot be praised for selecting few."""
    failing = effect({"a.py::one": ("passed", "failed")})
    ours = Answered(selected("a.py::one"), ())
    unsafe = Answered(selected(), ("a.py::one",))
    coarse = Answered(selected(*BASE.tests), ())
    mutant = Mutant("kind", "a.py", ())
    verdicts = [Verdict(mutant, failing, ours, peer) for peer in (unsafe, coarse)]
    found = summary(BASE, verdicts)
    assert (found.testmon_missed, found.ours_missed, found.safe) == (1, 0, 1)
    assert found.ratio == 0.25


def test_exactness_leaves_out_what_is_always_selected() -> None:
    """Tests nobody trusts are no evidence of a coarse rule."""
    extra, lacking = exactness(["one", "two", "child"], ["one", "three"], frozenset({"child"}))
    assert (sorted(extra), sorted(lacking)) == (["two"], ["three"])


def test_words_and_annotations_are_told_from_code() -> None:
    """A release's edit is called harmless only when it is."""
    old = b'def f(x):\n    """Says."""\n    return x\n'
    words = b'def f(x):\n    """Says more."""\n    return x  # really\n'
    typed = b"from typing import Any\n\n\ndef f(x: Any) -> Any:\n    return x\n"
    assert same(old, words, typing=False)
    assert not same(old, typed, typing=False)
    assert same(old, typed, typing=True)
    assert not same(old, b"def f(y):\n    return y\n", typing=True)
