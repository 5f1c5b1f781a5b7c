TAX = 0.2


def rounding(value):
    return round(value, 2)


def registered(function):
    REGISTRY[function.__name__] = function
    return function


REGISTRY = {}
