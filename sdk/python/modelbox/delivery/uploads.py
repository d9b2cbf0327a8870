"""Uploads that wait: which file of this machine goes to which object, and that it is still the same when it is sent."""

import shutil
from os import fspath
from pathlib import Path

import msgspec

from modelbox.enums import FileType
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_text
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.files import wire_file
from modelbox.transfer.transfers import Transfers
from modelbox.values import LocalFile, OnProgress


class _Upload(msgspec.Struct, frozen=True):
    """A file to upload, as it was when that was asked for; `file` is what the wire says of it.

    `is_ours`: an earlier version wrote it for this upload alone, in a folder of its own, which goes once it is sent.
    """

    object_id: str
    path: str
    size: int
    mtime_ns: int
    file: bytes
    is_ours: bool = False


def describe(object_id: str, file: LocalFile) -> bytes:
    """Return an upload as a record keeps it.

    Args:
        object_id: Whose the file becomes.
        file: The file.

    Raises:
        InvalidFieldError: The file does not exist or is no file.
    """
    path = Path(file.path).absolute()
    if not path.is_file():
        raise InvalidFieldError.of("file", f"{fspath(file.path)[:300]!r} does not exist or is no file")
    size, mtime_ns = _state(path)
    wire = wire_file(file, parent_id=check_text("object_id", object_id)).SerializeToString()
    return msgspec.msgpack.encode(_Upload(object_id, fspath(path), size, mtime_ns, wire))


def object_of(described: bytes) -> str:
    """Return the id of the object that a file is uploaded to.

    Raises:
        msgspec.MsgspecError: It is no upload.
    """
    return msgspec.msgpack.decode(described, type=_Upload).object_id


def send_upload(transfers: Transfers, described: bytes, on_progress: OnProgress | None = None) -> bytes:
    """Send the file of an upload; return nothing, for nobody waits for its answer.

    Raises:
        InvalidFieldError: The file has gone, cannot be read, or is another one by now.
        ModelBoxError: The server refused, or did not answer.
    """
    wanted = msgspec.msgpack.decode(described, type=_Upload)
    path = Path(wanted.path)
    wire = pb.FileMetadata.FromString(wanted.file)
    try:
        if _state(path) != (wanted.size, wanted.mtime_ns):
            raise InvalidFieldError.of("file", f"{wanted.path!r} has changed since its upload was asked for; not sent")
        file = LocalFile(path, wire.checksum, FileType(wire.file_type), wire.path)
        transfers.upload(wanted.object_id, [file], on_progress=on_progress)
    except OSError as error:
        raise InvalidFieldError.of("file", f"{wanted.path!r} cannot be uploaded any more: {error}") from None
    if wanted.is_ours:
        shutil.rmtree(path.parent, ignore_errors=True)
    return b""


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
