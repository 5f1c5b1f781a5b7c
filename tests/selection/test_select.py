"""The one decision, on executions made by hand: what holds, what does not, and why."""

from coverquery.model import Execution, NodeId, Reason, RepoPath
from coverquery.selection.select import Answer, Known, Question, group_by_test, select

TEST = NodeId("t.py::t")
FILE = RepoPath("t.py")


def execution(number: int, outcome: str = "passed", **more: object) -> Execution:
    given = {"env": 1, "untrusted": None, "commit": f"c{number}", **more}
    return Execution(
        number, TEST, FILE, given["env"], outcome, given["untrusted"], 0.5, given["commit"]  # type: ignore[arg-type]
    )  # fmt: skip


def ask(*executions: Execution, breaks: tuple[dict[int, list[Reason]], ...] = ({},)) -> Answer:
    known = Known(TEST, FILE, tuple(sorted(executions, key=lambda one: -one.id)))
    return select([known], Question(breaks, frozenset({1}), {}))


def whys(answer: Answer) -> list[str]:
    return [reason.why for test in answer.selected for reason in test.reasons]


LINE = Reason("line", RepoPath("a.py"))


def test_a_test_without_execution_is_unknown() -> None:
    assert whys(ask()) == ["unknown"]


def test_an_execution_that_holds_skips() -> None:
    assert ask(execution(1)).skipped == (TEST,)


def test_a_broken_execution_selects_with_all_its_reasons() -> None:
    other = Reason("data", RepoPath("d.txt"))
    assert whys(ask(execution(1), breaks=({1: [LINE, other]},))) == ["line", "data"]


def test_an_older_execution_may_hold() -> None:
    answer = ask(execution(1), execution(2), breaks=({2: [LINE]},))
    assert answer.skipped == (TEST,)
    assert answer.held[TEST].id == 1


def test_a_failed_execution_that_holds_stays_selected() -> None:
    assert whys(ask(execution(1, "failed"))) == ["failed"]


def test_the_newest_that_holds_counts() -> None:
    assert whys(ask(execution(1), execution(2, "failed"))) == ["failed"]
    assert ask(execution(1, "failed"), execution(2)).skipped == (TEST,)


def test_a_failure_that_does_not_hold_says_nothing_of_an_older_success_that_does() -> None:
    answer = ask(execution(1), execution(2, "failed"), breaks=({2: [LINE]},))
    assert answer.skipped == (TEST,)


def test_an_untrusted_execution_never_skips() -> None:
    answer = ask(execution(1, untrusted="started a child process"))
    assert [reason.text for test in answer.selected for reason in test.reasons] == [
        "started a child process"
    ]


def test_another_environment_holds_nothing() -> None:
    assert whys(ask(execution(1, env=2))) == ["env"]


def test_two_trees_need_one_execution_that_holds_for_both() -> None:
    base, target = {1: [LINE]}, {2: [LINE]}
    assert whys(ask(execution(1), execution(2), breaks=(base, target))) == ["line"]
    assert ask(execution(1), execution(2), breaks=({}, {2: [LINE]})).skipped == (TEST,)


def test_a_record_of_neither_version_is_said_to_be_unknown() -> None:
    answer = ask(execution(1), breaks=({1: [LINE]}, {1: [LINE]}))
    assert whys(answer) == ["line", "unknown"]


def test_always_is_a_reason_beside_others() -> None:
    known = Known(TEST, FILE, (execution(1),))
    answer = select([known], Question(({},), frozenset({1}), {TEST: "always_run"}))
    assert whys(answer) == ["always"]
    assert answer.skipped == ()


def test_executions_are_grouped_newest_first() -> None:
    grouped = group_by_test([execution(1), execution(2), execution(3)])
    assert [one.id for one in grouped[TEST]] == [3, 2, 1]
