"""Upload of one file through the server: what it is, then its bytes."""

from collections.abc import Iterator

from modelbox.errors import ChecksumMismatchError, ModelBoxError
from modelbox.limits import FRAME_BYTES
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.content import Content
from modelbox.transfer.frames import frame_of
from modelbox.transfer.hashing import Hashing
from modelbox.transfer.progress import Listener
from modelbox.transfer.retry_budget import RetryBudget
from modelbox.transfer.routes import Routes
from modelbox.transport.connection import Connection
from modelbox.transport.methods import UPLOAD_FILE


def send_stream(routes: Routes, metadata: pb.FileMetadata, content: Content, listener: Listener) -> None:
    """Send one file, again from its start when the connection breaks; fill in what the server says of it.

    Raises:
        ChecksumMismatchError: The server received other bytes than were sent.
        ModelBoxError: The server refused, or did not answer.
        OSError: The file cannot be read.
    """
    budget = RetryBudget(routes.connection.timeout_s, refused_s=routes.connection.refused_s)
    while True:
        try:
            # Ended here: gRPC may leave the frames of a call that broke off where they are.
            with Hashing() as hashing:
                frames = _Frames(metadata, content, hashing, listener)
                response = _send_once(routes.connection, frames)
        except ModelBoxError as error:
            if not budget.pause(error):
                raise
            continue
        sha256 = metadata.sha256 or frames.sha256
        if response.sha256 != sha256:
            problem = f"sent {sha256}, the server received {response.sha256}"
            raise ChecksumMismatchError(f"{metadata.path}: {problem}; upload it again", field="checksum")
        metadata.id, metadata.sha256 = response.file_id, sha256
        return


class _Frames:
    """The encoded frames of one try. gRPC takes them in a thread of its own, so what goes wrong there is kept."""

    def __init__(self, metadata: pb.FileMetadata, content: Content, hashing: Hashing, listener: Listener) -> None:
        self.sha256 = ""
        self.error: Exception | None = None
        self._metadata = metadata
        self._content = content
        self._hashing = hashing
        self._tally = listener.tally(str(content.path), content.size)

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield pb.UploadFileRequest(metadata=self._metadata).SerializeToString()
            if self._metadata.sha256:
                yield from self._framed(self._content.chunks())
            else:
                yield from self._hashed()
        except Exception as error:
            self.error = error
            raise

    def _hashed(self) -> Iterator[bytes]:
        yield from self._framed(self._hashing.passing(self._content.chunks()))
        sha256 = self._hashing.hexdigest()
        self._content.check_consistent(sha256)
        self.sha256 = sha256
        yield pb.UploadFileRequest(sha256=self.sha256).SerializeToString()

    def _framed(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            view = memoryview(chunk)
            for at in range(0, len(chunk), FRAME_BYTES):
                yield frame_of(view[at : at + FRAME_BYTES])
            self._tally.add(len(chunk))


def _send_once(connection: Connection, frames: _Frames) -> pb.UploadFileResponse:
    try:
        with connection.translated(UPLOAD_FILE):
            multicallable = connection.channel_for(UPLOAD_FILE).stream_unary(
                UPLOAD_FILE.path,
                request_serializer=None,
                response_deserializer=UPLOAD_FILE.response.FromString,
            )
            response: pb.UploadFileResponse
            response, call = multicallable.with_call(iter(frames), metadata=connection.headers(UPLOAD_FILE))
            connection.keep_token(call)
            return response
    except ModelBoxError:
        if frames.error is not None:
            # The call failed because reading the file did: that is what the caller can do something about.
            raise frames.error from None
        raise
