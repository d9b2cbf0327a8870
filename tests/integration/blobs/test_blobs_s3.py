"""The store in a bucket keeps the contract, and what only a bucket does; on a real S3 service."""

import socket
import time
from collections.abc import Callable, Iterator
from io import BytesIO

import msgspec
import pytest

from modelbox_gateway.blobs import BlobStore
from modelbox_gateway.blobs.s3 import S3Store
from modelbox_gateway.blobs.s3.bucket import PROBE_READ_TIMEOUT_S, Bucket
from modelbox_gateway.blobs.s3.keys import Keys
from modelbox_gateway.errors import BlobStoreRefusedError, BlobStoreUnavailableError
from modelbox_gateway.sections import S3Settings
from tests.integration.blobs.blob_store_contract import BlobStoreContract, Objects, put
from tests.integration.link_host import LinkHost
from tests.integration.s3_server import READER_KEY, S3Server


@pytest.fixture
def store(bucket: S3Settings) -> Iterator[S3Store]:
    opened = S3Store(bucket)
    opened.prepare()
    yield opened
    opened.close()


@pytest.fixture
def objects(s3_server: S3Server, bucket: S3Settings) -> Objects:
    def count() -> int:
        begun = Bucket(bucket).under_way(bucket.prefix)
        return len(list(s3_server.client.list_objects(bucket.bucket, recursive=True))) + len(list(begun))

    return count


@pytest.fixture
def damage(s3_server: S3Server, bucket: S3Settings) -> Callable[[str, bytes], None]:
    def replace(sha256: str, data: bytes) -> None:
        s3_server.client.put_object(bucket.bucket, Keys(bucket.prefix).place(sha256), BytesIO(data), len(data))

    return replace


class TestS3Store(BlobStoreContract):
    def abandon(self, store: BlobStore) -> None:
        """A part and no end."""
        store.writer().write(b"x" * 9 * 1024 * 1024)


def test_everything_is_below_the_prefix(store: S3Store, s3_server: S3Server, bucket: S3Settings) -> None:
    put(store, b"x")
    put(store, b"x" * 20 * 1024 * 1024)
    store.writer().write(b"x" * 9 * 1024 * 1024)
    names = [found.object_name or "" for found in s3_server.client.list_objects(bucket.bucket, recursive=True)]
    assert names
    assert all(name.startswith("some/where/sha256/") for name in names)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"bucket": "not-there"}, "NoSuchBucket.*create the bucket"),
        ({"secret_key": "wrong"}, "SignatureDoesNotMatch.*correct artifact_storage_s3.secret_key"),
        ({"access_key": "nobody"}, "InvalidAccessKeyId.*correct artifact_storage_s3.access_key"),
        ({"access_key": READER_KEY}, "AccessDenied.*list, read, write and delete"),
        ({"bucket": "My_Bucket!"}, "cannot have a bucket 'My_Bucket!'.*correct artifact_storage_s3.bucket"),
        ({"bucket": "x"}, "cannot have a bucket 'x'"),
        ({"endpoint": "localhost:nine"}, "cannot be addressed.*correct the endpoint"),
    ],
)
def test_a_bucket_that_is_missing_or_refuses_is_said_with_a_remedy(
    bucket: S3Settings, changed: dict[str, str], says: str
) -> None:
    with pytest.raises(BlobStoreRefusedError, match=says) as refused:
        S3Store(msgspec.structs.replace(bucket, **changed)).prepare()
    assert bucket.secret_key not in str(refused.value)


def test_a_service_that_takes_the_connection_and_never_answers_is_unavailable_soon(bucket: S3Settings) -> None:
    """A start asks again until its own end; one question must not last longer than the start may."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(BlobStoreUnavailableError, match="S3 does not answer"):
            S3Store(msgspec.structs.replace(bucket, endpoint=endpoint)).prepare()
        assert time.monotonic() - start < 2 * PROBE_READ_TIMEOUT_S


def test_a_service_that_is_away_is_unavailable(bucket: S3Settings) -> None:
    with pytest.raises(BlobStoreUnavailableError, match="S3 does not answer"):
        S3Store(msgspec.structs.replace(bucket, endpoint="127.0.0.1:1")).prepare()


def test_a_service_that_knows_no_conditions_keeps_marks_of_owners_too(bucket: S3Settings) -> None:
    """Who wrote looks at what is there afterwards."""
    host = LinkHost(
        bucket.endpoint,
        lambda request: 501 if "If-None-Match" in request.headers else None,
        page=b"<Error><Code>NotImplemented</Code><Message>A header is not implemented</Message></Error>",
    )
    with host.serving() as address:
        store = S3Store(msgspec.structs.replace(bucket, endpoint=address))
        store.prepare()
        store.claim(b"ours\n", number=1)
        mark = store.owner()
        store.close()
    assert mark is not None
    assert (mark.number, mark.data) == (1, b"ours\n")
