"""The names of objects in the bucket, and what they say.

Below the prefix, `sha256/ab/cdef…` is a blob, `aside/…` one that a sweep took out, `uploads/…` what is not one yet,
`owner/…` whose all this is.
"""

import re
from typing import Final

from modelbox_gateway.errors import BlobDamagedError

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Keys:
    """The keys below a prefix."""

    def __init__(self, prefix: str) -> None:
        """Begin every key with `prefix`."""
        self.blobs: Final = f"{prefix}sha256/"
        self.set_aside: Final = f"{prefix}aside/"
        self.uploads: Final = f"{prefix}uploads/"
        self.owners: Final = f"{prefix}owner/"
        self.probe: Final = f"{prefix}probe"

    def place(self, sha256: str) -> str:
        """Return where a blob belongs."""
        return f"{self.blobs}{_checked(sha256)[:2]}/{sha256[2:]}"

    def owner(self, number: int) -> str:
        """Return where the mark of an owner is."""
        return f"{self.owners}{number:010}"

    def aside(self, sha256: str) -> str:
        """Return where a sweep puts a blob."""
        return f"{self.set_aside}{_checked(sha256)}"

    def upload(self, name: str) -> str:
        """Return where an upload's bytes are until they are a blob."""
        return f"{self.uploads}{name}"

    def sha256_of(self, key: str) -> str:
        """Return the SHA-256 that a blob's key says, or nothing for a key that somebody else put there."""
        name = key.removeprefix(self.blobs).removeprefix(self.set_aside).replace("/", "")
        return name if _SHA256.fullmatch(name) else ""


def _checked(sha256: str) -> str:
    # Names of objects come from here alone, and only from digests.
    if _SHA256.fullmatch(sha256) is None:
        raise BlobDamagedError(sha256[:80], "its name is not a SHA-256")
    return sha256
