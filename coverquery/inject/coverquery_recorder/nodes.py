"""Set-up and teardown of packages and custom collectors: one context a node."""

from typing import Any

from _pytest.nodes import Node

from .contexts import Context, Contexts
from .unseen import without_me


class Nodes:
    """The collectors whose class brings its own set-up."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._known: dict[Any, Context] = {}
        self._above: dict[Any, list[Context]] = {}

    def above(self, item: Any) -> list[Context]:
        """Return the contexts of the collectors above an item, wrapping those not yet known."""
        parent = item.parent
        if parent not in self._above:
            self._above[parent] = self._around(item)
        return self._above[parent]

    def _around(self, item: Any) -> list[Context]:
        found = []
        for node in item.listchain()[:-1]:
            own = type(node)
            if own.setup is not Node.setup or own.teardown is not Node.teardown:
                if node not in self._known:
                    self._known[node] = self._wrap(node)
                found.append(self._known[node])
        return found

    def _wrap(self, node: Any) -> Context:
        context = self._contexts.context("node", node.nodeid, None)
        for name in ("setup", "teardown"):
            setattr(node, name, self._inside(context, getattr(node, name)))
        add = node.addfinalizer
        node.addfinalizer = lambda finalizer: add(self._inside(context, finalizer))
        return context

    def _inside(self, context: Context, function: Any) -> Any:
        contexts = self._contexts

        def run() -> Any:
            contexts.enter(context)
            try:
                return function()
            except BaseException as error:
                without_me(error)
                raise
            finally:
                contexts.leave(context)

        return run
