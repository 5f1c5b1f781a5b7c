import pytest

from ledger.book import Book


@pytest.fixture(scope="module")
def year() -> Book:
    book = Book()
    book.add("rent", 80000, "none")
    book.add("food", 1999, "reduced")
    book.add("food", 501, "reduced")
    book.add("tools", 5000)
    return book
