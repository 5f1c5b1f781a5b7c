"""Ways of keeping a value between tests, as data: a module, and how two tests get at the value.

Everywhere ``rule`` computes what is kept, and an edit changes the ``6 * 7`` in it. ``first``
fills the state, ``second`` finds it filled, ``apart`` imports the module and touches none of it.
"""

import re
from dataclasses import dataclass

RULE = "def rule(x=1):\n    return 6 * 7 * x\n\n\ndef apart():\n    return True\n\n\n"


@dataclass(frozen=True)
class Kept:
    """One way; `first` and `second` are expressions, `extra` more text of the test file.

    What is to be unlike anything else ends in an ``@``, in place of which the name stands.
    """

    name: str
    module: str
    first: str
    second: str = ""
    extra: str = ""
    more: tuple[tuple[str, str], ...] = ()

    @property
    def files(self) -> dict[str, str]:
        """The module and its tests."""
        kept, at = f"kept_{self.name}", f"_{self.name}"
        test = f"import {kept} as m\n{self.extra}\n\n"
        for name, text in (("first", self.first), ("second", self.second or self.first)):
            test += f"def test_{name}({'wide' if 'wide' in text else ''}):\n    assert {text}\n\n\n"
        test += "def test_apart():\n    assert m.apart()\n"
        files = {f"{kept}.py": RULE + self.module, f"test_{self.name}.py": test, **dict(self.more)}
        return {name: re.sub(r"(?<=\w)@", at, text) for name, text in files.items()}


WAYS = [
    Kept("lru_cache", "import functools\n\n@functools.lru_cache\ndef get():\n    return rule()\n", "m.get() == 42"),
    Kept("lru_cache_sized", "from functools import lru_cache\n\n@lru_cache(maxsize=3, typed=True)\ndef get(x):\n    return rule(x)\n", "m.get(1) == 42"),
    Kept("cache", "from functools import cache\n\n@cache\ndef get():\n    return rule()\n", "m.get() == 42"),
    Kept("alias", "import functools\n\n@functools.cache\ndef get():\n    return rule()\n\nTABLE = {'x': get}\n", "m.TABLE['x']() == 42"),
    Kept("method", "import functools\n\nclass Shop:\n    @functools.lru_cache\n    def get(self):\n        return rule()\n\nSHOP = Shop()\n", "m.SHOP.get() == 42"),
    Kept("late", "import functools\n\ndef make():\n    global late@\n    late@ = functools.cache(lambda: rule())\n\nmake()\n", "m.late_late() == 42"),
    Kept("foreign", "import functools\n\nget = functools.cache(functools.partial(max, key=lambda x: rule(x)))\n", "m.get(1, 2) == 2"),
    Kept("chain", "import functools\n\n@functools.cache\ndef inner():\n    return rule()\n\n@functools.cache\ndef get():\n    return inner()\n", "m.inner() == 42", "m.get() == 42"),
    Kept("mutual", "import functools\n\n@functools.cache\ndef even(n):\n    return rule() if n == 0 else odd(n - 1)\n\n@functools.cache\ndef odd(n):\n    return even(n - 1)\n", "m.even(6) == 42", "m.odd(3) == 42"),
    Kept("cleared", "import functools\n\n@functools.cache\ndef get():\n    return rule()\n\ndef again():\n    get.cache_clear()\n    return get()\n", "m.again() == 42", "m.get() == 42"),
    Kept("raised", "import functools\n\n@functools.cache\ndef get(x):\n    found = rule(x)\n    if x > 1:\n        raise KeyError(x)\n    return found\n\ndef safe(x):\n    try:\n        return get(x)\n    except KeyError:\n        return get(1)\n", "m.safe(2) == 42", "m.get(1) == 42"),
    Kept("global", "_kept@ = None\n\ndef get():\n    global _kept@\n    if _kept@ is None:\n        _kept@ = rule()\n    return _kept@\n", "m.get() == 42"),
    Kept("global_read", "_kept@ = None\n\ndef fill():\n    global _kept@\n    _kept@ = rule()\n    return True\n", "m.fill()", "m._kept@ in (42, None)"),
    Kept("dictionary", "KEPT = {}\n\ndef get(k):\n    if k not in KEPT:\n        KEPT[k] = rule()\n    return KEPT[k]\n", "m.get(1) == 42"),
    Kept("setdefault", "KEPT = {}\n\ndef get(k):\n    kept@ = KEPT\n    return kept@.get(k) or kept@.setdefault(k, rule())\n", "m.get(1) == 42"),
    Kept("registry", "KEPT = []\n\ndef fill():\n    KEPT.append(rule())\n    return KEPT\n\ndef read():\n    return [one for one in KEPT]\n", "42 in m.fill()", "m.read() in ([42], [])"),
    Kept("default", "def get(k, kept@={}):\n    if k not in kept@:\n        kept@[k] = rule()\n    return kept@[k]\n", "m.get(1) == 42"),
    Kept("attribute", "def get():\n    if not hasattr(get, 'kept@'):\n        get.kept@ = rule()\n    return get.kept@\n", "m.get() == 42"),
    Kept("closure", "def once(f):\n    kept@ = {}\n    def wrapper(k):\n        if k not in kept@:\n            kept@[k] = f(k)\n        return kept@[k]\n    return wrapper\n\n@once\ndef get(k):\n    return rule(k)\n", "m.get(1) == 42"),
    Kept("nonlocal", "def once(f):\n    kept@ = None\n    def wrapper():\n        nonlocal kept@\n        if kept@ is None:\n            kept@ = f()\n        return kept@\n    return wrapper\n\n@once\ndef get():\n    return rule()\n", "m.get() == 42"),
    Kept("generator", "class Home@:\n    kept@ = {}\n\ndef fill():\n    return list(Home@.kept@.setdefault(k, rule()) for k in (1, 2))\n\ndef get():\n    return Home@.kept@.get(1, 42)\n", "m.fill() == [42, 42]", "m.get() == 42"),
    Kept("comprehension", "class Home@:\n    kept@ = []\n\ndef fill():\n    return [Home@.kept@.append(rule()) for k in (1, 2)]\n\ndef get():\n    return Home@.kept@ in ([], [42, 42])\n", "m.fill() == [None, None]", "m.get()"),
    Kept("class_attribute", "class Shop:\n    kept@ = None\n\n    @classmethod\n    def get(cls):\n        if cls.kept@ is None:\n            cls.kept@ = rule()\n        return cls.kept@\n", "m.Shop.get() == 42"),
    Kept("class_by_name", "class Shop:\n    kept@ = {}\n\n    def get(self):\n        if 1 not in Shop.kept@:\n            Shop.kept@[1] = rule()\n        return Shop.kept@[1]\n", "m.Shop().get() == 42"),
    Kept("class_of_self", "class Shop:\n    kept@ = None\n\n    def get(self):\n        if self.kept@ is None:\n            type(self).kept@ = rule()\n        return self.kept@\n", "m.Shop().get() == 42"),
    Kept("cached_property", "import functools\n\nclass Shop:\n    @functools.cached_property\n    def kept@(self):\n        return rule()\n\nSHOP = Shop()\n", "m.SHOP.kept@ == 42"),
    Kept("lazy_attribute", "class Shop:\n    def __init__(self):\n        self._kept@ = None\n\n    def get(self):\n        if self._kept@ is None:\n            self._kept@ = rule()\n        return self._kept@\n\nSHOP = Shop()\n", "m.SHOP.get() == 42"),
    Kept("any_name", "class Shop:\n    def __getattr__(self, name):\n        found = rule()\n        setattr(self, name, found)\n        return found\n\nSHOP@ = Shop()\n", "m.SHOP@.kept == 42"),
    Kept("any_name_of_class", "class Shop:\n    @classmethod\n    def get(cls, name):\n        if name not in vars(cls):\n            setattr(cls, name, rule())\n        return getattr(cls, name)\n\nclass Corner@(Shop):\n    pass\n", "m.Corner@.get('kept') == 42"),
    Kept("singleton", "class Shop:\n    _one@ = None\n\n    def __new__(cls):\n        if cls._one@ is None:\n            cls._one@ = super().__new__(cls)\n            cls._one@.value@ = rule()\n        return cls._one@\n", "m.Shop().value@ == 42"),
    Kept("lazy_singleton", "class Shop:\n    def get(self):\n        if not hasattr(self, '_kept@'):\n            self._kept@ = rule()\n        return self._kept@\n\n_one@ = None\n\ndef one():\n    global _one@\n    if _one@ is None:\n        _one@ = Shop()\n    return _one@\n", "m.one().get() == 42"),
    Kept("singleton_init", "class Shop:\n    _one@ = None\n\n    def __new__(cls):\n        if cls._one@ is None:\n            cls._one@ = super().__new__(cls)\n        return cls._one@\n\n    def __init__(self):\n        if not hasattr(self, 'value@'):\n            self.value@ = rule()\n", "m.Shop().value@ == 42"),
    Kept("other_module", "import kept_store\n\ndef get():\n    if kept_store.value@ is None:\n        kept_store.value@ = rule()\n    return kept_store.value@\n", "m.get() == 42", "kept_store.value@ in (42, None)", extra="import kept_store", more=(("kept_store.py", "value@ = None\n"),)),
    Kept("imported_table", "from kept_table import TABLE\n\ndef get():\n    if 1 not in TABLE:\n        TABLE[1] = rule()\n    return TABLE[1]\n", "m.get() == 42", more=(("kept_table.py", "TABLE = {}\n"),)),
    Kept("thread", "import threading\n\nKEPT = {}\n\ndef fill():\n    KEPT[1] = rule()\n\ndef get():\n    if not KEPT:\n        thread = threading.Thread(target=fill)\n        thread.start()\n        thread.join()\n    return KEPT[1]\n", "m.get() == 42"),
    Kept("fixture_object", "import functools\n\nclass Shop:\n    @functools.cached_property\n    def kept@(self):\n        return rule()\n", "wide.kept@ == 42", extra="import pytest\n\n@pytest.fixture(scope='module')\ndef wide():\n    return m.Shop()\n"),
    Kept("in_fixture", "_kept@ = None\n\ndef get():\n    global _kept@\n    _kept@ = _kept@ or rule()\n    return _kept@\n\ndef read():\n    return _kept@\n", "wide == 42", "m.read() in (42, None)", extra="import pytest\n\n@pytest.fixture(scope='module')\ndef wide():\n    return m.get()\n"),
    Kept("generator", "KEPT = []\n\ndef fill():\n    for x in (1, 2):\n        KEPT.append(rule(x))\n        yield x\n\ndef read():\n    return len(KEPT)\n", "list(m.fill()) == [1, 2]", "m.read() in (0, 2)"),
    Kept("often", "KEPT = {}\n\ndef get(k):\n    if k not in KEPT:\n        KEPT[k] = rule(k)\n    return KEPT[k]\n", "[m.get(1) for _ in range(99)] and m.get(2)", "m.get(2) == 84"),
]  # fmt: skip
