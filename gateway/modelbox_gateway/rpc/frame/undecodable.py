"""Requests: from bytes to messages. Bytes that are no message are walked field by field, to name the one at fault.

Source: the protobuf wire format (protobuf.dev/programming-guides/encoding).
"""

from typing import Any, Final, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from modelbox_gateway.errors import InvalidFieldError

DEPTH_MAX: Final = 100
"""Messages inside each other; protobuf's readers stop there."""

FIELDS_WALKED_MAX: Final = 10_000
"""Fields looked at in search of the fault; a request with more is refused without a name."""

_VARINT_BYTES_MAX: Final = 10

_Descriptor = Any  # protobuf has two classes for it, one of them private, and no common base

Request = TypeVar("Request", bound=Message)


def decode(request_type: type[Request], data: bytes) -> Request:
    """Read a request.

    Raises:
        InvalidFieldError: The bytes are no such message; it names the field at fault.
    """
    try:
        return request_type.FromString(data)
    except DecodeError as error:
        _Walk().message(request_type.DESCRIPTOR, data, (), 1)
        raise InvalidFieldError("request", f"the bytes are no {request_type.DESCRIPTOR.name}") from error


class _Walk:
    """A search for the first field that breaks the message; it gives up after `FIELDS_WALKED_MAX`."""

    def __init__(self) -> None:
        self._left = FIELDS_WALKED_MAX

    def message(self, descriptor: _Descriptor, data: bytes, path: tuple[str, ...], depth: int) -> None:
        if depth > DEPTH_MAX:
            raise InvalidFieldError(
                _named(path[:2]), f"holds more than {DEPTH_MAX} messages inside each other; flatten it"
            )
        place = 0
        while place < len(data) and self._left > 0:
            self._left -= 1
            tag, place = read_varint(data, place, path)
            field = descriptor.fields_by_number.get(tag >> 3)
            inside = (*path, field.name) if field is not None else path
            match tag & 7:
                case 0:
                    _, place = read_varint(data, place, inside)
                case 1:
                    place += 8
                case 5:
                    place += 4
                case 2:
                    size, place = read_varint(data, place, inside)
                    if place + size > len(data):
                        raise InvalidFieldError(_named(inside), "is cut off; send the whole message")
                    self._value(field, data[place : place + size], inside, depth)
                    place += size
                case wire_type:
                    raise InvalidFieldError(_named(inside), f"has wire type {wire_type}, which no field here has")
        if place > len(data):
            raise InvalidFieldError(_named(path), "is cut off; send the whole message")

    def _value(self, field: FieldDescriptor | None, data: bytes, path: tuple[str, ...], depth: int) -> None:
        if field is None:
            return
        if field.type == FieldDescriptor.TYPE_STRING:
            try:
                data.decode()
            except UnicodeDecodeError as error:
                raise InvalidFieldError(_named(path), f"is not UTF-8: {error.reason} at byte {error.start}") from error
        elif field.message_type is not None:
            self.message(field.message_type, data, path, depth + 1)


def read_varint(data: bytes, place: int, path: tuple[str, ...]) -> tuple[int, int]:
    """Return a number of the wire format and the place behind it; `path` is the field that it is of.

    Raises:
        InvalidFieldError: It is none.
    """
    value = shift = 0
    for byte in data[place : place + _VARINT_BYTES_MAX]:
        value |= (byte & 0x7F) << shift
        shift += 7
        place += 1
        if byte < 0x80:  # noqa: PLR2004  # the highest bit says that another byte follows
            return value, place
    raise InvalidFieldError(_named(path), "is cut off or has a number of over 64 bits; send the whole message")


def _named(path: tuple[str, ...]) -> str:
    return ".".join(path) or "request"
