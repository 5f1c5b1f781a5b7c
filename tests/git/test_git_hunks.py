import difflib
import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from coverquery.git.hunks import file_hunks
from coverquery.lines import Hunk, LineSet, carry

# Few distinct lines, so that many repeat; every kind of line end; characters that end a line
# elsewhere (form feed, U+2028, NEL, vertical tab) and not here.
LINE = st.sampled_from(
    [b"a\n", b"b\n", b"\n", b"+\n", b"++ b/x\n", b"\x0c\n", "\u2028x\n".encode(), b"\x85y\n",
     b"cr\r", b"crlf\r\n", b"\x0bz\n", b"\xff\n"]
)  # fmt: skip
CONTENT = st.builds(
    lambda lines, end: b"".join(lines) + end,
    st.lists(LINE, max_size=40),
    st.sampled_from([b"", b"no newline"]),
)


def lines_of(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)  # of bytes: \n, \r\n and \r only


def check(old: bytes, new: bytes) -> tuple[Hunk, ...]:
    """Assert that the hunks are a true difference; return them."""
    hunks = file_hunks(old, new)
    old_lines, new_lines = lines_of(old), lines_of(new)
    everything = LineSet.span(1, len(old_lines))
    carried, lost = carry(everything, hunks)
    replaced = LineSet()
    brought = LineSet()
    for hunk in hunks:
        assert not replaced & hunk.old_lines
        assert not brought & hunk.new_lines
        replaced |= hunk.old_lines
        brought |= hunk.new_lines
    # Old and new sides partition both files.
    assert lost == replaced
    assert not carried & brought
    assert carried | brought == LineSet.span(1, len(new_lines))
    # Surviving lines keep their text, in order.
    kept_old = [old_lines[line - 1] for line in everything - replaced]
    kept_new = [new_lines[line - 1] for line in carried]
    assert kept_old == kept_new
    for line in everything - replaced:
        (to,) = carry(LineSet.of([line]), hunks)[0]
        assert new_lines[to - 1] == old_lines[line - 1]
    assert list(hunks) == sorted(hunks, key=lambda hunk: (hunk.old_start, hunk.new_start))
    return hunks


@settings(deadline=None)
@given(CONTENT, CONTENT)
def test_surviving_lines_keep_their_text(old: bytes, new: bytes) -> None:
    check(old, new)


@settings(deadline=None)
@given(CONTENT)
def test_equal_contents_have_no_hunks(content: bytes) -> None:
    assert file_hunks(content, content) == ()


@settings(deadline=None)
@given(st.lists(LINE, min_size=1, max_size=30), st.data())
def test_one_inserted_line_is_one_hunk(drawn: list[bytes], data: st.DataObject) -> None:
    lines = lines_of(b"".join(drawn))
    at = data.draw(st.integers(0, len(lines)))
    new = [*lines[:at], b"inserted\n", *lines[at:]]
    assert file_hunks(b"".join(lines), b"".join(new)) == (Hunk(at, 0, at + 1, 1),)


def test_starts_and_counts_are_git_s() -> None:
    assert file_hunks(b"", b"a\nb\n") == (Hunk(0, 0, 1, 2),)
    assert file_hunks(b"a\nb\n", b"") == (Hunk(1, 2, 0, 0),)
    assert file_hunks(b"a\nb\nc\n", b"a\nc\n") == (Hunk(2, 1, 1, 0),)
    assert file_hunks(b"a\nb\n", b"a\nX\n") == (Hunk(2, 1, 2, 1),)
    assert file_hunks(b"a", b"a\n") == (Hunk(1, 1, 1, 1),)
    assert file_hunks(b"a\r\nb\r\n", b"a\nb\n") == (Hunk(1, 2, 1, 2),)


def test_lines_are_the_tokenizer_s() -> None:
    old = b"x = 1\ry = 2\rz = 3\r"
    assert file_hunks(old, old.replace(b"2", b"5")) == (Hunk(2, 1, 2, 1),)
    assert file_hunks(b"'\x0c\xe2\x80\xa8'\nb\n", b"'\x0c\xe2\x80\xa8'\nc\n") == (Hunk(2, 1, 2, 1),)


def test_a_huge_file_is_divided_at_lines_that_stand_once() -> None:
    generator = random.Random(1)
    old = [b"line %d\n" % n if n % 3 else b"    pass\n" for n in range(60_000)]
    new = list(old)
    edited = sorted(generator.sample(range(len(new)), 300))
    for at in edited:
        new[at] = b"edited %d\n" % at
    hunks = file_hunks(b"".join(old), b"".join(new))
    changed = LineSet.of(at + 1 for at in edited)
    replaced = LineSet()
    for hunk in hunks:
        replaced |= hunk.old_lines
        assert b"".join(old[hunk.old_start - 1 :][: hunk.old_count]) != b"".join(
            new[hunk.new_start - 1 :][: hunk.new_count]
        )
    assert replaced == changed


def test_huge_files_with_nothing_unique_are_one_hunk() -> None:
    old = b"a\nb\n" * 20_000
    new = b"b\nb\na\n" * 20_000
    # Equal at the end (``b a`` in one, ``a`` in the other) is what trimming finds, no more.
    assert file_hunks(old + b"end\n", new + b"end\n") == (Hunk(1, 40_000, 1, 60_000),)


def test_moved_blocks_in_a_huge_file_still_are_a_difference() -> None:
    lines = [b"unique %d\n" % n for n in range(1500)]
    check(b"".join(lines), b"".join(lines[700:] + lines[:700]))
    check(b"".join(lines), b"".join(reversed(lines)))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_large_shuffled_files_still_are_a_difference(seed: int) -> None:
    generator = random.Random(seed)
    old = [b"%d\n" % generator.randrange(900) for _ in range(600)]
    new = [line for line in old if generator.random() > 0.2]
    for _ in range(50):
        new.insert(generator.randrange(len(new) + 1), b"new\n")
    check(b"".join(old), b"".join(new))


@settings(deadline=None)
@given(CONTENT, CONTENT)
def test_the_new_side_rebuilds_the_new_content(old: bytes, new: bytes) -> None:
    old_lines, new_lines = lines_of(old), lines_of(new)
    built: list[bytes] = []
    at = 0
    for hunk in file_hunks(old, new):
        start = hunk.old_start - 1 if hunk.old_count else hunk.old_start
        built += old_lines[at:start]
        built += [new_lines[line - 1] for line in hunk.new_lines]
        at = start + hunk.old_count
    assert b"".join(built + old_lines[at:]) == new


def test_difflib_would_have_found_the_same_where_lines_are_unique() -> None:
    old = "".join(f"{n}\n" for n in range(50))
    new = re.sub(r"^(7|20|21)\n", "", old, flags=re.MULTILINE)
    headers = [
        line
        for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
        if line.startswith("@@")
    ]
    assert headers == ["@@ -8 +7,0 @@", "@@ -21,2 +19,0 @@"]
    assert file_hunks(old.encode(), new.encode()) == (Hunk(8, 1, 7, 0), Hunk(21, 2, 19, 0))
