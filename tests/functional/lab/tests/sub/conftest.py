import pytest


@pytest.fixture(autouse=True)
def around():
    value = 1
    yield value
