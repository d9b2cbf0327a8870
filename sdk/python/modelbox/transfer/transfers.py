"""Many files at once: the door of this package.

Must not know: objects; only the id of the one that files belong to.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeVar

from modelbox.limits import FILES_AT_ONCE
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.cache import Cache, CacheSettings
from modelbox.transfer.download import download
from modelbox.transfer.places import place_of
from modelbox.transfer.progress import Listener
from modelbox.transfer.small import download_together, in_calls, upload_together
from modelbox.transfer.together import together
from modelbox.transfer.upload import upload
from modelbox.transfer.ways import Ways
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
        self._ways = Ways(connection, blob_address=blob_address, cache=None if cache is None else Cache(cache))

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
                return upload_together(self._ways, parent_id, part, listener=listener)
            return [upload(self._ways, parent_id, part[0], listener=listener, resend=resend)]

        sizes = (None if resend else _size(file) for file in files)
        return _in_calls(send, files, sizes, listener)

    def download(
        self, files: Sequence[pb.FileMetadata], folder: Path, *, on_progress: OnProgress | None = None
    ) -> list[Path]:
        """Fetch files into a folder and return where each is, in their order; of several with one place, the first.

        Args:
            files: What is known of each, at least its `id`.

        Raises:
            ChecksumMismatchError: Other bytes arrived than the server keeps.
            ModelBoxError: The server refused, or did not answer.
            OSError: The folder cannot be written.
        """
        first: dict[object, pb.FileMetadata] = {}
        for file in files:
            first.setdefault(place_of(file.path, file_id=file.id) if file.path else file.id, file)
        listener = Listener(on_progress)

        def fetch(part: Sequence[pb.FileMetadata]) -> list[Path]:
            if len(part) > 1:
                return download_together(self._ways, part, folder, listener=listener)
            return [download(self._ways, part[0], folder, listener)]

        wanted = list(first.values())
        return _in_calls(fetch, wanted, (file.size if file.sha256 else None for file in wanted), listener)

    def forget(self) -> None:
        """Begin afresh in a forked child."""
        self._ways.forget()

    def cut(self) -> None:
        """End what is on its way and take no more."""
        self._ways.cut()


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
