"""Upload of one file: not at all if its bytes are there, else straight to the store, else through the server."""

from pathlib import Path

from modelbox.errors import ModelBoxError, UnavailableError, UploadInterruptedError
from modelbox.limits import DEDUPE_BYTES_MIN, LINK_ROUNDS_IN_VAIN_MAX, SAMPLE_BYTES_MIN
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.content import Content
from modelbox.transfer.files import wire_file
from modelbox.transfer.links import LinkRefusedError, LinkUnreachableError
from modelbox.transfer.parts import send_parts
from modelbox.transfer.progress import Listener
from modelbox.transfer.retry_budget import RetryBudget
from modelbox.transfer.routes import Routes
from modelbox.transfer.stream import send_stream
from modelbox.transport.methods import ABORT_UPLOAD, BEGIN_UPLOAD, COMPLETE_UPLOAD
from modelbox.values import LocalFile


def upload(
    routes: Routes, parent_id: str, file: LocalFile, *, listener: Listener, resend: bool = False
) -> pb.FileMetadata:
    """Send one file and return what the wire says of it; an upload that broke off goes on where it was.

    Args:
        listener: Who is told how far it is.
        resend: Send the bytes through the server, whatever it has: they replace what is damaged there.

    Raises:
        ChecksumMismatchError: Other bytes arrived than were sent, or than a given checksum says.
        InvalidFieldError: The file changed meanwhile.
        ModelBoxError: The server refused, or did not answer.
        OSError: The file cannot be read.
    """
    metadata = wire_file(file, parent_id=parent_id)
    with Content(Path(file.path)) as content:
        # Announced, so that a file that changes on the way or a stream that breaks is never taken for whole.
        metadata.size = content.size
        if content.size >= DEDUPE_BYTES_MIN and not resend and _may_be_there(routes, metadata, content):
            metadata.sha256 = content.sha256()
            metadata.id = _upload_by_links(routes, metadata, content, listener)
        if not metadata.id:
            send_stream(routes, metadata, content, listener)
    metadata.uploaded, metadata.checksum = True, metadata.checksum or metadata.sha256
    return metadata


def _may_be_there(routes: Routes, file: pb.FileMetadata, content: Content) -> bool:
    """Tell whether hashing the file may spare sending it, or is needed to send it straight to the store."""
    if content.size < SAMPLE_BYTES_MIN:
        return True
    request = pb.BeginUploadRequest(file=file, sample=content.sample())
    return routes.connection.call(BEGIN_UPLOAD, request).needs_sha256


def _upload_by_links(routes: Routes, file: pb.FileMetadata, content: Content, listener: Listener) -> str:
    """Return the id of the recorded file; none when its bytes must go through the server."""
    budget, rounds = RetryBudget(routes.connection.timeout_s, refused_s=routes.connection.refused_s), _Rounds()
    while True:
        begun = routes.connection.call(BEGIN_UPLOAD, pb.BeginUploadRequest(file=file))
        if begun.file_id:
            listener.tell(str(content.path), content.size, content.size)
        if begun.file_id or not begun.upload_id:
            return begun.file_id
        if rounds.are_in_vain(len(begun.parts)):
            return _give_up(routes, file, begun)
        try:
            return _send(routes, file, begun, content=content, listener=listener, budget=budget)
        except LinkUnreachableError:
            return _give_up(routes, file, begun)
        except (LinkRefusedError, UploadInterruptedError) as error:
            # Links grow old; somebody else may have completed the same file, or a sweep have taken what was sent.
            content.check_consistent(file.sha256)
            rounds.failed(len(begun.parts))
            budget.pause(UnavailableError(str(error)))
        except ModelBoxError as error:
            if not budget.pause(error):
                raise


def _send(
    routes: Routes,
    file: pb.FileMetadata,
    begun: pb.BeginUploadResponse,
    *,
    content: Content,
    listener: Listener,
    budget: RetryBudget,
) -> str:
    """Send the parts that are missing, have them put together, and return the id of the recorded file."""
    send_parts(routes, list(begun.parts), content, listener)
    if begun.parts:
        budget.renew()
    request = pb.CompleteUploadRequest(upload_id=begun.upload_id, file=file)
    return routes.connection.call_patiently(COMPLETE_UPLOAD, request).file_id


def _give_up(routes: Routes, file: pb.FileMetadata, begun: pb.BeginUploadResponse) -> str:
    """Remove what was sent: the bytes must go through the server, and those of the next files as well."""
    for part in begun.parts:
        routes.links.avoid(part.url)
    routes.connection.call(ABORT_UPLOAD, pb.AbortUploadRequest(upload_id=begun.upload_id, file=file))
    return ""


class _Rounds:
    """Counts the rounds after which as many parts were missing as before, whatever their links' host said of them.

    A proxy may refuse them, send them elsewhere, or say that it took them: only the server knows what has arrived.
    """

    def __init__(self) -> None:
        self._missing: int | None = None
        self._in_vain = 0

    def failed(self, missing: int) -> None:
        """Say that a round in which so many parts were missing ended without the file."""
        self._missing = missing

    def are_in_vain(self, missing: int) -> bool:
        """Tell whether there is no use in another one, now that so many are missing."""
        if self._missing is not None:
            self._in_vain = 0 if missing < self._missing else self._in_vain + 1
            self._missing = None
        return self._in_vain >= LINK_ROUNDS_IN_VAIN_MAX
