"""Cases as text: small projects, edits of them, and which tests each edit concerns.

A file of cases is read line by line; ``;`` begins a comment between the parts. Its parts are::

    === project NAME [alone]          alone: its own repository; else the folder PKG of a shared one
    --- path                          a file, up to the next part; PKG stands for the folder
    === edit NAME
    why: what a naive tool would do wrong
    must: test other.py::test         their outcome changes: selected, or it is a miss
    also: test                        must be selected though this very edit leaves their outcome
    not: rest                         must not be selected; ``rest`` is every test not named
    blunt: reason                     what ``not`` forbids is still selected
    wide: reason                      tests of other projects are selected too
    miss: reason                      what ``must`` demands is not selected yet
    breaks: module                    it cannot be imported: a canary in the answer is enough
    untrue: reason                    a plain run is not asked whether the outcomes change
    --- path                          blocks of `` ``, ``-``, ``+`` lines: each an excerpt, replaced
    +++ path                          the whole new content
    xxx path                          deleted
    >>> path path                     renamed

A test is named by its function, or ``file::function``; parameters belong to it unless given.
A file of tests by its path, a class of them by ``file::Class``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "cases"
_LISTS = ("must", "also", "not")
_TEXTS = ("why", "blunt", "wide", "miss", "breaks", "untrue")


@dataclass
class Hunk:
    """An excerpt of a file and what stands there afterwards."""

    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


@dataclass
class Edit:
    """One edit of a project, and what it must and must not select."""

    name: str
    hunks: dict[str, list[Hunk]] = field(default_factory=dict)
    written: dict[str, list[str]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    lists: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


@dataclass
class Project:
    """Files, by path from the project's folder, and edits of them."""

    name: str
    alone: bool
    files: dict[str, list[str]] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """The package of the shared repository, or nothing for a project that stands alone."""
        return "" if self.alone else "p_" + self.name.replace(" ", "_").replace("-", "_")

    @property
    def prefix(self) -> str:
        """What every path of the project begins with."""
        return f"{self.folder}/" if self.folder else ""

    def content(self, lines: list[str]) -> str:
        """Return the text of a file, the package's name filled in."""
        return "".join(f"{line}\n" for line in lines).replace("PKG", self.folder)

    def path(self, path: str) -> str:
        """Return where a file of this project stands in its repository."""
        return self.prefix + path

    def all_files(self) -> dict[str, str]:
        """Return path → text; folders of a shared project that hold Python are packages."""
        found = {self.path(path): self.content(lines) for path, lines in self.files.items()}
        if not self.alone:
            for path in [path for path in found if path.endswith(".py")]:
                found.setdefault(f"{path.rpartition('/')[0]}/__init__.py", "")
        return found


def projects() -> list[Project]:
    """Read every file of cases."""
    found = [one for path in sorted(FOLDER.glob("*.cases")) for one in _read(path)]
    names = [one.name for one in found]
    assert len(set(names)) == len(names), sorted(n for n in names if names.count(n) > 1)
    return found


def _read(path: Path) -> Iterator[Project]:
    project: Project | None = None
    for title, lines in _parts(path.read_text(encoding="utf-8").splitlines()):
        kind, _, name = title.removeprefix("=== ").partition(" ")
        if kind == "project":
            if project:
                yield project
            project = Project(name.removesuffix(" alone"), name.endswith(" alone"))
            _files(project, lines)
        else:
            assert kind == "edit", title
            assert project, title
            project.edits.append(_edit(name, lines))
    if project:
        yield project


def _parts(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    title, inside = "", list[str]()
    for line in [*lines, "=== "]:
        if line.startswith("=== "):
            if title:
                yield title, inside
            title, inside = line, []
        else:
            inside.append(line)


def _files(project: Project, lines: list[str]) -> None:
    current: list[str] = []
    for line in lines:
        if line.startswith("--- "):
            current = project.files.setdefault(line[4:], [])
        elif not line.startswith("; "):
            current.append(line)
    for content in project.files.values():
        _strip(content)


def _edit(name: str, lines: list[str]) -> Edit:
    edit = Edit(name)
    hunks: list[Hunk] | None = None
    written: list[str] | None = None
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "---" and rest:
            hunks, written = edit.hunks.setdefault(rest, [Hunk()]), None
        elif word == "+++" and rest:
            hunks, written = None, edit.written.setdefault(rest, [])
        elif word == "xxx":
            edit.deleted.append(rest)
        elif word == ">>>" and hunks is None and written is None:
            old, new = rest.split()
            edit.renamed.append((old, new))
        elif written is not None:
            written.append(line)
        elif hunks is not None:
            _hunk(hunks, line)
        elif line and not line.startswith("; "):
            _header(edit, word.removesuffix(":"), rest)
    for content in edit.written.values():
        _strip(content)
    return edit


def _hunk(hunks: list[Hunk], line: str) -> None:
    if not line:
        hunks.append(Hunk())
        return
    assert line[0] in " +-", line
    if line[0] in " -":
        hunks[-1].old.append(line[1:])
    if line[0] in " +":
        hunks[-1].new.append(line[1:])


def _header(edit: Edit, key: str, rest: str) -> None:
    if key in _LISTS:
        edit.lists.setdefault(key, []).extend(rest.split())
    else:
        assert key in _TEXTS, f"{edit.name}: {key}"
        edit.texts[key] = rest


def _strip(lines: list[str]) -> None:
    while lines and not lines[-1]:
        lines.pop()
