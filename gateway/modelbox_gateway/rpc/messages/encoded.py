"""Messages put together from parts that are encoded already, so that what is much is written once.

Source: the protobuf wire format (protobuf.dev/programming-guides/encoding).
"""

from collections.abc import Iterable
from typing import Final

from google.protobuf.message import Message

_LENGTH_DELIMITED: Final = 2


def tag_of(message: type[Message] | Message, field: str) -> bytes:
    """Return what stands on the wire before the length of a field that is a message, text or bytes."""
    return varint(message.DESCRIPTOR.fields_by_name[field].number << 3 | _LENGTH_DELIMITED)


def varint(number: int) -> bytes:
    """Return a number from 0 as the wire has it."""
    groups = bytearray()
    while number > 0x7F:  # noqa: PLR2004  # the highest bit says that another group follows
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def with_items(answer: Message, field: str, items: Iterable[bytes]) -> bytes:
    """Return an answer, encoded, with encoded items in its repeated field.

    A message that is put into another is copied, and encoded again with it.
    """
    tag = tag_of(answer, field)
    parts = [answer.SerializeToString()]
    for item in items:
        parts += (tag, varint(len(item)), item)
    return b"".join(parts)
