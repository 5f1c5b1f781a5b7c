def test_in_sub():
    assert 1 + 1 == 2
