"""Transfers straight between a client and the bucket, by links that only this server can sign.

An upload's name is its object's key, so asking again with the same file finds what was begun. Its object is nobody's
until `keep` copies it to its place, after its bytes were read back and found right.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from modelbox_gateway.blobs.attachment import attachment_header
from modelbox_gateway.blobs.contract import SignedPart, SignedUpload
from modelbox_gateway.blobs.s3.bucket import Bucket
from modelbox_gateway.blobs.s3.keys import Keys
from modelbox_gateway.blobs.s3.reader import S3Reader, open_object
from modelbox_gateway.errors import UploadIncompleteError, UploadNotFoundError

MIB: Final = 1024 * 1024
PART_BYTES: Final = 8 * MIB
"""Bytes of a part, at least."""

PARTS_MAX: Final = 1000
"""Parts of one upload; their links fit one message."""

LIFETIME: Final = timedelta(hours=1)
"""How long a link works. A transfer that has begun goes on; who needs a fresh link asks again."""

PUT_TOGETHER: Final = "complete"
"""The token of an upload whose parts were put together before; it needs no parts."""


class S3Links:
    """The signed links of a bucket."""

    def __init__(self, bucket: Bucket, keys: Keys) -> None:
        """Sign for `bucket`."""
        self.upload_bytes_min: Final = PART_BYTES
        self._bucket = bucket
        self._keys = keys

    def begin(self, name: str, *, size: int) -> SignedUpload:
        """Begin an upload, or go on with the one that has this name."""
        key = self._keys.upload(name)
        expires_at = datetime.now(UTC) + LIFETIME
        found = self._bucket.stat(key)
        if found is not None and found.size == size:
            return SignedUpload(PUT_TOGETHER, (), expires_at)
        token, there = self._under_way(key)
        missing = tuple(
            SignedPart(number, offset, length, self._bucket.sign_part(key, token, number, lifetime=LIFETIME))
            for number, offset, length in plan(size)
            if there.get(number) != length
        )
        return SignedUpload(token, missing, expires_at)

    def complete(self, name: str, token: str, *, size: int) -> None:
        """Put the parts together."""
        key = self._keys.upload(name)
        parts = None if token == PUT_TOGETHER else self._bucket.parts(key, token)
        if parts is not None:
            there = {part.number: part.size for part in parts}
            wanted = list(plan(size))
            missing = sum(there.get(number) != length for number, _, length in wanted)
            if missing:
                raise UploadIncompleteError(missing, len(wanted))
            self._bucket.complete(key, token, len(wanted))
        found = self._bucket.stat(key)
        if found is None or found.size != size:
            raise UploadNotFoundError(name)

    def reader(self, name: str) -> S3Reader | None:
        """Open what was put together."""
        return open_object(self._bucket, self._keys.upload(name))

    def keep(self, name: str, sha256: str, *, version: str) -> None:
        """Give the bytes their place, if they are those that were read."""
        if not self._bucket.copy(self._keys.upload(name), self._keys.place(sha256), etag=version):
            raise UploadNotFoundError(name)

    def discard(self, name: str) -> None:
        """Remove every trace of the upload."""
        key = self._keys.upload(name)
        for found in list(self._bucket.under_way(key)):
            if found.key == key:
                self._bucket.abort(key, found.token)
        self._bucket.remove(key)

    def download_link(self, sha256: str, *, name: str) -> tuple[str, datetime]:
        """Return a link that gives a blob's bytes."""
        expires_at = datetime.now(UTC) + LIFETIME
        place, disposition = self._keys.place(sha256), attachment_header(name)
        return self._bucket.sign_get(place, disposition=disposition, lifetime=LIFETIME), expires_at

    def _under_way(self, key: str) -> tuple[str, dict[int, int]]:
        """Return an upload that was begun with this key, and the sizes of its parts by number; else a new one."""
        # Several, where clients began at once: all of them come to take the first one.
        begun = sorted((found.since, found.token) for found in self._bucket.under_way(key) if found.key == key)
        for _, token in begun:
            parts = self._bucket.parts(key, token)
            if parts is not None:
                return token, {part.number: part.size for part in parts}
        return self._bucket.begin(key), {}


def plan(size: int) -> Iterator[tuple[int, int, int]]:
    """Return the parts of a file: number, offset and length of each; the same file always has the same ones."""
    part_bytes = max(PART_BYTES, -(-size // (PARTS_MAX * MIB)) * MIB)
    for number, offset in enumerate(range(0, size, part_bytes), start=1):
        yield number, offset, min(part_bytes, size - offset)
