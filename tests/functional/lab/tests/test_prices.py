import pytest
from shop.prices import label, price, safe_ratio, total


def test_price():
    assert price(10) == 12.0


def test_reduced():
    assert price(10, reduced=True) == 11.0


def test_label():
    assert label(10) == "12.0 EUR"


def test_ratio():
    assert safe_ratio(1, 2) == 0.5


def test_ratio_zero():
    assert safe_ratio(1, 0) is None


def test_total():
    assert total([1, 2]) == 3


def test_total_negative():
    assert total([1, -2]) == 1


def test_total_empty():
    assert total([]) == 0


@pytest.mark.parametrize("n", [1, 2])
def test_many(n):
    assert n
