def check(value):
    assert value


EXPECTED = 4
