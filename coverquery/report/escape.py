"""Hostile names made harmless: what a terminal, a reader or a model must never obey.

File names, test ids and messages come from the repository. Whatever does not print as itself
is shown as an escape, and nothing is longer than a line or two.
"""

import re
from typing import Final

LONGEST_NAME: Final = 300
LONGEST_SENTENCE: Final = 400

# Cc controls, Cf formats (bidi overrides, zero width, tags), Cs surrogates, Co private use,
# Cn unassigned, Zl/Zp separators of lines and paragraphs
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FULL_ID: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    """Return text on one line, everything that does not print as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    import unicodedata  # start-up time: names are ASCII nearly always

    if unicodedata.category(char) not in _UNPRINTABLE:
        return char
    code = ord(char)
    if char in _NAMED:
        return _NAMED[char]
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8 (surrogateescape)
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def short(revision: str) -> str:
    """Return a full commit id abbreviated, anything else as it is."""
    return revision[:7] if _FULL_ID.fullmatch(revision) else revision


def capped(text: str, longest: int = LONGEST_NAME) -> str:
    """Return text, or its beginning and how much is left out."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}...[{len(text) - longest} more]"
