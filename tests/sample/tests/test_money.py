import pytest

from ledger import money


@pytest.mark.parametrize(
    ("text", "cents"), [("0", 0), ("12", 1200), ("12.5", 1250), ("-0.07", -7), ("1.99", 199)]
)
def test_parse(text, cents):
    assert money.parse(text) == cents


@pytest.mark.parametrize("text", ["", "x", "1.234", "1,5"])
def test_parse_refuses(text):
    with pytest.raises(ValueError, match="not an amount"):
        money.parse(text)


def test_show():
    assert money.show(1250) == "12.50"
    assert money.show(-7) == "-0.07"


def test_show_reads_back():
    assert [money.parse(money.show(cents)) for cents in (-101, 0, 99)] == [-101, 0, 99]


def test_split():
    assert money.split(100, 3) == [34, 33, 33]


def test_split_among_nobody():
    with pytest.raises(ValueError, match="nobody"):
        money.split(100, 0)
