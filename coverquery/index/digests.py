"""Names made of content: equal facts of different runs, workers and machines get equal names."""

import json
from collections.abc import Iterable

from coverquery.hashing import blake2b, sha1
from coverquery.model import Environment, Oid

SIZE = 16


def blob_oid(content: bytes) -> Oid:
    """Name a content as git does."""
    framed = b"blob %d\0%b" % (len(content), content)
    return Oid(sha1(framed, usedforsecurity=False).hexdigest())


class FactDigests:
    """Names the facts about one content: these lines of it were executed."""

    def __init__(self, path: str, oid: str) -> None:
        self._start = blake2b(_framed(b"fact", _text(path), oid.encode()), digest_size=SIZE)
        self._known: dict[bytes, bytes] = {}

    def of(self, numbits: bytes) -> bytes:
        """Return the name of one fact."""
        digest = self._known.get(numbits)
        if digest is None:
            state = self._start.copy()
            state.update(numbits)
            digest = self._known[numbits] = state.digest()
        return digest


def data_digest(view: str, path: str, digest: str | None) -> bytes:
    """Name one fact: this file or folder was seen like this."""
    return _digest(b"data", view.encode(), _text(path), b"" if digest is None else digest.encode())


def context_digest(kind: str, label: str, facts: Iterable[bytes], links: Iterable[bytes]) -> bytes:
    """Name a context by all that is known of it; the order of facts and links has no meaning."""
    return _digest(
        b"context", _text(kind), _text(label), b"".join(sorted(facts)), b"".join(sorted(links))
    )


def execution_seal(*fields: str | bytes | float | None) -> bytes:
    """Name a row of the execution table, so that damage to it can be found."""
    return _digest(b"execution", *map(_any, fields))


def fingerprint(environment: Environment) -> str:
    """Name what must be equal for an execution to hold elsewhere.

    Executable and prefix are left out: the same packages in another folder do the same.
    """
    parts = (
        environment.python,
        environment.platform,
        sorted(environment.distributions),
        list(environment.pytest_args),
        [environment.startup, environment.binary, environment.packages],
    )
    return blake2b(json.dumps(parts).encode(), digest_size=SIZE).hexdigest()


def _digest(*parts: bytes) -> bytes:
    return blake2b(_framed(*parts), digest_size=SIZE).digest()


def _framed(*parts: bytes) -> bytes:
    """Put each part after its length, so that no two lists of parts read the same."""
    return b"".join([piece for part in parts for piece in (len(part).to_bytes(4), part)])


def _any(value: str | bytes | float | None) -> bytes:
    return value if isinstance(value, bytes) else _text(repr(value))


def _text(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
