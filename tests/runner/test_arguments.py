"""Which options reach the fingerprint of the environment."""

import shlex

import pytest

from coverquery.runner.arguments import is_interactive, may_narrow, neutral, with_standing


@pytest.mark.parametrize(
    "given",
    [
        "-v", "-q -q", "-x", "-vv -x", "--maxfail=1", "--maxfail 1", "--tb=short", "--tb short",
        "--durations 5", "--color=yes", "-k name", "-kname", "-k 'not slow' -m fast", "-ra", "-r a",
        "--lf", "--ff", "-n 2", "-n2", "-n auto --dist loadscope", "--junit-xml=x.xml",
        "--junitxml x.xml", "-p no:cacheprovider", "--cov", "--cov=src", "--cov src",
        "--cov-report term-missing --cov-branch --no-cov", "tests/a.py::test_b tests", "-- -odd.py",
        "--ignore tests/x --deselect a::b", "--pdb", "-xvq",
    ],
)  # fmt: skip
def test_without_meaning(given: str) -> None:
    assert neutral(shlex.split(given)) == ()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("-W error", ["-Werror"]),
        ("-Werror", ["-Werror"]),
        ("-v -W error tests/", ["-Werror"]),
        ("--runslow", ["--runslow"]),
        ("-p no:warnings", ["-pno:warnings"]),
        ("-s", ["--capture=no"]),
        ("--capture no", ["--capture=no"]),
        ("-vsx", ["--capture=no"]),
        ("-o xfail_strict=1", ["-oxfail_strict=1"]),
        ("--runslow -k x", ["--runslow"]),
        ("--db=postgres", ["--db=postgres"]),
        ("--db postgres", ["--db=postgres"]),  # may be the option's value: stays
        ("--maxf 1", ["--maxf=1"]),  # an abbreviation is an unknown option
        ("--reruns 2", ["--reruns=2"]),
        ("@args.txt", ["@args.txt"]),
        ("-c other.ini", ["-cother.ini"]),
        ("-Z", ["-Z"]),
        ("--runslow -W error", ["--runslow", "-Werror"]),
    ],
)
def test_with_meaning(given: str, kept: list[str]) -> None:
    assert neutral(shlex.split(given)) == tuple(kept)


def test_the_value_of_a_neutral_option_is_not_taken_for_an_option() -> None:
    assert neutral(["-k", "--runslow"]) == ()
    assert neutral(["-k"]) == ()


@pytest.mark.parametrize(
    "given",
    [
        "tests",
        "a.py::b",
        "--lf",
        "--ignore=x",
        "--db x",
        "-- x",
        "-c x.ini",
        "-o testpaths=a",
        "-k n",
        "-m m",
    ],
)
def test_may_narrow(given: str) -> None:
    assert may_narrow(shlex.split(given))


@pytest.mark.parametrize(
    "given", ["", "-x -v", "-W error", "--tb short", "-p x -n 2", "-o xfail_strict=1"]
)
def test_does_not_narrow(given: str) -> None:
    assert not may_narrow(shlex.split(given))


def test_standing_options_come_first() -> None:
    assert with_standing(["-x"], {"PYTEST_ADDOPTS": "-W 'error::x y'"}) == (
        "-W", "error::x y", "-x",
    )  # fmt: skip
    assert with_standing(["-x"], {"PYTEST_ADDOPTS": "-k 'open"}) == ("-k 'open", "-x")
    assert with_standing([], {}) == ()


def test_interactive() -> None:
    assert is_interactive(["-x", "--pdb"])
    assert not is_interactive(["-k", "--pdb"])
