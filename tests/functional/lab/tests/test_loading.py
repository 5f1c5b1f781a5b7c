from shop import loader


def test_red():
    assert loader.load("red").NAME == "red"


def test_red_again():
    assert loader.load("red").NAME == "red"


def test_blue():
    assert loader.load("blue").NAME == "blue"


def test_lazy():
    assert loader.use_lazy(2) == 6


def test_optional():
    assert loader.optional() == "none"
