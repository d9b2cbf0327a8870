"""Bytes on their way into a bucket: a small blob in one call, a large one in parts that are put together at the end."""

import uuid
from typing import Final

from modelbox_gateway.blobs.s3.bucket import Bucket
from modelbox_gateway.blobs.s3.keys import Keys
from modelbox_gateway.errors import BlobStoreUnavailableError

PART_BYTES: Final = 8 * 1024 * 1024
"""Bytes of a part, at least; so many are held in memory."""

PARTS_OF_ONE_SIZE: Final = 1000
"""After so many parts the next ones are twice as large: S3 takes 10,000, and a file may have a TiB."""


class S3Writer:
    """Takes one blob's bytes."""

    def __init__(self, bucket: Bucket, keys: Keys) -> None:
        """Send nothing yet."""
        self._bucket = bucket
        self._keys = keys
        self._key = keys.upload(f"{uuid.uuid4()}")
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._size = 0
        self._parts = 0
        self._token = ""
        self._is_complete = False

    def write(self, data: bytes) -> None:
        """Take more bytes."""
        self._gathered.append(data)
        self._gathered_bytes += len(data)
        self._size += len(data)
        if self._gathered_bytes > PART_BYTES << (self._parts // PARTS_OF_ONE_SIZE):
            self._send_part()

    def keep(self, sha256: str) -> None:
        """Give the bytes their place, in the stead of what is there."""
        place = self._keys.place(sha256)
        if not self._token:
            # The caller knows the SHA-256 of what is still here, so it needs no place of its own before.
            self._bucket.put(place, b"".join(self._gathered))
            return
        self._send_part()
        self._bucket.complete(self._key, self._token, self._parts)
        self._is_complete = True
        found = self._bucket.stat(self._key)
        if found is None or found.size != self._size:
            raise BlobStoreUnavailableError(f"S3 put the parts of {self._size} bytes together to {found}")
        self._bucket.copy(self._key, place)

    def discard(self) -> None:
        """Remove what is not at its place."""
        self._gathered.clear()
        if self._is_complete:
            self._bucket.remove(self._key)
        elif self._token:
            self._bucket.abort(self._key, self._token)
        self._token = ""

    def _send_part(self) -> None:
        if not self._token:
            self._token = self._bucket.begin(self._key)
        data, self._gathered, self._gathered_bytes = b"".join(self._gathered), [], 0
        self._parts += 1
        self._bucket.put_part(self._key, self._token, self._parts, data)
