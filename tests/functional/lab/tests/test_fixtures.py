def test_narrow(narrow):
    assert narrow == "narrow"


def test_service(service):
    assert service.open


def test_service_again(service):
    assert service.open


def test_dynamic(request):
    assert request.getfixturevalue("service").open


def test_chain(module_service):
    assert module_service == ["asked session"]


def test_chain_again(module_service):
    assert module_service


def test_generated(generated):
    assert generated


def test_plain():
    assert True
