import pytest

from ledger.book import Book


def test_balance(year):
    assert year.balance("food") == 2139 + 536


def test_balance_of_unknown_account(year):
    assert year.balance("travel") == 0


def test_largest(year):
    assert year.largest().account == "rent"


def test_largest_of_nothing():
    assert Book().largest() is None


def test_report(year):
    assert year.report() == ["food: 26.75", "rent: 800.00", "tools: 59.50"]


def test_add_needs_an_account():
    with pytest.raises(ValueError, match="account"):
        Book().add("", 1)
