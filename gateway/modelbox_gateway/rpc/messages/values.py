"""Between JSON values and protobuf's `Value`."""

import struct
from collections.abc import Sequence
from typing import Any, Final

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Value

from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rules.json_values import DOUBLE_EXACT_MAX

_NUMBERS_AT_ONCE_MIN: Final = 16
# One number of a ListValue on the wire: field 1 of 9 bytes, in it field 2 of fixed 64 bits.
_NUMBER: Final = "3sd"
_NUMBER_HEAD: Final = b"\x0a\x09\x11"


def from_value(field: str, value: Value) -> Any:
    """Return the JSON of a `Value`; a whole number that a double holds exactly becomes an int.

    Raises:
        InvalidFieldError: The value, or one inside it, is of no kind.
    """
    match value.WhichOneof("kind"):
        case "null_value":
            return None
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() and abs(number) <= DOUBLE_EXACT_MAX else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return {key: from_value(field, member) for key, member in value.struct_value.fields.items()}
        case "list_value":
            return [from_value(field, member) for member in value.list_value.values]
        case _:
            raise InvalidFieldError(field, "has no value; set null_value to say that there is none")


def fill_value(value: Value, json: Any) -> None:
    """Set a `Value` to a JSON value. A whole number beyond 2^53 is rounded to a double."""
    match json:
        case None:
            value.null_value = NULL_VALUE
        case bool():
            value.bool_value = json
        case int() | float():
            value.number_value = json
        case str():
            value.string_value = json
        case dict():
            value.struct_value.SetInParent()
            members = value.struct_value.fields
            for key, member in json.items():
                fill_value(members[key], member)
        case _:
            _fill_list(value.list_value, json)


def to_value(json: Any) -> Value:
    """Return a JSON value as a `Value`."""
    value = Value()
    fill_value(value, json)
    return value


def _fill_list(members: ListValue, json: Sequence[Any]) -> None:
    members.SetInParent()
    if len(json) >= _NUMBERS_AT_ONCE_MIN and set(map(type, json)) <= {int, float}:
        # Metric columns have thousands of numbers: written as bytes they take a hundredth of the time.
        parts = [_NUMBER_HEAD, 0.0] * len(json)
        parts[1::2] = json
        members.MergeFromString(struct.pack("<" + _NUMBER * len(json), *parts))
        return
    for member in json:
        fill_value(members.values.add(), member)
