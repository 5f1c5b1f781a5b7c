import helper


def test_helped():
    helper.check(1)


def test_not_helped():
    assert True
