"""The frames of a file on its way, written and read without the copies that messages make of its bytes.

Source: the protobuf wire format (protobuf.dev/programming-guides/encoding).
"""

from typing import Final

from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport.methods import DOWNLOAD_FILE

_LENGTH_DELIMITED: Final = 2
_HEAD_BYTES_MAX: Final = 6
"""Before bytes of a file: in a frame of up to 4 GiB, more than gRPC carries in one."""


def _tag(message: type[pb.UploadFileRequest | pb.DownloadFileResponse]) -> bytes:
    return bytes([message.DESCRIPTOR.fields_by_name["chunks"].number << 3 | _LENGTH_DELIMITED])


_UPLOADED: Final = _tag(pb.UploadFileRequest)
_DOWNLOADED: Final = _tag(pb.DownloadFileResponse)


def frame_of(chunk: bytes | memoryview) -> bytes:
    """Return bytes of a file as a frame of an upload, encoded."""
    return b"".join((_UPLOADED, _varint(len(chunk)), chunk))


def chunk_of(frame: bytes) -> bytes | memoryview:
    """Return the bytes of a file that a frame of a download has, none of another.

    Raises:
        ServerError: The frame is none.
    """
    # The head is followed by as many bytes as it says, so all that it can be follows from the frame's length.
    for head_size in range(2, _HEAD_BYTES_MAX + 1):
        head = _DOWNLOADED + _varint(max(0, len(frame) - head_size))
        if len(head) == head_size and frame.startswith(head):
            return memoryview(frame)[head_size:]
    return DOWNLOAD_FILE.answer_of(frame).chunks


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number > 0x7F:  # noqa: PLR2004  # the highest bit says that another group follows
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)
