import os
from pathlib import Path

DATA = Path(__file__).parents[2] / "data"


def read(name):
    return (DATA / name).read_text()


def names():
    return sorted(os.listdir(DATA))


def maybe(name):
    try:
        with open(DATA / name) as stream:
            return stream.read()
    except FileNotFoundError:
        return "default"
