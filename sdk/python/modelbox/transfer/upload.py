"""Upload of one file: its metadata, then its bytes, hashed while they go."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from time import sleep

from modelbox.artifacts import Artifact
from modelbox.backoff import backoff
from modelbox.enums import FileType
from modelbox.errors import ChecksumMismatchError, ModelBoxError
from modelbox.limits import CHUNK_BYTES, TRANSFER_TRIES_MAX
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.files import wire_file
from modelbox.transport.connection import Connection
from modelbox.transport.methods import UPLOAD_FILE
from modelbox.values import LocalFile, OnProgress


def upload(connection: Connection, parent_id: str, file: LocalFile, on_progress: OnProgress | None = None) -> Artifact:
    """Send one file, again from its start when the connection breaks; the same bytes are kept once.

    Raises:
        ChecksumMismatchError: The server received other bytes than were sent.
        ModelBoxError: The server refused, or did not answer.
        OSError: The file cannot be read.
    """
    for attempt, pause_s in enumerate(backoff(), start=1):
        try:
            return _upload_once(connection, parent_id, file, on_progress)
        except ModelBoxError as error:
            if not error.retryable or attempt == TRANSFER_TRIES_MAX:
                raise
            sleep(pause_s)
    raise AssertionError("backoff never ends")  # pragma: no cover


class _Frames:
    """The frames of one upload. gRPC takes them in a thread of its own, so what goes wrong there is kept for later."""

    def __init__(self, metadata: pb.FileMetadata, path: Path, on_progress: OnProgress | None) -> None:
        self.sha256 = hashlib.sha256()
        self.size = 0
        self.error: Exception | None = None
        self._metadata = metadata
        self._path = path
        self._on_progress = on_progress

    def __iter__(self) -> Iterator[pb.UploadFileRequest]:
        try:
            with self._path.open("rb") as file:
                # Announced, so that a file that changes on the way or a stream that breaks is never taken for whole.
                self._metadata.size = total = os.fstat(file.fileno()).st_size
                yield pb.UploadFileRequest(metadata=self._metadata)
                while chunk := file.read(CHUNK_BYTES):
                    self.sha256.update(chunk)
                    yield pb.UploadFileRequest(chunks=chunk)
                    self.size += len(chunk)
                    if self._on_progress is not None:
                        self._on_progress(str(self._path), self.size, total)
        except Exception as error:
            self.error = error
            raise


def _upload_once(connection: Connection, parent_id: str, file: LocalFile, on_progress: OnProgress | None) -> Artifact:
    metadata = wire_file(file, parent_id=parent_id)
    frames = _Frames(metadata, Path(file.path), on_progress)
    try:
        with connection.translated(UPLOAD_FILE):
            multicallable = connection.channel.stream_unary(
                UPLOAD_FILE.path,
                request_serializer=UPLOAD_FILE.request.SerializeToString,
                response_deserializer=UPLOAD_FILE.response.FromString,
            )
            response, call = multicallable.with_call(iter(frames), metadata=connection.headers(UPLOAD_FILE))
            connection.keep_token(call)
    except ModelBoxError:
        if frames.error is not None:
            # The call failed because reading the file did: that is what the caller can do something about.
            raise frames.error from None
        raise
    sha256 = frames.sha256.hexdigest()
    if response.sha256 != sha256:
        problem = f"sent {sha256}, the server received {response.sha256}"
        raise ChecksumMismatchError(f"{metadata.path}: {problem}; upload it again", field="checksum")
    return Artifact(
        parent=parent_id,
        path=metadata.path,
        mime_type=FileType(metadata.file_type),
        checksum=metadata.checksum or sha256,
        id=response.file_id,
        size=response.size,
        sha256=sha256,
        uploaded=True,
    )
