"""What records in every process: in pytest's own, and in those that tests start."""

from . import environment
from .absent import Absent
from .askers import Askers
from .contexts import Contexts
from .data import Data
from .engine import Wanted, started
from .files import Files
from .imports import Imports
from .journal import Journal
from .looking import Looking
from .names import Names
from .packages import METADATA, Packages
from .places import Places
from .processes import Children
from .request import Request
from .starting import Starting
from .tampering import Tampering


class Core:
    """Lines, imports and files of one process, by context."""

    def __init__(
        self, folder: str, worker: str, request: Request, *, is_child: bool = False
    ) -> None:
        self.folder = folder
        self.worker = worker
        self.request = request
        self.journal = Journal(f"{folder}/journal-{worker}.jsonl")
        self.places = Places(request.root, (*request.exclude, folder), self.journal)
        engine = "none" if request.collect_only else request.engine
        wanted = Wanted(engine, request.coverage_path, request.fast)
        self.engine, warning = started(wanted, self.places)
        described = environment.brief(worker)
        if not is_child:
            described |= environment.packages(self.engine.name, self.places.root)
            described["fast"] = getattr(self.engine, "fast", False)
        library = getattr(self.engine, "library", None)
        self.journal.appends(library)
        self.journal.add("v", 1, described)
        if warning:
            self.journal.add("w", warning)
        self.contexts = Contexts(self.engine, self.journal)
        self.data = Data(self.places, self.contexts, self.journal)
        self.data.reads(library)
        self.files = Files(self.places, self.contexts, self.data)
        self.files.library = library
        self.looking = Looking(self.files, *{self.places.root, str(request.root)})
        self.imports = Imports(self.places, self.contexts, self.data, self.journal)
        self.packages = Packages(self.places, self.contexts, self.data)
        self.tampering = Tampering(self.engine.name, Askers(self.places.fid), self.contexts)
        self.absent = Absent(Names(self.places), self.data, self.packages.missing)
        self.children = Children(self.places, self.contexts, self.data, self.journal)
        self.starting = Starting(self.children, folder)
        self.imports.after = self.starting.after  # the very same mapping: it may grow
        self.starting.after[METADATA] = self.packages.of_metadata
        self.files.in_sight = self.starting.in_sight

    def start(self) -> None:
        """Begin to record, apart from lines: those are recorded already."""
        self.tampering.start()
        self.packages.start()
        self.imports.foreign = self.packages.loaded
        self.imports.start()
        self.absent.start()
        self.files.start()
        self.looking.start()
        self.starting.start()

    def stop(self) -> None:
        """Stop recording; what is known by now waits in the journal for its last commit."""
        self.tampering.stop()
        self.packages.stop()
        self.contexts.flush()
        self.contexts.write()
        self.imports.stop()
        self.absent.stop()
        self.starting.stop()
        self.looking.stop()
        self.files.stop()
        self.engine.stop()
