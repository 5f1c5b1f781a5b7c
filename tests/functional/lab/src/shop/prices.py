"""Prices."""

from shop.config import TAX, rounding

CURRENCY = "EUR"


def price(net, *, reduced=False):
    """Return the gross price."""
    # a comment
    if reduced:
        rate = TAX / 2
    else:
        rate = TAX
    gross = net * (1 + rate)
    return rounding(gross)


def label(net):
    return f"{price(net)} {CURRENCY}"


def safe_ratio(a, b):
    try:
        return a / b
    except ZeroDivisionError:
        return None


def total(nets):
    result = 0
    for net in nets:
        if net < 0:
            continue
        result += net
    return result


def unused():
    return 1
