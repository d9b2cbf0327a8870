"""Bytes on their way out of a bucket."""

import urllib3

from modelbox_gateway.blobs.s3.bucket import Bucket, translated


class S3Reader:
    """Gives one object's bytes."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        """Read from an answer of the service; it is closed at the end."""
        self._response = response
        whole = response.headers.get("Content-Range", "").rpartition("/")[2]
        self.size = int(whole or response.headers["Content-Length"])
        self.version = response.headers["ETag"].strip('"')

    def read(self, size: int) -> bytes:
        """Return up to so many bytes."""
        with translated():
            return self._response.read(size)

    def close(self) -> None:
        """Let go of the answer; one that was not read to its end costs its connection."""
        if self._response.length_remaining:
            self._response.close()
        self._response.release_conn()


def open_object(bucket: Bucket, key: str, *, offset: int = 0) -> S3Reader | None:
    """Open an object; None when it is not there."""
    response = bucket.get(key, offset=offset)
    return None if response is None else S3Reader(response)
