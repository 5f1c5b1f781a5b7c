"""What bytecode says of writing to state, against what the text says: nothing gets lost."""

import subprocess
from pathlib import Path

from coverquery.runner.plan import INJECT

COMPARE = """
import argparse, collections, contextlib, functools, inspect, logging, pathlib, sys, types
import threading
sys.path.insert(0, sys.argv[1])
from coverquery_recorder import reach, storing, writes

def codes(code):
    for value in code.co_consts:
        if isinstance(value, types.CodeType):
            yield value
            yield from codes(value)

MINE = '''
class Home: seen = {}
def by_attribute(): Home.count = 1
def more(): Home.count += 1
def gone(): del Home.count
def below(): Home.seen.update(a=1)
def by_name(): setattr(Home, "count", 1)
def registered(all): all.register(Home)
def inlined(values): return [Home.seen.pop(one) for one in values]
def later(values): return set(Home.seen.setdefault(one, 1) for one in values)
def by_type(one): type(one).count = 1
def by_class(one): one.__class__.count = 1
def declared():
    global count
    count = 1
def outer():
    inner_count = 0
    def inner():
        nonlocal inner_count
        inner_count += 1
    return inner
'''
mine = types.ModuleType("mine")
exec(MINE, vars(mine))
found = set()
modules = (argparse, collections, contextlib, functools, inspect, logging, pathlib, threading)
texts = [(pathlib.Path(one.__file__).read_text(encoding="utf-8"), one) for one in modules]
asked = spared = 0
for text, module in [*texts, (MINE, mine)]:
    lines = text.splitlines(True)
    for code in codes(compile(text, "file.py", "exec", dont_inherit=True)):
        if not storing.stores(code):
            continue
        for first in {"", code.co_varnames[0] if code.co_argcount else ""}:
            roots = reach.roots(code, vars(module), lambda value: True, first)
            quick = writes.written(code, lambda code: lines, roots)
            spared += not (storing.at_hand(code, roots) or storing.stores_global(code))
            writes.at_hand = lambda code, roots: True
            slow = writes.written(code, lambda code: lines, roots)
            writes.at_hand = storing.at_hand
            assert quick == slow or not slow.names, (code, quick, slow)
            asked += 1
            if module is mine and quick.names:
                found.add(code.co_name)
print(asked > 500, spared > 100, *sorted(found))
"""
WRITING = ("below by_attribute by_class by_name by_type declared gone inlined inner later more "
           "registered")  # fmt: skip


def test_what_is_not_read_writes_to_nothing(any_python: Path) -> None:
    words = [str(any_python), "-W", "ignore", "-c", COMPARE, str(INJECT)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True", "True", *WRITING.split()], done.stderr
