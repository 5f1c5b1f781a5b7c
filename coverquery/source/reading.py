"""What is worked out once for each recorded content, from one parse."""

from coverquery.source.names import ImportNames, imports_of
from coverquery.source.slices import outline_of
from coverquery.source.syntax import UnreadableError, parse


def read(content: bytes) -> tuple[ImportNames, tuple[int, ...]] | None:
    """Return the names and the outline of a file; None when it cannot be parsed."""
    try:
        syntax = parse(content)
    except UnreadableError:
        return None
    return imports_of(syntax, content), outline_of(syntax)
