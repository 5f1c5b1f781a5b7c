FACTOR = 3


def late(x):
    return x * FACTOR
