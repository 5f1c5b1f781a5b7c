import pytest

from shop.service import connect


@pytest.fixture
def narrow():
    return "narrow"


@pytest.fixture(scope="session")
def service():
    made = connect("session")
    yield made
    made.close()


@pytest.fixture(scope="module")
def module_service(service):
    return [service.ask()]


def pytest_generate_tests(metafunc):
    if "generated" in metafunc.fixturenames:
        metafunc.parametrize("generated", [1, 2])
