from shop import files


def test_one():
    assert files.read("one.txt") == "one\n"


def test_two():
    assert files.read("two.txt") == "two\n"


def test_names():
    assert files.names() == ["one.txt", "two.txt"]


def test_maybe():
    assert files.maybe("three.txt") == "default"


def test_none():
    assert files.DATA
