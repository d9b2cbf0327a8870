"""Many files at once: the door of this package."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeVar

from modelbox.limits import FILES_AT_ONCE
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.artifact_paths import targets_of
from modelbox.transfer.cache import Cache, CacheSettings
from modelbox.transfer.download import described, download
from modelbox.transfer.present import Wanted, missing
from modelbox.transfer.progress import Listener
from modelbox.transfer.routes import Routes
from modelbox.transfer.small import download_together, in_calls, upload_together
from modelbox.transfer.together import together
from modelbox.transfer.upload import upload
from modelbox.transport.connection import Connection
from modelbox.values import LocalFile, OnProgress

Item = TypeVar("Item")
Result = TypeVar("Result")


class Transfers:
    """Sends and fetches files. Safe to use from several threads."""

    def __init__(self, connection: Connection, *, blob_address: str = "", cache: CacheSettings | None = None) -> None:
        """Open nothing yet.

        Args:
            connection: To the server.
            blob_address: `host:port` of a server that carries files; without it the first one does.
            cache: Where downloaded files are kept for the next time; nowhere, unless given.
        """
        self._routes = Routes(connection, blob_address=blob_address, cache=None if cache is None else Cache(cache))

    def upload(
        self,
        parent_id: str,
        files: Sequence[LocalFile],
        *,
        on_progress: OnProgress | None = None,
        resend: bool = False,
    ) -> list[pb.FileMetadata]:
        """Send files of one object and return what the wire says of each, in their order.

        After an error no further file is begun; those that are there stay.

        Args:
            on_progress: Called after each piece.
            resend: Send bytes although they are there.

        Raises:
            ChecksumMismatchError: Other bytes arrived than were sent.
            ModelBoxError: The server refused, or did not answer.
            OSError: A file cannot be read.
        """
        listener = Listener(on_progress)

        def send(part: Sequence[LocalFile]) -> list[pb.FileMetadata]:
            if len(part) > 1:
                return upload_together(self._routes, parent_id, part, listener=listener)
            return [upload(self._routes, parent_id, part[0], listener=listener, resend=resend)]

        sizes = (None if resend else _size(file) for file in files)
        return _in_calls(send, files, sizes, listener)

    def download(
        self,
        files: Sequence[pb.FileMetadata],
        folder: Path,
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
    ) -> list[Path]:
        """Fetch files into a folder and return where each is, in their order. What is there already is not fetched.

        Args:
            files: What is known of each, at least its `id`.
            folder: Made if it is missing.
            overwrite: Replace files that differ.
            on_progress: Called after each piece.

        Raises:
            InvalidFieldError: Not all files find a place in the folder, or would replace others; none was fetched.
            ChecksumMismatchError: Other bytes arrived than the server keeps.
            ModelBoxError: The server refused, or did not answer.
            OSError: The folder cannot be written.
        """
        listener = Listener(on_progress)

        def describe(file: pb.FileMetadata) -> pb.FileMetadata:
            return described(self._routes, file)

        def fetch(part: Sequence[Wanted]) -> list[Path]:
            if len(part) > 1:
                return download_together(self._routes, part, listener=listener)
            return [download(self._routes, part[0], listener)]

        each = list({file.id: file for file in files}.values())
        known = together(describe, each, at_once=FILES_AT_ONCE, stop=listener.stop)
        targets = targets_of(known, folder)
        wanted = [Wanted(file, target, overwrite) for file, target in zip(known, targets, strict=True)]
        left = missing(wanted)
        _in_calls(fetch, left, (one.file.size for one in left), listener)
        places = {file.id: target for file, target in zip(each, targets, strict=True)}
        return [places[file.id] for file in files]

    def forget(self) -> None:
        """Begin afresh in a forked child."""
        self._routes.forget()

    def cut(self) -> None:
        """End what is on its way and take no more."""
        self._routes.cut()


def _in_calls(
    work: Callable[[Sequence[Item]], list[Result]],
    items: Sequence[Item],
    sizes: Iterable[int | None],
    listener: Listener,
) -> list[Result]:
    """Transfer small files together and each other one by itself, several calls at once; return what each brought."""
    calls = in_calls(sizes)

    def call(numbers: Sequence[int]) -> list[Result]:
        return work([items[number] for number in numbers])

    brought = together(call, calls, at_once=FILES_AT_ONCE, stop=listener.stop)
    results = dict(zip(chain(*calls), chain(*brought), strict=True))
    return [results[number] for number in range(len(items))]


def _size(file: LocalFile) -> int | None:
    try:
        return Path(file.path).stat().st_size
    except OSError:  # said when it is read
        return None
