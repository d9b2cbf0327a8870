"""One bucket: the calls that the store makes, and what goes wrong in them as the store's errors."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, Final, NamedTuple, TypeVar

import certifi
import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.error import MinioException, S3Error

from modelbox_gateway.errors import BlobStoreRefusedError, BlobStoreUnavailableError
from modelbox_gateway.sections import S3Settings

CONNECTIONS_MAX: Final = 32
"""Connections kept open; the threads of a process use one each, and so does each open download."""

CONNECT_TIMEOUT_S: Final = 5.0
READ_TIMEOUT_S: Final = 60.0
"""How long the service may be silent; it copies some GiB in one call. A stop may have to wait as long."""

PROBE_READ_TIMEOUT_S: Final = 5.0
"""How long the service may be silent while a start asks whether it is there; the start asks again until its own end."""

RETRIES: Final = urllib3.Retry(total=2, read=1, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504))
"""Further tries of one call inside it. Longer trouble is told to the caller, who tries again."""

PAGE_ITEMS: Final = 1000
_PUT_BYTES_MAX: Final = 5 * 1024**3

NO_KEY: Final = "NoSuchKey"
NO_UPLOAD: Final = "NoSuchUpload"
NOT_AS_IT_WAS: Final = "PreconditionFailed"
NO_CONDITIONS: Final = "NotImplemented"


Result = TypeVar("Result")


class Found(NamedTuple):
    """An object of the bucket."""

    key: str
    size: int
    since: datetime


class Part(NamedTuple):
    """A part of an upload that the service has."""

    number: int
    size: int
    since: datetime


class UnderWay(NamedTuple):
    """A multipart upload that was begun."""

    key: str
    token: str
    since: datetime


class _Client(Minio):
    """minio with its calls of multipart uploads, which it has for itself only."""

    def begin(self, bucket: str, key: str) -> str:
        return str(self._create_multipart_upload(bucket, key, {}))

    def create(self, bucket: str, key: str, data: bytes, headers: dict[str, Any]) -> None:
        self._put_object(bucket, key, data, headers)

    def put(self, bucket: str, key: str, token: str, number: int, data: bytes) -> None:
        self._upload_part(bucket, key, data, None, token, number)

    def parts(self, bucket: str, key: str, token: str) -> list[Any]:
        found: list[Any] = []
        while True:
            marker = str(found[-1].part_number) if found else None
            page = self._list_parts(bucket, key, token, part_number_marker=marker)
            found += page.parts
            if not page.is_truncated:
                return found

    def complete(self, bucket: str, key: str, token: str, parts: list[Any]) -> None:
        self._complete_multipart_upload(bucket, key, token, parts)

    def abort(self, bucket: str, key: str, token: str) -> None:
        self._abort_multipart_upload(bucket, key, token)

    def under_way(self, bucket: str, prefix: str) -> Iterator[Any]:
        key_marker, token_marker = None, None
        while True:
            page = self._list_multipart_uploads(
                bucket, prefix=prefix, key_marker=key_marker, upload_id_marker=token_marker
            )
            yield from page.uploads
            if not page.is_truncated:
                return
            key_marker, token_marker = page.next_key_marker, page.next_upload_id_marker


class Bucket:
    """A bucket, whose calls raise `BlobStoreUnavailableError` where they do not say otherwise."""

    def __init__(self, settings: S3Settings) -> None:
        """Connect to nothing yet."""
        self.name: Final = settings.bucket
        self._settings = settings
        self._pool = _pool(READ_TIMEOUT_S, RETRIES)
        self._client = self._client_of(settings.endpoint, self._pool)
        # It only signs: a link is good for the host that it names and for no other.
        self._signer = self._client_of(settings.public_endpoint or settings.endpoint, self._pool)

    def _client_of(self, endpoint: str, pool: urllib3.PoolManager) -> _Client:
        settings = self._settings
        try:
            return _Client(
                endpoint,
                access_key=settings.access_key,
                secret_key=settings.secret_key,
                secure=settings.secure,
                region=settings.region,
                http_client=pool,
            )
        except ValueError as error:
            remedy = "correct the endpoint and region of artifact_storage_s3"
            raise BlobStoreRefusedError(f"S3 cannot be addressed ({error})", remedy=remedy) from error

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def put(self, key: str, data: bytes) -> None:
        """Write an object."""
        with translated():
            self._client.put_object(self.name, key, BytesIO(data), len(data), part_size=_PUT_BYTES_MAX)

    def create(self, key: str, data: bytes) -> None:
        """Write a small object, unless there is one.

        A service that knows no such condition replaces it; who wrote looks at what is there afterwards.
        """
        with translated():
            try:
                self._client.create(self.name, key, data, {"If-None-Match": "*"})
            except S3Error as error:
                if error.code == NO_CONDITIONS:
                    self._client.create(self.name, key, data, {})
                elif error.code != NOT_AS_IT_WAS:
                    raise

    def get(self, key: str, *, offset: int) -> urllib3.BaseHTTPResponse | None:
        """Open an object to read, from a byte before its end; None when it is not there."""
        return _or_none(NO_KEY, lambda: self._client.get_object(self.name, key, offset=offset))

    def stat(self, key: str) -> Found | None:
        """Return an object, or None when it is not there."""
        return _or_none(NO_KEY, lambda: _found(self._client.stat_object(self.name, key)))

    def objects(self, prefix: str) -> Iterator[Found]:
        """Return every object whose key begins so, in the order of keys."""
        with translated():
            for found in self._client.list_objects(self.name, prefix, recursive=True):
                yield _found(found)

    def copy(self, source: str, key: str, *, etag: str | None = None) -> bool:
        """Write an object with another's bytes, inside the service.

        Returns:
            False when the other one is not there, or is not the one with this ETag any more.
        """
        place = CopySource(self.name, source, match_etag=etag)
        with translated():
            try:
                self._client.copy_object(self.name, key, place)
            except S3Error as error:
                if error.code not in {NO_KEY, NOT_AS_IT_WAS}:
                    raise
                return False
            return True

    def remove(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        _or_none(NO_KEY, lambda: self._client.remove_object(self.name, key))

    def begin(self, key: str) -> str:
        """Begin a multipart upload and return its token."""
        with translated():
            return self._client.begin(self.name, key)

    def put_part(self, key: str, token: str, number: int, data: bytes) -> None:
        """Send one part."""
        with translated():
            self._client.put(self.name, key, token, number, data)

    def parts(self, key: str, token: str) -> list[Part] | None:
        """Return the parts that are there, or None when there is no such upload."""
        found = _or_none(NO_UPLOAD, lambda: self._client.parts(self.name, key, token))
        return None if found is None else [Part(part.part_number, part.size, part.last_modified) for part in found]

    def complete(self, key: str, token: str, parts: int) -> None:
        """Make an object of the first so many parts. Whether it is there then, `stat` tells."""

        def complete() -> None:
            self._client.complete(self.name, key, token, self._client.parts(self.name, key, token)[:parts])

        _or_none(NO_UPLOAD, complete)

    def abort(self, key: str, token: str) -> None:
        """Give up an upload; one that is not there is no error."""
        _or_none(NO_UPLOAD, lambda: self._client.abort(self.name, key, token))

    def under_way(self, prefix: str) -> Iterator[UnderWay]:
        """Return every upload whose key begins so and that was neither completed nor given up."""
        with translated():
            for found in self._client.under_way(self.name, prefix):
                yield UnderWay(found.object_name, found.upload_id, found.initiated_time)

    def sign_part(self, key: str, token: str, number: int, *, lifetime: timedelta) -> str:
        """Return a link to PUT a part to."""
        query: dict[str, str | list[str] | tuple[str]] = {"partNumber": str(number), "uploadId": token}
        return self._signer.get_presigned_url("PUT", self.name, key, expires=lifetime, extra_query_params=query)

    def sign_get(self, key: str, *, disposition: str, lifetime: timedelta) -> str:
        """Return a link to GET an object from, and what its answer says a browser does with it."""
        headers: dict[str, str | list[str] | tuple[str]] = {
            "response-content-disposition": disposition,
            "response-content-type": "application/octet-stream",
        }
        return self._signer.presigned_get_object(self.name, key, expires=lifetime, response_headers=headers)

    def probe(self, key: str) -> None:
        """Read, write and remove.

        Raises:
            S3Error: The service refuses; nothing is translated here.
            BlobStoreRefusedError: No service can have a bucket of this name.
            BlobStoreUnavailableError: It does not answer.
        """
        pool = _pool(PROBE_READ_TIMEOUT_S, urllib3.Retry(total=0))
        client = self._client_of(self._settings.endpoint, pool)
        try:
            with translated(refusals=True):
                next(iter(client.list_objects(self.name, key)), None)
                client.put_object(self.name, key, BytesIO(b""), 0)
                client.remove_object(self.name, key)
        except ValueError as error:  # minio says so before it asks anybody
            remedy = "correct artifact_storage_s3.bucket and prefix"
            raise BlobStoreRefusedError(f"S3 cannot have a bucket {self.name!r} ({error})", remedy=remedy) from error
        finally:
            pool.clear()


@contextlib.contextmanager
def translated(*, refusals: bool = False) -> Iterator[None]:
    """Turn what minio and its connection raise into `BlobStoreUnavailableError`; keep `refusals` if so told."""
    try:
        yield
    except S3Error as error:
        if refusals:
            raise
        raise BlobStoreUnavailableError(f"S3 answers {error.code}: {error.message}") from error
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
        raise BlobStoreUnavailableError(f"S3 does not answer ({type(error).__name__}: {str(error)[:200]})") from error


def _pool(read_timeout_s: float, retries: urllib3.Retry) -> urllib3.PoolManager:
    return urllib3.PoolManager(
        num_pools=4,
        maxsize=CONNECTIONS_MAX,
        timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=read_timeout_s),
        retries=retries,
        cert_reqs="CERT_REQUIRED",
        ca_certs=certifi.where(),
    )


def _or_none(missing: str, call: Callable[[], Result]) -> Result | None:
    """Call, and return None where the service says by the code `missing` that there is none."""
    with translated():
        try:
            return call()
        except S3Error as error:
            if error.code != missing:
                raise
            return None


def _found(found: Any) -> Found:
    return Found(found.object_name, found.size, found.last_modified)
