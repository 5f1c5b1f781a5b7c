"""How these tests write a comparison down."""

import hashlib
from collections.abc import Callable
from textwrap import dedent

import pytest

from coverquery.model import Impact, Oid, RepoPath
from coverquery.source.impact import Version, impact

Compare = Callable[[str | bytes, str | bytes | None], Impact]
Said = Callable[[Impact], tuple[str, ...]]


def version(text: str | bytes) -> Version:
    content = text if isinstance(text, bytes) else dedent(text).encode()
    blob = b"blob %d\0%s" % (len(content), content)
    return Version(Oid(hashlib.sha1(blob).hexdigest()), content)


@pytest.fixture
def compare() -> Compare:
    """Return what the difference between two texts means."""

    def compared(old: str | bytes, new: str | bytes | None) -> Impact:
        return impact(RepoPath("m.py"), version(old), None if new is None else version(new))

    return compared


@pytest.fixture
def said() -> Said:
    """Return an impact as one string a touch: ``why symbol lines [whole] [escapes]``."""

    def words(found: Impact) -> tuple[str, ...]:
        return tuple(sorted(
            " ".join([
                t.why, t.symbol or "-", str(t.old_lines) or "-",
                *(["whole"] if t.whole else []), *(["escapes"] if t.escapes else []),
            ])
            for t in found.touches
        ))  # fmt: skip

    return words
