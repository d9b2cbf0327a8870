"""The frames of a file on its way, read and written without the copies that messages make of its bytes."""

from typing import Final

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.rpc.frame.undecodable import decode, read_varint
from modelbox_gateway.rpc.messages.encoded import tag_of, varint

Frame = pb.UploadFileRequest | memoryview | bytes
"""A frame of an upload: bytes of the file, or a message that holds something else."""

VIEWED_BYTES_MIN: Final = 4096
"""Fewer bytes are copied: a view takes more memory than they do, and holds the frame."""

_UPLOADED: Final = tag_of(pb.UploadFileRequest, "chunks")
_DOWNLOADED: Final = tag_of(pb.DownloadFileResponse, "chunks")


def read_frame(data: bytes) -> Frame:
    """Return a frame of an upload.

    Raises:
        InvalidFieldError: The bytes are no such message; it names the field at fault.
    """
    if data.startswith(_UPLOADED):
        size, place = read_varint(data, len(_UPLOADED), ("chunks",))
        if place + size == len(data):
            return data[place:] if size < VIEWED_BYTES_MIN else memoryview(data)[place:]
    frame = decode(pb.UploadFileRequest, data)
    return frame.chunks if frame.HasField("chunks") else frame


def frame_of(chunk: bytes) -> bytes:
    """Return bytes of a file as a frame of a download, encoded."""
    return b"".join((_DOWNLOADED, varint(len(chunk)), chunk))
