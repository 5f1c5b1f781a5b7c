"""What the reader's terminal shows, and who the reader is."""

from collections.abc import Mapping
from typing import Final, TextIO

AGENTS: Final = (
    "AGENT", "AI_AGENT", "CLAUDECODE", "CURSOR_AGENT", "GEMINI_CLI", "CODEX_SANDBOX",
)  # fmt: skip
"""Set by coding agents; they only drop colour and progress, never change the format."""


def is_agent(environ: Mapping[str, str]) -> bool:
    """Return whether a coding agent started us."""
    return any(environ.get(name) for name in AGENTS)


def wants_color(choice: str, environ: Mapping[str, str], stream: TextIO) -> bool:
    """Decide on colour: the option, then NO_COLOR, FORCE_COLOR, agents, the terminal."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return not is_agent(environ) and stream.isatty() and environ.get("TERM") != "dumb"
