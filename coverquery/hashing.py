"""SHA-1 and BLAKE2 without OpenSSL: loading that takes 2 ms of a question's 90."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import blake2b, sha1
else:
    try:
        from _blake2 import blake2b
        from _sha1 import sha1
    except ImportError:  # an interpreter that was built without them
        from hashlib import blake2b, sha1

__all__ = ["blake2b", "sha1"]
