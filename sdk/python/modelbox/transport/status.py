"""What the server says of an error beside its code: google.rpc.ErrorInfo and RetryInfo inside google.rpc.Status.

They are described here as far as they are read, so that the client needs no package for a few small messages.
Source: google/rpc/status.proto and google/rpc/error_details.proto of googleapis.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

DETAILS_KEY: Final = "grpc-status-details-bin"
"""The trailing metadata that carries the status."""

DOMAIN: Final = "modelbox"
"""The domain of the reasons of our server."""

_ERROR_INFO_URL: Final = "type.googleapis.com/google.rpc.ErrorInfo"
_RETRY_INFO_URL: Final = "type.googleapis.com/google.rpc.RetryInfo"
_PACKAGE: Final = "modelbox.status"


class Reason(NamedTuple):
    """A machine-readable reason, and what the server says with it, such as the `field`."""

    reason: str
    metadata: Mapping[str, str]


class Said(NamedTuple):
    """What an answer says beside its code: a reason of ours, and how long to wait before the next try, in seconds."""

    reason: Reason | None = None
    retry_after_s: float = 0.0


def said_in(trailing_metadata: Iterable[tuple[str, str | bytes]]) -> Said:
    """Return what the server, or whoever answered, says; of reasons only ours."""
    for key, value in trailing_metadata:
        if key == DETAILS_KEY and isinstance(value, bytes):
            try:
                return _said_in_status(value)
            except DecodeError:
                return Said()
    return Said()


def _said_in_status(data: bytes) -> Said:
    reason, retry_after_s = None, 0.0
    for detail in _Status.FromString(data).details:
        if detail.type_url == _ERROR_INFO_URL and reason is None:
            info = _ErrorInfo.FromString(detail.value)
            if info.domain == DOMAIN:
                reason = Reason(info.reason, {entry.key: entry.value for entry in info.metadata})
        elif detail.type_url == _RETRY_INFO_URL:
            for hint in _RetryInfo.FromString(detail.value).retry_delay:
                retry_after_s = max(0.0, hint.seconds + hint.nanos / 1e9)
    return Said(reason, retry_after_s)


def _message(name: str, *fields: tuple[str, int, int | str]) -> DescriptorProto:
    """Describe a message by its fields: name, number, and a type or the name of a repeated message."""
    message = DescriptorProto(name=name)
    for field_name, number, kind in fields:
        field = message.field.add(name=field_name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
        if isinstance(kind, str):
            field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            field.label = FieldDescriptorProto.LABEL_REPEATED
        else:
            field.type = FieldDescriptorProto.Type.ValueType(kind)
    return message


_STRING: Final = FieldDescriptorProto.TYPE_STRING
_BYTES: Final = FieldDescriptorProto.TYPE_BYTES
_INT64: Final = FieldDescriptorProto.TYPE_INT64
_INT32: Final = FieldDescriptorProto.TYPE_INT32

# A pool of its own: the server's process has the real ones in the default pool.
_pool: Final = DescriptorPool()
_pool.AddSerializedFile(
    FileDescriptorProto(
        name="modelbox/status.proto",
        package=_PACKAGE,
        syntax="proto3",
        message_type=[
            _message("Status", ("details", 3, "Detail")),
            _message("Detail", ("type_url", 1, _STRING), ("value", 2, _BYTES)),
            _message("ErrorInfo", ("reason", 1, _STRING), ("domain", 2, _STRING), ("metadata", 3, "Entry")),
            # A map on the wire is a repeated message of key and value.
            _message("Entry", ("key", 1, _STRING), ("value", 2, _STRING)),
            # One message on the wire reads as a repeated one, which there is a name for above.
            _message("RetryInfo", ("retry_delay", 1, "Duration")),
            _message("Duration", ("seconds", 1, _INT64), ("nanos", 2, _INT32)),
        ],
    ).SerializeToString()
)
_Status: Final[Any] = GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.Status"))
_ErrorInfo: Final[Any] = GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.ErrorInfo"))
_RetryInfo: Final[Any] = GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.RetryInfo"))
