"""The most telling tests first, as far as no wide fixture is made twice for it.

What shares an instance of a fixture wider than a function stays together. Whoever asks pytest
for an order of their own, by an option, a plugin or a mark, has it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from .request import Request

_OPTIONS = ("failedfirst", "newfirst", "stepwise")
_PLUGINS = (
    "randomly", "random_order", "random-order", "pytest_order", "pytest_ordering", "order",
    "ordering", "reverse", "pytest_reverse", "reorder",
)  # fmt: skip
_MARKS = ("order", "run", "dependency", "depends", "incremental", "first", "last")
_KINDS = ("package", "module", "class", "mixed")

Key = tuple[str, str]
Rank = Callable[[Any], float]


def rearrange(items: list[Any], config: Any, request: Request) -> None:
    """Sort the items in place, as far as the request says how."""
    if not request.order or _has_own_order(items, config):
        return
    places = {nodeid: float(place) for place, nodeid in enumerate(request.order)}
    unknown = request.first_unknown - 0.5

    def rank(item: Any) -> float:
        return places.get(item.nodeid, unknown)

    keys = {id(item): tuple(_keys(item)) for item in items}
    items[:] = _arranged(list(items), rank, keys, 0)


def _has_own_order(items: list[Any], config: Any) -> bool:
    if any(getattr(config.option, name, False) for name in _OPTIONS):
        return True
    if any(config.pluginmanager.hasplugin(name) for name in _PLUGINS):
        return True
    return any(item.get_closest_marker(mark) is not None for item in items for mark in _MARKS)


def _arranged(
    items: list[Any], rank: Rank, keys: dict[int, tuple[Key, ...]], depth: int
) -> list[Any]:
    """Put blocks that belong together in order, then what is inside of each."""
    if len(items) == 1:
        return items
    if depth == len(_KINDS):
        return sorted(items, key=rank)
    kinds = _KINDS[depth:]
    blocks = _blocks(
        items, {id(item): [k for k in keys[id(item)] if k[0] in kinds] for item in items}
    )
    blocks.sort(key=lambda block: min(map(rank, block)))
    return [item for block in blocks for item in _inside(block, rank, keys, depth)]


def _inside(
    block: list[Any], rank: Rank, keys: dict[int, tuple[Key, ...]], depth: int
) -> list[Any]:
    found = {key for item in block for key in keys[id(item)] if key[0] == _KINDS[depth]}
    # Pytest has sorted by the parameters of wide fixtures; what they join is best left so.
    if len(found) > 1 or any(kind == "mixed" for kind, _ in found):
        return block
    return _arranged(block, rank, keys, depth + 1)


def _blocks(items: list[Any], keys: dict[int, list[Key]]) -> list[list[Any]]:
    """Part the items into the smallest blocks that no key crosses, each in the given order."""
    leader: dict[Any, Any] = {}

    def find(one: Any) -> Any:
        while leader.setdefault(one, one) != one:
            leader[one] = one = leader[leader[one]]
        return one

    for item in items:
        for key in keys[id(item)]:
            leader[find(key)] = find(id(item))
    blocks: dict[Any, list[Any]] = {}
    for item in items:
        blocks.setdefault(find(id(item)), []).append(item)
    return list(blocks.values())


def _keys(item: Any) -> Iterator[Key]:
    """Yield what an item shares with others that it must not be parted from."""
    info = getattr(item, "_fixtureinfo", None)
    if info is None:
        yield "module", item.nodeid.partition("::")[0]  # a doctest, a test of some plugin
        return
    for name, definitions in info.name2fixturedefs.items():
        for definition in definitions:
            yield from _shared(item, name, definition)
    spec = getattr(item, "callspec", None)
    for name, scope in getattr(spec, "_arg2scope", {}).items():
        if getattr(scope, "value", scope) != "function":
            yield "mixed", name
    if "request" in info.argnames or any(map(_may_ask, info.name2fixturedefs.values())):
        yield "module", _node(item, pytest.Module)


def _may_ask(definitions: Iterable[Any]) -> bool:
    """May a fixture of the project ask for others by name, whatever their scope?"""
    return any(
        "request" in one.argnames
        and not str(getattr(one.func, "__module__", "")).startswith("_pytest.")
        for one in definitions
    )


def _shared(item: Any, name: str, definition: Any) -> Iterable[Key]:
    scope = str(definition.scope)
    if scope == "function":
        return ()
    if definition.params:
        return (("mixed", name),)
    if scope == "class":
        return (("class", _node(item, pytest.Class) or _node(item, pytest.Module)),)
    if scope == "module":
        return (("module", _node(item, pytest.Module)),)
    return (("package", str(definition.baseid)),) if scope == "package" else ()


def _node(item: Any, kind: type[Any]) -> str:
    node = item.getparent(kind)
    return node.nodeid if node is not None else ""
