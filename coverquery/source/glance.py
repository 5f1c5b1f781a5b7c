"""What a text may import, read off without parsing: all that a parser would find, and more.

Parsing is most of the cost of integrating a first run (60 of 90 ms on a suite of 0.6 s), and nearly
always what it would tell exactly makes no difference. `graph.static_edges` asks a parser
only where it does. Nothing here may be missing that runs: what cannot be read off is ``unclear``.
"""

import re
import unicodedata
from typing import NamedTuple

from coverquery.source.names import IMPORTERS
from coverquery.source.static_scan import modules_in
from coverquery.source.typing_only import FLAG

_WORD = r"[^\W\d]\w*"
_ESCAPED = re.compile(r"\\[nrtf]")
_CODING = re.compile(
    rb"\A[^\n]*\n?[^\n]*coding[:=][ \t]*(?!utf-?8|latin|ascii|iso-8859)", re.ASCII | re.IGNORECASE
)
_TAKEN = re.compile(rf"\.[\s\\]*(?:#[^\n]*\n[\s\\]*)*({_WORD})")
# names in quotes, with what entry points put after them
_DOTTED = re.compile(rf"""['"](\.*{_WORD}(?:\.{_WORD})*(?::{_WORD}(?:\.{_WORD})*)?)['"]""")
_TYPING_ONLY = re.compile(
    r"^([ \t]*)if[ \t]+(?:\w+\.)?TYPE_CHECKING[ \t]*:[^\n]*\n"
    r"(?:(?:\1[ \t]+[^\n]*|[ \t]*(?:#[^\n]*)?)\n)*",
    re.MULTILINE,
)
# a literal is put together with the next one: the name or the import may be in neither
_NEXT = r"""(?:"(?!"")|'(?!'')|"{3}|'{3})(?:\s|\\\n|\#[^\n]*\n)*[rRuUbBfF]{0,2}['"]"""
_JOINED = tuple(  # each by itself: what begins with plain letters is found ten times as fast
    re.compile(pattern)
    for pattern in (
        rf"""import[ \t\w.,]*{_NEXT}""",
        rf"""from[ \t\w.,]*{_NEXT}""",
        rf"""['"][\w.:]+(?:\.{_NEXT}\w|{_NEXT}\.)""",
    )
)


Import = tuple[int, str, tuple[str, ...]]


class Glance(NamedTuple):
    """What one text may mention.

    Attributes:
        modules: (level, dotted name, names taken from it) of everything that looks like an import.
        strings: names in quotes that may be modules.
        taken: words after a dot: submodules may be reached as attributes.
        perhaps: as ``modules``, of imports that may be there for type checkers only.
        unclear: only a parser can tell.
    """

    modules: frozenset[Import]
    strings: frozenset[str]
    taken: frozenset[str]
    perhaps: frozenset[Import]
    unclear: bool

    def to_text(self) -> str:
        """Return it as a text, a part a line."""
        parts = (map(_text, self.modules), self.strings, self.taken, map(_text, self.perhaps))
        lines = (" ".join(sorted(part)) for part in parts)
        return "\n".join((*lines, "?" if self.unclear else ""))

    @classmethod
    def from_text(cls, text: str) -> "Glance":
        """Read what ``to_text`` wrote."""
        modules, strings, taken, perhaps, unclear = text.split("\n")
        return cls(
            frozenset(map(_import, modules.split())),
            frozenset(strings.split()),
            frozenset(taken.split()),
            frozenset(map(_import, perhaps.split())),
            bool(unclear),
        )


def glance(content: bytes) -> Glance:
    """Look over a Python text."""
    text, sure = _decoded(content)
    text = _ESCAPED.sub("\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    modules = frozenset(map(_normal, modules_in(text)))
    at_once = modules
    if FLAG in text:
        at_once = frozenset(map(_normal, modules_in(_TYPING_ONLY.sub("", text))))
    quoted = frozenset(_DOTTED.findall(text))
    if not any(importer in text for importer in IMPORTERS):  # else a word is enough
        quoted = frozenset(one for one in quoted if "." in one or ":" in one)
    taken = frozenset(map(_name, _TAKEN.findall(text)))
    return Glance(
        at_once,
        frozenset(one.lstrip(".").replace(":", ".") for one in quoted),
        taken,
        modules - at_once,
        not sure or any(joined.search(text) for joined in _JOINED),
    )


def _decoded(content: bytes) -> tuple[str, bool]:
    """Return the text, and whether its ASCII is what the compiler sees."""
    sure = _CODING.match(content) is None
    try:
        return content.decode("utf-8"), sure
    except UnicodeDecodeError:
        return content.decode("latin-1"), sure


def _normal(one: Import) -> Import:
    level, dotted, names = one
    return level, _name(dotted), tuple(map(_name, names))


def _name(written: str) -> str:
    """Return an identifier as the compiler reads it."""
    return written if written.isascii() else unicodedata.normalize("NFKC", written)


def _text(one: Import) -> str:
    level, dotted, names = one
    return f"{level}:{dotted}:{','.join(names)}"


def _import(text: str) -> Import:
    level, dotted, names = text.split(":")
    return int(level), dotted, tuple(names.split(",")) if names else ()
