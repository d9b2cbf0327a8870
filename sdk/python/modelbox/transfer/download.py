"""Download of one artifact into a folder: verified, and in place only when it is whole.

An artifact's path is a label that someone else wrote. It may lead anywhere; here it is only a name below the folder.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from time import sleep
from typing import Any

from modelbox.backoff import backoff
from modelbox.errors import ChecksumMismatchError, InvalidFieldError, ModelBoxError, ServerError
from modelbox.limits import TRANSFER_TRIES_MAX
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport.connection import Connection
from modelbox.transport.methods import DOWNLOAD_FILE
from modelbox.values import OnProgress


def download(connection: Connection, file_id: str, folder: Path, on_progress: OnProgress | None = None) -> Path:
    """Fetch one artifact into a folder, again from its start when the connection breaks, and return its path there.

    A file that is there already is replaced once the new one is whole.

    Raises:
        ChecksumMismatchError: Other bytes arrived than the server keeps.
        ModelBoxError: The server refused, or did not answer.
        OSError: The folder cannot be written.
    """
    for attempt, pause_s in enumerate(backoff(), start=1):
        try:
            return _download_once(connection, file_id, folder, on_progress)
        except ModelBoxError as error:
            if not error.retryable or attempt == TRANSFER_TRIES_MAX:
                raise
            sleep(pause_s)
    raise AssertionError("backoff never ends")  # pragma: no cover


def place_of(label: str, *, file_id: str) -> PurePosixPath:
    """Return where an artifact with this label belongs below a folder.

    A relative label keeps its folders. Of one that is absolute, names a drive or holds `..`, only the last part
    counts; a label without any usable part gives way to the artifact's id.
    """
    windows = PureWindowsPath(label)
    parts = [part for part in PurePosixPath(label.replace("\\", "/")).parts if part not in {"/", "//", ".", ""}]
    leads_away = bool(windows.drive or windows.root) or "://" in label or ".." in parts
    names = [part.replace(":", "_").replace("\0", "_") for part in (parts[-1:] if leads_away else parts)]
    return PurePosixPath(*names) if names and names != [".."] else PurePosixPath(file_id)


def _download_once(connection: Connection, file_id: str, folder: Path, on_progress: OnProgress | None) -> Path:
    with connection.translated(DOWNLOAD_FILE):
        multicallable = connection.channel.unary_stream(
            DOWNLOAD_FILE.path,
            request_serializer=DOWNLOAD_FILE.request.SerializeToString,
            response_deserializer=DOWNLOAD_FILE.response.FromString,
        )
        request = pb.DownloadFileRequest(file_id=file_id)
        # The call is the iterator of its answers; the types do not say so.
        call: Any = multicallable(request, metadata=connection.headers(DOWNLOAD_FILE))
        frames: Iterator[pb.DownloadFileResponse] = call
        try:
            metadata = _metadata_in(frames)
            target = _target(folder, metadata)
            with _temporary(target) as temporary:
                _receive(frames, metadata, temporary, on_progress)
                temporary.replace(target)
        finally:
            # Harmless once the server has ended the stream; otherwise it is told to stop sending.
            call.cancel()
    return target


def _metadata_in(frames: Iterator[pb.DownloadFileResponse]) -> pb.FileMetadata:
    first = next(frames, None)
    if first is None or first.WhichOneof("stream_frame") != "metadata":
        raise ServerError("DownloadFile: the server sent no metadata frame first")
    return first.metadata


def _target(folder: Path, metadata: pb.FileMetadata) -> Path:
    if folder.exists() and not folder.is_dir():
        raise InvalidFieldError.of("destination", f"{str(folder)[:300]!r} is a file; give a folder")
    target = folder / place_of(metadata.path, file_id=metadata.id)
    # A link inside the folder could still lead out of it; asked before anything is made there.
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        problem = f"{str(target)[:300]!r} leads out of the folder through a link"
        raise InvalidFieldError.of("destination", problem)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        raise InvalidFieldError.of("destination", f"{str(target)[:300]!r} is a folder; the artifact has this name")
    return target


@contextlib.contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Give a new file beside the target, and remove it unless it was put in the target's place."""
    handle, name = tempfile.mkstemp(prefix=".modelbox-", suffix=".part", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _receive(
    frames: Iterator[pb.DownloadFileResponse], metadata: pb.FileMetadata, into: Path, on_progress: OnProgress | None
) -> None:
    sha256 = hashlib.sha256()
    size = 0
    with into.open("wb") as file:
        for frame in frames:
            chunk = frame.chunks
            file.write(chunk)
            sha256.update(chunk)
            size += len(chunk)
            if on_progress is not None:
                on_progress(metadata.path, size, metadata.size)
    arrived = sha256.hexdigest()
    if size != metadata.size or arrived != metadata.sha256:
        kept = f"{metadata.size} bytes with SHA-256 {metadata.sha256}"
        problem = f"the server keeps {kept}, what arrived has {size} bytes with {arrived}"
        raise ChecksumMismatchError(f"{metadata.path}: {problem}; download it again", field="checksum")
    # A temporary file is for its owner alone; what takes the target's place has the usual rights.
    mask = os.umask(0)
    os.umask(mask)
    into.chmod(0o666 & ~mask)
