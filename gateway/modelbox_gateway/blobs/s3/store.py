"""The store: what a bucket holds as blobs, and what it holds that is none yet or no longer."""

from collections.abc import Iterator
from typing import Final

from minio.error import S3Error

from modelbox_gateway.blobs.contract import AbandonedUpload, OwnerMark, StoredBlob
from modelbox_gateway.blobs.s3.bucket import Bucket
from modelbox_gateway.blobs.s3.keys import Keys
from modelbox_gateway.blobs.s3.links import S3Links
from modelbox_gateway.blobs.s3.reader import S3Reader, open_object
from modelbox_gateway.blobs.s3.writer import S3Writer
from modelbox_gateway.errors import BlobStoreRefusedError
from modelbox_gateway.sections import S3Settings

_REMEDIES: Final = {
    "NoSuchBucket": "create the bucket, or correct artifact_storage_s3.bucket",
    "InvalidAccessKeyId": "correct artifact_storage_s3.access_key",
    "SignatureDoesNotMatch": "correct artifact_storage_s3.secret_key and region",
    "AuthorizationHeaderMalformed": "correct artifact_storage_s3.region",
    "AccessDenied": "let the key of artifact_storage_s3.access_key list, read, write and delete there",
}
_REMEDY: Final = "correct section artifact_storage_s3"


class S3Store:
    """Blobs in one bucket, below a prefix; several servers may share it."""

    def __init__(self, settings: S3Settings) -> None:
        """Connect to nothing yet."""
        self._settings = settings
        self._bucket = Bucket(settings)
        self._keys = Keys(settings.prefix)
        self.links: Final = S3Links(self._bucket, self._keys)

    def prepare(self) -> None:
        """See that the bucket is there and that this account may do what it will need to."""
        try:
            self._bucket.probe(self._keys.probe)
        except S3Error as error:
            where = f"bucket {self._settings.bucket!r} at {self._settings.endpoint}"
            raise BlobStoreRefusedError(
                f"S3 refuses {where} ({error.code}: {error.message})", remedy=_REMEDIES.get(str(error.code), _REMEDY)
            ) from error

    def owner(self) -> OwnerMark | None:
        """Return the last mark of an owner."""
        numbers = [found.key.removeprefix(self._keys.owners) for found in self._bucket.objects(self._keys.owners)]
        number = max((int(number) for number in numbers if number.isdecimal()), default=0)
        reader = open_object(self._bucket, self._keys.owner(number)) if number else None
        if reader is None:
            return None
        try:
            place = f"s3://{self._bucket.name}/{self._keys.owners}"
            return OwnerMark(number, reader.read(reader.size), place)
        finally:
            reader.close()

    def claim(self, data: bytes, *, number: int) -> None:
        """Write a mark, unless there is one of this number."""
        self._bucket.create(self._keys.owner(number), data)

    def writer(self) -> S3Writer:
        """Begin to take a blob."""
        return S3Writer(self._bucket, self._keys)

    def size(self, sha256: str) -> int | None:
        """Return a blob's length in bytes, or None when it is not at its place."""
        found = self._bucket.stat(self._keys.place(sha256))
        return None if found is None else found.size

    def reader(self, sha256: str, *, offset: int = 0) -> S3Reader | None:
        """Open a blob; None when it is not at its place."""
        return open_object(self._bucket, self._keys.place(sha256), offset=offset)

    def stored(self) -> Iterator[StoredBlob]:
        """Return every blob that is at its place."""
        yield from self._blobs(self._keys.blobs)

    def set_aside(self, sha256: str) -> None:
        """Move a blob from its place. It is nowhere else for no moment: first the copy, then the removal."""
        if self._bucket.copy(self._keys.place(sha256), self._keys.aside(sha256)):
            self._bucket.remove(self._keys.place(sha256))

    def aside(self) -> Iterator[StoredBlob]:
        """Return every blob that was set aside."""
        yield from self._blobs(self._keys.set_aside)

    def put_back(self, sha256: str) -> bool:
        """Copy a blob that was set aside to its place, unless one is there; tell whether one is there now."""
        if self._bucket.stat(self._keys.place(sha256)) is not None:
            return True
        return self._bucket.copy(self._keys.aside(sha256), self._keys.place(sha256))

    def remove(self, sha256: str) -> None:
        """Remove a blob that was set aside."""
        self._bucket.remove(self._keys.aside(sha256))

    def abandoned(self) -> Iterator[AbandonedUpload]:
        """Return what uploads left, whether or not they still go on: the bucket does not know."""
        for upload in self._bucket.under_way(self._keys.uploads):
            parts = self._bucket.parts(upload.key, upload.token)
            if parts is not None:
                since = max([upload.since, *(part.since for part in parts)])
                name = f"{upload.key.removeprefix(self._keys.uploads)}/{upload.token}"
                yield AbandonedUpload(name, sum(part.size for part in parts), since)
        for found in self._bucket.objects(self._keys.uploads):
            yield AbandonedUpload(found.key.removeprefix(self._keys.uploads), found.size, found.since)

    def remove_abandoned(self, name: str) -> None:
        """Remove what one of them left."""
        upload, _, token = name.partition("/")
        key = self._keys.upload(upload)
        if token:
            self._bucket.abort(key, token)
        else:
            self._bucket.remove(key)

    def close(self) -> None:
        """Close the connections."""
        self._bucket.close()

    def _blobs(self, prefix: str) -> Iterator[StoredBlob]:
        for found in self._bucket.objects(prefix):
            sha256 = self._keys.sha256_of(found.key)
            if sha256:
                yield StoredBlob(sha256, found.size, found.since)
