"""What a store of blobs is: the contract of the stores here and of those that plug-ins bring.

A blob is a file's bytes under the hexadecimal SHA-256 that they have, which is their place in every store: the same
bytes are kept once. A store is synchronous and is called from several threads at once; hashing, reading ahead, the
bounds on threads and what is swept are the business of those who use it (`blobs.py`, `sweep.py`).

What every store promises, and `tests/integration/blobs/blob_store_contract.py` holds it to:

- A blob is at its place whole and durable, or not at all; nothing that is half written can be read.
- Bytes that are kept replace those at their place at once: a damaged blob is healed by uploading it again, and who
  reads the old bytes reads them to their end.
- What a store cannot do now raises `BlobStoreUnavailableError`, and the same call may succeed later. What it will not
  do until somebody mends it (a missing bucket, a wrong key) raises `BlobStoreRefusedError` from `prepare`.
- A store holds nothing in memory that another process would need: any number of them share one store.

A plug-in names a function in the entry-point group `modelbox.blob_stores`. It is called with the options of section
`artifact_storage_plugin` and returns a `BlobStore`.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

import msgspec


class StoredBlob(msgspec.Struct, frozen=True):
    """A blob in the store: its SHA-256, its length in bytes, and since when it is where it is."""

    sha256: str
    size: int
    since: datetime


class AbandonedUpload(msgspec.Struct, frozen=True):
    """What an upload that never ended left: its name in the store, its bytes, and when it last grew."""

    name: str
    size: int
    since: datetime


class OwnerMark(msgspec.Struct, frozen=True):
    """Whose the store is: the last of the marks that were written, which number from 1, and where a person finds them.

    What it says is written and read by `claim.py` alone.
    """

    number: int
    data: bytes
    place: str


class BlobWriter(Protocol):
    """Takes one blob's bytes. Its calls come one at a time, from any thread; `discard` is the last."""

    def write(self, data: bytes) -> None:
        """Take more bytes."""

    def keep(self, sha256: str) -> None:
        """Give the bytes their place. When this returns they are durable there."""

    def discard(self) -> None:
        """Remove what is not at its place, and let go of everything; also after `keep`."""


class BlobReader(Protocol):
    """Gives one blob's bytes. Its calls come one at a time, from any thread; `close` is the last."""

    @property
    def size(self) -> int:
        """The length of the whole blob, in bytes."""
        ...

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, the next ones; none at the end."""
        ...

    def close(self) -> None:
        """Let go of everything, also in the middle."""


class UploadReader(BlobReader, Protocol):
    """Gives the bytes of an upload that were put together."""

    @property
    def version(self) -> str:
        """Which bytes these are: others that are put together under the same name have another one."""
        ...


class SignedPart(msgspec.Struct, frozen=True):
    """A piece of a file and where to PUT its bytes; `number` counts from 1."""

    number: int
    offset: int
    size: int
    url: str


class SignedUpload(msgspec.Struct, frozen=True):
    """An upload by signed links that is under way.

    `token` is the store's own name for it; `parts` are those still missing; their links work until `expires_at`.
    """

    token: str
    parts: tuple[SignedPart, ...]
    expires_at: datetime


class SignedLinks(Protocol):
    """What a store adds whose clients can transfer straight to and from it, by links that it signs.

    An upload has a name that its caller draws from the file's identity, so that the same file goes on where it broke
    off. Its bytes are nobody's until `keep`, which is called when they were read back and have the right SHA-256.
    """

    @property
    def upload_bytes_min(self) -> int:
        """Files smaller than this are not worth the calls."""
        ...

    def begin(self, name: str, *, size: int) -> SignedUpload:
        """Begin an upload of so many bytes, or go on with the one that has this name."""
        ...

    def complete(self, name: str, token: str, *, size: int) -> None:
        """Put the parts together, so that `reader` gives them; again after it was done changes nothing.

        Raises:
            UploadIncompleteError: Parts are missing.
            UploadNotFoundError: There is no such upload.
        """

    def reader(self, name: str) -> UploadReader | None:
        """Open what was put together, or return None where there is nothing."""
        ...

    def keep(self, name: str, sha256: str, *, version: str) -> None:
        """Give the bytes that were read and found right their place; what was put together stays until `discard`.

        Whoever has links may have others put together in between.

        Raises:
            UploadNotFoundError: There is no such upload, or it has other bytes by now.
        """

    def discard(self, name: str) -> None:
        """Remove every trace of the upload; one that is not there is no error."""

    def download_link(self, sha256: str, *, name: str) -> tuple[str, datetime]:
        """Return a link that gives a blob's bytes to a GET, also to one of a range, and until when it works.

        Its answer tells a browser to save the bytes under this name (`attachment_header`), never to show them.
        """
        ...


class BlobStore(Protocol):
    """A store of blobs."""

    @property
    def links(self) -> SignedLinks | None:
        """Direct transfers, or None where clients cannot reach the store."""
        ...

    def prepare(self) -> None:
        """Make the store ready; called once, before anything else.

        Raises:
            BlobStoreRefusedError: It will not work until somebody mends it; the message says what.
            BlobStoreUnavailableError: It does not answer now.
        """

    def owner(self) -> OwnerMark | None:
        """Return the last mark of an owner; None where nobody has taken the store yet."""
        ...

    def claim(self, data: bytes, *, number: int) -> None:
        """Write a mark, durably, unless there is one of this number: of several at once the first stays, whole.

        Who called asks `owner` whose it is now.
        """

    def writer(self) -> BlobWriter:
        """Begin to take a blob; nothing is done before its first `write`, which may have no bytes."""
        ...

    def size(self, sha256: str) -> int | None:
        """Return a blob's length in bytes, or None when it is not at its place."""
        ...

    def reader(self, sha256: str, *, offset: int = 0) -> BlobReader | None:
        """Open a blob, to be read from `offset` (less than its length, or 0); None when it is not at its place."""
        ...

    def stored(self) -> Iterator[StoredBlob]:
        """Return every blob that is at its place; one that comes or goes meanwhile may be among them or not."""
        ...

    def set_aside(self, sha256: str) -> None:
        """Move a blob from its place to where only `put_back` finds it, with this time; none may be there."""

    def aside(self) -> Iterator[StoredBlob]:
        """Return every blob that was set aside."""
        ...

    def put_back(self, sha256: str) -> bool:
        """Bring a blob that was set aside to its place, unless one is there; tell whether one is there now.

        It also stays where it is until `remove`: whoever removed it here might meet a sweep that just moved the one at
        its place there.
        """
        ...

    def remove(self, sha256: str) -> None:
        """Remove a blob that was set aside, for good; one at its place stays."""

    def abandoned(self) -> Iterator[AbandonedUpload]:
        """Return what uploads left that did not end, or whose end is not known here."""
        ...

    def remove_abandoned(self, name: str) -> None:
        """Remove what one of them left."""

    def close(self) -> None:
        """Let go of everything; no call follows."""


OpenBlobStore = Callable[[Mapping[str, str]], BlobStore]
"""What an entry point of the group `modelbox.blob_stores` names."""
