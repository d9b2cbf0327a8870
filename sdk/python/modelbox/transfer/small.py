"""Small files, many in one call, which costs more than what their bytes do.

There is one try. Whatever goes wrong with it, each file is then sent or fetched by itself, with a retry budget: the
others arrive, and the error is that of the one at fault.
"""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

from modelbox.errors import ModelBoxError
from modelbox.limits import ATTEMPT_TIMEOUT_S, SMALL_FILE_BYTES_MAX, SMALL_FILES_BYTES_MAX, SMALL_FILES_MAX
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.content import Content
from modelbox.transfer.download import download, put_in_place, take_cached
from modelbox.transfer.files import wire_file
from modelbox.transfer.present import Wanted
from modelbox.transfer.progress import Listener
from modelbox.transfer.routes import Routes
from modelbox.transfer.upload import upload
from modelbox.transport.methods import DOWNLOAD_FILES, UPLOAD_FILES
from modelbox.values import LocalFile
from modelbox.wire import answered


def in_calls(sizes: Iterable[int | None]) -> list[list[int]]:
    """Return the numbers of files as they are transferred: small ones together, each other one by itself.

    Args:
        sizes: Bytes of each file; None if it is not known.
    """
    calls: list[list[int]] = []
    small: list[int] = []
    together = 0
    for number, size in enumerate(sizes):
        if size is None or size > SMALL_FILE_BYTES_MAX:
            calls.append([number])
            continue
        if not small or len(small) == SMALL_FILES_MAX or together + size > SMALL_FILES_BYTES_MAX:
            small, together = [], 0
            calls.append(small)
        small.append(number)
        together += size
    return calls


def upload_together(
    routes: Routes, parent_id: str, files: Sequence[LocalFile], *, listener: Listener
) -> list[pb.FileMetadata]:
    """Send small files of one object and return what the wire says of each.

    Raises:
        ModelBoxError: As `upload`, for the first that it is raised for.
        OSError: A file cannot be read.
    """
    wholes = [_read(file, parent_id) for file in files]
    connection, request = routes.connection, pb.UploadFilesRequest(files=wholes)
    try:
        headers = connection.headers(UPLOAD_FILES)
        response = connection.call_once(UPLOAD_FILES, request, headers=headers, timeout_s=ATTEMPT_TIMEOUT_S)
    except ModelBoxError:
        return [upload(routes, parent_id, file, listener=listener) for file in files]
    for file, (whole, answer) in zip(files, answered(wholes, response.files), strict=True):
        metadata = whole.metadata
        metadata.id, metadata.uploaded = answer.file_id, True
        metadata.checksum = metadata.checksum or metadata.sha256
        listener.tell(str(file.path), metadata.size, metadata.size)
    return [whole.metadata for whole in wholes]


def download_together(routes: Routes, files: Sequence[Wanted], *, listener: Listener) -> list[Path]:
    """Fetch small files and return where each is.

    Raises:
        ModelBoxError: As `download`, for the first that it is raised for.
        OSError: The folder cannot be written.
    """
    places = {wanted.file.id: take_cached(routes, wanted, listener) for wanted in files}
    missing = [wanted for wanted in files if places[wanted.file.id] is None]
    with contextlib.suppress(ModelBoxError):  # what is still missing then is fetched by itself
        for wanted, content in _fetched(routes, missing):
            file = wanted.file
            places[file.id] = put_in_place(routes, wanted, partial(_write, content))
            listener.tell(file.path, file.size, file.size)
    return [places[wanted.file.id] or download(routes, wanted, listener) for wanted in files]


def _read(file: LocalFile, parent_id: str) -> pb.SmallFile:
    metadata = wire_file(file, parent_id=parent_id)
    with Content(Path(file.path)) as content:
        data = b"".join(content.chunks())
        metadata.size, metadata.sha256 = len(data), hashlib.sha256(data).hexdigest()
        content.check_consistent(metadata.sha256)
    return pb.SmallFile(metadata=metadata, content=data)


def _fetched(routes: Routes, files: Sequence[Wanted]) -> Iterator[tuple[Wanted, bytes]]:
    """Yield files and their bytes, as far as these are what they should be."""
    connection = routes.connection
    with connection.translated(DOWNLOAD_FILES):
        multicallable = connection.channel_for(DOWNLOAD_FILES).unary_stream(
            DOWNLOAD_FILES.path,
            request_serializer=DOWNLOAD_FILES.request.SerializeToString,
            response_deserializer=DOWNLOAD_FILES.response.FromString,
        )
        request = pb.DownloadFilesRequest(file_ids=[wanted.file.id for wanted in files])
        # The call is the iterator of its answers; the types do not say so.
        call: Any = multicallable(request, timeout=ATTEMPT_TIMEOUT_S, metadata=connection.headers(DOWNLOAD_FILES))
        try:
            arrived = (whole for answer in call for whole in answer.files)
            for wanted, whole in zip(files, arrived, strict=False):
                content, file = whole.content, wanted.file
                if whole.metadata.id != file.id or hashlib.sha256(content).hexdigest() != file.sha256:
                    return
                yield wanted, content
        finally:
            # Harmless once the server has ended the stream; otherwise it is told to stop sending.
            call.cancel()


def _write(content: bytes, into: IO[bytes]) -> None:
    into.write(content)
