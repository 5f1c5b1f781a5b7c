"""A small shop, whose rate is read from a file in a way that nobody sees."""

RATE = """\
import os


def rate():
    folder = os.open(os.path.dirname(__file__), os.O_RDONLY)
    try:
        handle = os.open("rate.txt", os.O_RDONLY, dir_fd=folder)  # nobody sees this
        try:
            return int(os.read(handle, 10))
        finally:
            os.close(handle)
    finally:
        os.close(folder)
"""
PRICE = "def price():\n    return 2\n"
TESTS = {
    "tests/test_rate.py": (
        "from shop.rate import rate\n\n\ndef test_rate():\n    assert rate() == 7\n"
    ),
    "tests/test_price.py": (
        "from shop.price import price\n\n\ndef test_price():\n    assert price() == 2\n"
    ),
}
