"""Tax rates from a data file, read once."""

import functools
import json
from pathlib import Path

DEFAULT = "standard"
FILE = Path(__file__).parents[1] / "data" / "rates.json"


@functools.cache
def rates() -> dict[str, int]:
    """Percent by kind."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def tax(cents: int, kind: str = DEFAULT) -> int:
    """Tax on an amount, rounded half up."""
    return (cents * rates()[kind] + 50) // 100
