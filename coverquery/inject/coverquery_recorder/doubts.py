"""Whom a doubt concerns: who depends, however remotely, on a context that cannot be trusted.

State kept between tests makes tests depend on earlier tests, so the graph grows with the suite:
walking all of it after each test took as long as the suite. What was found is kept instead. A
doubt is for good, for neither links nor doubts are ever taken back. That there is none holds
until a new doubt arises, or a link leads from what is clean to what is not.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .contexts import Context


class Doubts:
    """Answers from what it found before, as far as that still holds."""

    def __init__(self) -> None:
        self._epoch = 1
        self._links = 0

    def arisen(self) -> None:
        """Somebody cannot be trusted any more."""
        self._epoch += 1

    def linked(self, user: "Context", used: "Context") -> None:
        """One context depends on another from now on."""
        self._links += 1
        if user.clean == self._epoch and used.clean != self._epoch and self.of(used):
            self._epoch += 1

    def of(self, context: "Context") -> str | None:
        """Return why a context or anything it depends on cannot be trusted."""
        epoch, links = self._epoch, self._links
        if not (context.doubted or context.untrusted) and all(
            used.clean == epoch for used in list(context.links.values())
        ):  # nearly always
            if links == self._links:  # else a thread was at work meanwhile
                context.clean = epoch
            return None
        seen: dict[int, Context] = {}
        path: list[tuple[Context, list[Context]]] = []
        entered = context if context.clean != epoch else None
        while entered is not None:
            seen[id(entered)] = entered
            path.append((entered, list(entered.links.values())))
            reason = entered.doubted or entered.untrusted
            if reason:
                for doubtful, _ in path:
                    doubtful.doubted = reason
                return reason
            entered = _next(path, seen, epoch)
        if (epoch, links) == (self._epoch, self._links):  # as above
            for one in seen.values():
                one.clean = epoch
        return None


def _next(
    path: list[tuple["Context", list["Context"]]], seen: dict[int, "Context"], epoch: int
) -> "Context | None":
    """Return the next context to enter, going back on the path as far as need be."""
    while path:
        waiting = path[-1][1]
        while waiting:
            one = waiting.pop()
            if one.clean != epoch and id(one) not in seen:
                return one
        path.pop()
    return None
