"""One test from set-up to teardown: its context, its phases, its line in the journal."""

import threading
from types import CodeType
from typing import Any

from .collection import Collection
from .contexts import Context, Contexts
from .doctests import Doctests
from .health import UNSEEN, bodies
from .journal import Journal
from .marks import Marks
from .namesakes import Namesakes, Verdict
from .nodes import Nodes
from .outcomes import FLAKY, Outcome
from .packages import Packages
from .places import Places
from .processes import Children
from .threads import Threads


class Running:
    """The test that is running."""

    def __init__(
        self, places: Places, contexts: Contexts, collection: Collection, journal: Journal
    ) -> None:
        self._places = places
        self._contexts = contexts
        self._collection = collection
        self._journal = journal
        self._nodes = Nodes(contexts)
        self._test: Context | None = None
        self._outcome = Outcome()
        self._bodies: tuple[CodeType, ...] = ()
        self._namesakes: Namesakes | None = None
        self.doctests: Doctests | None = None
        self.marks: Marks | None = None
        self.packages: Packages | None = None
        self.outlasting: tuple[Children | Threads, ...] = ()
        self.warn_of_threads = False
        self._threads_before = 1
        self.phases = False

    def begin(self, item: Any) -> tuple[Context, list[Context]]:
        """From here on, pytest works for this test; return what `end` wants to be told."""
        test = self._context(item)
        test.phase = "setup" if self.phases else "run"
        self._outcome = Outcome()
        self._bodies = ()
        if self.warn_of_threads:
            self._threads_before = threading.active_count()
        nodes = self._nodes.above(item)
        self._contexts.enter(test)
        self._test = test
        return test, nodes

    def _context(self, item: Any) -> Context:
        if self._namesakes is None:
            self._namesakes = Namesakes(item.session)
        known = self._namesakes.context(item.nodeid)
        path = self._collection.path(item)
        return known or self._contexts.context("test", item.nodeid, path)

    def end(self, item: Any, test: Context, nodes: list[Context]) -> None:
        """It is over, or was cut off."""
        self._test = None
        if self.doctests is not None:
            self.doctests.stop()
        self._contexts.leave(test)
        self._finish(item, test, nodes)

    def phase(self, name: str, item: Any) -> None:
        """A phase begins."""
        test = self._test
        if test is None or test.label != item.nodeid:
            return
        if name == "run":
            self._bodies = bodies(item)
        if self.doctests is not None:
            self.doctests.phase(name, item)
        if self.phases and test.phase != name and self._contexts.current is test:
            self._contexts.phase(name)

    def reported(self, report: Any) -> None:
        """Take a report, if it is of the test that runs here."""
        if self._test is not None and report.nodeid == self._test.label:
            self._outcome.add(report)

    def _finish(self, item: Any, test: Context, nodes: list[Context]) -> None:
        outcome = self._outcome
        if not outcome.complete():
            self._contexts.forget(test)
            self._contexts.write()
            self._journal.commit()
            return
        collect = self._collection.of_item(item)
        for used in (self._contexts.session, collect, *nodes):
            if used is not None:
                self._contexts.link(test, used)
        if self.packages is not None:
            self.packages.update()
        for outlasting in self.outlasting:
            outlasting.settle(test)
        misread = self.marks.note(item, test) if self.marks is not None else None
        contexts = self._contexts
        untrusted = misread or contexts.doubt(test) or contexts.everybody or self._doubt(test)
        self._contexts.write()
        verdict: Verdict | None = Verdict(outcome.verdict(), outcome.seconds, untrusted)
        if self._namesakes is not None and verdict is not None:
            verdict = self._namesakes.ended(item.nodeid, test, verdict)
        if verdict is not None:
            self._journal.add("t", test.cid, item.nodeid, test.path, verdict.outcome,
                              round(verdict.seconds, 6), verdict.untrusted)  # fmt: skip
        self._threads(item)
        self._journal.commit()

    def _doubt(self, test: Context) -> str | None:
        if self._outcome.flaky():
            return FLAKY
        ours = [(fid, code) for code in self._bodies if (fid := self._places.fid(code.co_filename))]
        blind = self._outcome.called() and ours
        return UNSEEN if blind and not any(self._contexts.saw(test, *one) for one in ours) else None

    def _threads(self, item: Any) -> None:
        if self.warn_of_threads and threading.active_count() > self._threads_before:
            self.warn_of_threads = False
            self._journal.add(
                "w",
                f"{item.nodeid} leaves threads running: their lines may be missed on this Python",
            )
