"""Everything a text may import, open or start, read off without parsing it.

For a question asked before anything was recorded. Whatever a parser would find is found, and
more: words in comments and docstrings count, so that nothing depends on what can be parsed.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_GAP = r"(?:[ \t\f]|\\\r?\n)"
_REST = r"[^\n;#\\]*(?:\\\r?\n[^\n;#\\]*)*"
# each begins with plain letters, by which the search is fast
_IMPORT = re.compile(r"import\b")
_BEFORE = re.compile(rf"\bfrom{_GAP}*((?:[.\w]|{_GAP})*?){_GAP}*\Z")
_TAKEN = re.compile(rf"{_GAP}*(\([^)]*\)|{_REST})")
_FURTHEST = 1_000

_WORD = re.compile(r"\w+")
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_NAME = re.compile(r"[^\W\d]\w*|\*")
# what stands in quotes and reads like a module, with what entry points put after it
_STRING = re.compile(r"""['"](\.*[^\W\d]\w*(?:\.[^\W\d]\w*)*)(?::[\w.]*)?['"]""")
_PREFIX = re.compile(r"""f?['"](\.*(?:[^\W\d]\w*\.)*)['"{]""")
_FILE = re.compile(r"[\w.-]+\Z")

_IMPORTERS = _WORD.findall(
    "import_module __import__ importorskip find_spec resolve_name import_string import_object"
    " run_module load_module lazy_import LazyLoader"
)
_CALL = re.compile(rf"(?:{'|'.join(_IMPORTERS)})\s*\(\s*(?:name\s*=\s*)?")
_HANDED_ON = re.compile(rf"\b(?:{'|'.join(_IMPORTERS)})\b(?!\s*\()")
_CONSTANT = re.compile(r"""\)|[rbuRBU]?['"][^'"{}]*['"]\s*[,)]""")
_ANY_MODULE = frozenset(_WORD.findall(
    "spec_from_file_location spec_from_loader SourceFileLoader exec_module run_path walk_packages"
    " iter_modules zipimport iter_entry_points entry_points load_entry_point"
    " __path__ meta_path path_hooks stevedore TestLoader"
    " loadTestsFromName loadTestsFromNames"
))  # fmt: skip
_STARTS = frozenset(_WORD.findall(
    "subprocess Popen popen pexpect pytester testdir runpytest runpytest_subprocess"
    " runpytest_inprocess script_runner create_subprocess_exec create_subprocess_shell"
    " posix_spawn posix_spawnp spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp"
    " spawnvpe execl execle execlp execlpe execv execve execvp execvpe"
))  # fmt: skip
_SYSTEM = re.compile(r"os\s*\.\s*system\b|from\s+os\s+import\b")
_PYTHON = re.compile(r"""\bsys\s*\.\s*executable\b|from\s+sys\s+import\b|['"/]python""")
_READS_SOURCE = frozenset(_WORD.findall(
    "getsource getsourcelines getsourcefile getfile linecache tokenize compileall py_compile"
))  # fmt: skip
_OPENS = frozenset({"open", "read_text", "read_bytes", "open_text"})
_WALKS = frozenset(_WORD.findall(
    "glob rglob iglob walk iterdir listdir scandir rootpath rootdir startpath invocation_dir"
))  # fmt: skip


class Mentions(NamedTuple):
    """What one text mentions.

    Attributes:
        modules: (level, dotted name, names taken) of everything that looks like an import.
        strings: quoted dotted names, and words that may be top-level modules.
        words: every word: submodules may be reached as attributes.
        prefixes: beginnings of module names the rest of which is computed (``pkg.plugins.``).
        scripts: names of Python files.
        any_module: it may import modules whose names it does not hold.
        starts: it starts processes; ``runs_python``: perhaps Python.
        walks: it looks for or reads source files, perhaps, which it does not name.
        collects: it says by itself what is collected.
    """

    modules: frozenset[tuple[int, str, tuple[str, ...]]]
    strings: frozenset[str]
    words: frozenset[str]
    prefixes: frozenset[str]
    scripts: frozenset[str]
    any_module: bool
    starts: bool
    runs_python: bool
    walks: bool
    collects: bool


def mentions(content: bytes) -> Mentions:
    """Return what a Python text mentions."""
    text = _decoded(content)
    found = frozenset(_WORD.findall(text))
    prefixes, sure = frozenset[str](), True
    scripts = frozenset(_scripts(text))
    if not found.isdisjoint(_IMPORTERS):
        prefixes, sure = _prefixes(text)
    return Mentions(
        frozenset(modules_in(text)),
        frozenset(_STRING.findall(text)),
        found,
        prefixes,
        scripts - {"*"},
        not sure or not found.isdisjoint(_ANY_MODULE) or found >= {"pydoc", "locate"},
        not found.isdisjoint(_STARTS) or ("system" in found and _SYSTEM.search(text) is not None),
        _PYTHON.search(text) is not None,
        _may_read_sources(found) or "*" in scripts,
        "pytest_collect_file" in found or "pytest_pycollect_makemodule" in found,
    )


def _may_read_sources(found: frozenset[str]) -> bool:
    if not found.isdisjoint(_READS_SOURCE | _WALKS):
        return True
    return not found.isdisjoint({"exec", "compile"}) and not found.isdisjoint(_OPENS)


def words(content: bytes) -> frozenset[str]:
    """Return every dotted name in any text: a configuration file may name modules."""
    return frozenset(_DOTTED.findall(_decoded(content)))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def modules_in(text: str) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield (level, dotted name, names taken) of everything that looks like an import."""
    for match in _IMPORT.finditer(text):
        start = match.start()
        if start and (text[start - 1].isalnum() or text[start - 1] == "_"):
            continue
        taken = _TAKEN.match(text, match.end())
        names = taken[1] if taken else ""
        before = _BEFORE.search(text, text.rfind("\n", max(0, start - _FURTHEST), start) + 1, start)
        if before is None and "\\\n" in text[max(0, start - 200) : start].replace("\r", ""):
            before = _BEFORE.search(text, max(0, start - _FURTHEST), start)
        if before is None:
            yield from ((0, name, ()) for name in _plain(names))
            continue
        base = "".join(before[1].replace("\\", "").split())
        dotted = base.lstrip(".")
        yield len(base) - len(dotted), dotted, tuple(sorted(set(_NAME.findall(names))))


def _plain(names: str) -> Iterator[str]:
    """Yield the modules of ``import a.b as c, d``."""
    for part in names.replace("\\", "").split(","):
        match = _DOTTED.match("".join(part.split(" as ")[0].split()))
        if match:
            yield match[0]


def _scripts(text: str) -> Iterator[str]:
    at = text.find(".py")
    while at >= 0:
        name = _FILE.search(text, max(0, at - 100), at)
        follows = text[at + 3 : at + 4]
        if not (follows.isalnum() or follows == "_"):
            yield f"{name[0]}.py" if name else "*"
        at = text.find(".py", at + 3)


def _prefixes(text: str) -> tuple[frozenset[str], bool]:
    """Return how computed module names begin, and whether that is known of all of them."""
    found, sure = set[str](), True
    for match in _CALL.finditer(text):
        if _CONSTANT.match(text, match.end()):
            continue
        begin = _PREFIX.match(text, match.end())
        if begin and begin[1]:
            found.add(begin[1])
        else:
            sure = False
    return frozenset(found), sure and not any(map(_is_handed_on, _HANDED_ON.finditer(text)))


def _is_handed_on(match: re.Match[str]) -> bool:
    """Is an importer used otherwise than called or imported under its own name?"""
    text, start = match.string, match.start()
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return "import" not in line or re.match(r"\s+as\b", text[match.end() :][:20]) is not None
