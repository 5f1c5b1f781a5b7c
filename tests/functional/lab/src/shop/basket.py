from typing import TYPE_CHECKING

from shop.config import REGISTRY, registered

if TYPE_CHECKING:
    from shop.lazy import late


class Basket:
    limit = 10

    def __init__(self):
        self.items = []

    def add(self, item):
        if len(self.items) >= self.limit:
            raise ValueError("full")
        self.items.append(item)

    @property
    def size(self):
        return len(self.items)

    def clear(self):
        self.items = []


class BigBasket(Basket):
    limit = 100


@registered
def discount(value):
    return value * 0.9


def lookup(name):
    return REGISTRY[name]
