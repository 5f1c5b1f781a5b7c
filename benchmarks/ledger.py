"""Results that took long, kept line by line, so that an interrupted benchmark goes on."""

import hashlib
import json
from typing import Any

from benchmarks.fetch import Checkout
from benchmarks.projects import CACHE, ROOT


def tool_digest() -> str:
    """Return a digest of our own code: costs measured with other code are not ours."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "coverquery").rglob("*")):
        if path.suffix in {".py", ".sql"}:
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


class Ledger:
    """A JSON-lines file of ``[key, value]``; a later line for the same key wins."""

    def __init__(self, name: str, checkout: Checkout, *, fresh: bool = False) -> None:
        folder = CACHE / "results"
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{name}-{checkout.path.name}.jsonl"
        if fresh:
            self.path.unlink(missing_ok=True)
        self.kept: dict[str, Any] = {}
        if self.path.exists():
            text = self.path.read_text(encoding="utf-8")
            for line in text[: text.rfind("\n") + 1].splitlines():
                key, value = json.loads(line)
                self.kept[key] = value

    def get(self, key: str) -> Any | None:
        """Return what is kept under the key."""
        return self.kept.get(key)

    def put(self, key: str, value: object) -> None:
        """Keep a value from now on."""
        self.kept[key] = value
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps([key, value]) + "\n")
