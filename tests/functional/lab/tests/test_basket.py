import pytest
from shop.basket import Basket, BigBasket, lookup


def test_add():
    basket = Basket()
    basket.add(1)
    assert basket.size == 1


def test_full():
    basket = Basket()
    with pytest.raises(ValueError):
        for n in range(11):
            basket.add(n)


def test_big():
    assert BigBasket.limit == 100


def test_lookup():
    assert lookup("discount")(10) == 9
