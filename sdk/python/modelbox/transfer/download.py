"""Download of one artifact into a folder: verified, and in place only when it is whole."""

import contextlib
import os
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO, Any

from modelbox.errors import ChecksumMismatchError, ModelBoxError, ServerError, UnavailableError
from modelbox.limits import LINK_BYTES_MIN
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.frames import chunk_of
from modelbox.transfer.hashing import Hashing
from modelbox.transfer.links import LinkRefusedError, LinkUnreachableError
from modelbox.transfer.present import Wanted, would_replace
from modelbox.transfer.progress import Listener, Tally
from modelbox.transfer.retry_budget import RetryBudget
from modelbox.transfer.routes import Routes
from modelbox.transport.methods import DOWNLOAD_FILE, GET_DOWNLOAD_LINK


def described(routes: Routes, file: pb.FileMetadata) -> pb.FileMetadata:
    """Return what the server knows of an artifact of which perhaps only the `id` is known.

    Raises:
        NotUploadedError: It is kept elsewhere.
        ModelBoxError: The server refused, or did not answer.
    """
    if file.sha256:
        return file
    return routes.connection.call(GET_DOWNLOAD_LINK, pb.GetDownloadLinkRequest(file_id=file.id)).file


def download(routes: Routes, wanted: Wanted, listener: Listener) -> Path:
    """Fetch one artifact to its place and return that; a broken connection goes on where it broke.

    Raises:
        InvalidFieldError: Something has come to its place that may not be replaced.
        ChecksumMismatchError: Other bytes arrived than the server keeps.
        ModelBoxError: The server refused, or did not answer.
        OSError: The folder cannot be written.
    """
    cached = take_cached(routes, wanted, listener)
    if cached is not None:
        return cached
    file, url = wanted.file, ""
    if file.size >= LINK_BYTES_MIN:
        url = routes.connection.call(GET_DOWNLOAD_LINK, pb.GetDownloadLinkRequest(file_id=file.id)).url

    def fetch(into: IO[bytes]) -> None:
        with Hashing() as hashing:
            _Fetching(routes, file, into, hashing, listener.tally(file.path, file.size)).run(url)

    return put_in_place(routes, wanted, fetch)


def take_cached(routes: Routes, wanted: Wanted, listener: Listener) -> Path | None:
    """Put a file in its place that was downloaded before; None where the cache does not have it.

    Raises:
        OSError: The folder cannot be written.
    """
    if routes.cache is None:
        return None
    file = wanted.file
    with _temporary(wanted.target) as temporary:
        if not routes.cache.get(file.sha256, file.size, temporary):
            return None
        listener.tell(file.path, file.size, file.size)
        _take_place(temporary, wanted)
    return wanted.target


def put_in_place(routes: Routes, wanted: Wanted, write: Callable[[IO[bytes]], object]) -> Path:
    """Put a file in its place, and into the cache, when all of it is written and verified.

    Args:
        write: Writes the bytes, or raises.

    Raises:
        OSError: The folder cannot be written.
    """
    with _temporary(wanted.target) as temporary:
        with temporary.open("wb") as into:
            write(into)
        if routes.cache is not None:
            routes.cache.put(wanted.file.sha256, temporary)
        _take_place(temporary, wanted)
    return wanted.target


class _Fetching:
    """One file on its way, through as many connections as it takes."""

    def __init__(self, routes: Routes, file: pb.FileMetadata, into: IO[bytes], hashing: Hashing, tally: Tally) -> None:
        self._routes = routes
        self._file = file
        self._into = into
        self._tally = tally
        self._hashing = hashing
        self._done = 0

    def run(self, url: str) -> None:
        """Fetch all bytes and verify them, by a signed link as far as that leads, else through the server."""
        budget = RetryBudget(self._routes.connection.timeout_s, refused_s=self._routes.connection.refused_s)
        while True:
            before = self._done
            try:
                self._take(self._linked(url) if url else self._frames())
                break
            except (LinkRefusedError, LinkUnreachableError):
                url = ""
            except ModelBoxError as error:
                if self._done > before:
                    budget.renew()
                if not budget.pause(error):
                    raise
        self._verify()

    def _take(self, chunks: Generator[bytes | memoryview]) -> None:
        with contextlib.closing(chunks):
            for chunk in chunks:
                self._hashing.update(chunk)
                self._into.write(chunk)
                self._done += len(chunk)
                self._tally.add(len(chunk))
        if self._done < self._file.size:
            raise UnavailableError(f"{self._file.path}: the bytes ended after {self._done:,} of {self._file.size:,}")

    def _linked(self, url: str) -> Generator[bytes | memoryview]:
        return self._routes.links.get(url, offset=self._done, size=self._file.size)

    def _frames(self) -> Generator[bytes | memoryview]:
        connection = self._routes.connection
        with connection.translated(DOWNLOAD_FILE):
            multicallable = connection.channel_for(DOWNLOAD_FILE).unary_stream(
                DOWNLOAD_FILE.path,
                request_serializer=DOWNLOAD_FILE.request.SerializeToString,
                response_deserializer=None,
            )
            request = pb.DownloadFileRequest(file_id=self._file.id, offset=self._done)
            # The call is the iterator of its answers; the types do not say so.
            call: Any = multicallable(request, metadata=connection.headers(DOWNLOAD_FILE))
            try:
                first = next(call, None)
                if first is None or not DOWNLOAD_FILE.answer_of(first).HasField("metadata"):
                    raise ServerError("DownloadFile: the server sent no metadata frame first")
                for frame in call:
                    yield chunk_of(frame)
            finally:
                # Harmless once the server has ended the stream; otherwise it is told to stop sending.
                call.cancel()

    def _verify(self) -> None:
        arrived = self._hashing.hexdigest()
        if self._done != self._file.size or arrived != self._file.sha256:
            kept = f"{self._file.size} bytes with SHA-256 {self._file.sha256}"
            problem = f"the server keeps {kept}, what arrived has {self._done} bytes with {arrived}"
            remedy = "download it again, or heal it: upload_artifact(…, resend=True)"
            raise ChecksumMismatchError(f"{self._file.path}: {problem}; {remedy}", field="checksum")


def _take_place(temporary: Path, wanted: Wanted) -> None:
    # Asked again: a long download lies between the first look and this one.
    if not wanted.overwrite and os.path.lexists(wanted.target):
        raise would_replace([wanted.target])
    temporary.replace(wanted.target)


@contextlib.contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Give a new file beside the target, and remove it unless it was put in the target's place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".modelbox-{uuid.uuid4().hex}.part")
    # With the rights that a new file has here; what `tempfile` makes is for its owner alone.
    temporary.touch(exist_ok=False)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
