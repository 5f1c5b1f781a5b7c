import unittest

from shop import service

made = None


def setup_module():
    global made
    made = service.wide("x")


def test_uses_module():
    assert made


class TestOld(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = service.connect("unit")

    def test_url(self):
        assert self.service.url == "unit"

    def test_ask(self):
        assert self.service.ask() == "asked unit"
