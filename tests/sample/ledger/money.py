"""Amounts in cents."""

import re

SEPARATOR = "."
PATTERN = re.compile(r"^-?\d+(?:\.\d{1,2})?$")


def parse(text: str) -> int:
    """Read ``12.5`` as 1250 cents."""
    if not PATTERN.match(text):
        raise ValueError(f"not an amount: {text!r}")
    whole, _, cents = text.lstrip("-").partition(SEPARATOR)
    value = int(whole) * 100 + int(cents.ljust(2, "0") or 0)
    return -value if text.startswith("-") else value


def show(cents: int) -> str:
    """Write 1250 cents as ``12.50``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}{SEPARATOR}{abs(cents) % 100:02}"


def split(cents: int, parts: int) -> list[int]:
    """Divide fairly: the parts differ by at most a cent and add up."""
    if parts < 1:
        raise ValueError("nobody to divide among")
    each, rest = divmod(cents, parts)
    return [each + 1] * rest + [each] * (parts - rest)
