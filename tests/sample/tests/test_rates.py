from ledger import rates


def test_standard():
    assert rates.tax(100) == 19


def test_reduced_is_rounded_half_up():
    assert rates.tax(50, "reduced") == 4


def test_none():
    assert rates.tax(12345, "none") == 0
