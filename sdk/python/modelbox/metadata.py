"""Metadata values as JSON text, both ways.

Any Python value that JSON can hold, and arrays and scalars of numpy and torch as the lists and numbers they hold.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from modelbox.errors import InvalidFieldError
from modelbox.fields import check_name, check_text_value
from modelbox.limits import VALUE_BYTES_MAX, VALUE_DEPTH_MAX
from modelbox.wire import value_of

_INT_MIN: Final = -(2**63)
_INT_MAX: Final = 2**64 - 1


def encode_metadata(
    metadata: Mapping[str, Any], *, what: str = "metadata", bytes_max: int = VALUE_BYTES_MAX
) -> dict[str, str]:
    """Return each value as JSON text.

    Args:
        what: What the values are, for the message of an error.
        bytes_max: The most bytes that a value may have as JSON.

    Raises:
        InvalidFieldError: Something in it has no JSON form, or a value is larger than `bytes_max` or deeper than
            `VALUE_DEPTH_MAX`; the field says where.
    """
    if not isinstance(metadata, Mapping):
        raise InvalidFieldError.of(what, f"needs a dict, not {type(metadata).__name__}")
    return {
        check_name(f"{what} key", key): _encode_value(f"{what}[{key[:80]!r}]", value, bytes_max)
        for key, value in metadata.items()
    }


def decode_metadata(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of JSON texts."""
    return {key: value_of(text) for key, text in texts.items()}


def _encode_value(field: str, value: object, bytes_max: int) -> str:
    # Text is measured first, so that a value far too large is refused without being copied.
    if isinstance(value, (str, bytes)) and len(value) > bytes_max:
        _refuse_size(field, len(value), bytes_max)
    text = json.dumps(_plain(field, value, depth=0), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    size = len(text.encode())
    if size > bytes_max:
        _refuse_size(field, size, bytes_max)
    return text


def _refuse_size(field: str, size: int, bytes_max: int) -> None:
    allowed = f"at most {bytes_max:,} are allowed; upload larger things as an artifact"
    raise InvalidFieldError.of(field, f"{size:,} bytes as JSON; {allowed}")


def _plain(field: str, value: object, *, depth: int) -> Any:
    """Return the value in Python's own JSON types, every rule checked, the field naming the place inside."""
    if depth > VALUE_DEPTH_MAX or (depth == VALUE_DEPTH_MAX and isinstance(value, (Mapping, list, tuple))):
        raise InvalidFieldError.of(field[:200], f"is nested more than {VALUE_DEPTH_MAX} deep; flatten it")
    match value:
        case None | bool():
            return value
        case str():
            check_text_value(field, value)
            return str(value)
        case int():
            return _plain_int(field, value)
        case float():
            return _plain_float(field, value)
        case Mapping():
            return _plain_object(field, value, depth=depth)
        case list() | tuple():
            return [_plain(f"{field}[{index}]", item, depth=depth + 1) for index, item in enumerate(value)]
        case _:
            to_list = getattr(value, "tolist", None)
            if not callable(to_list):
                raise InvalidFieldError.of(field, f"{type(value).__name__} has no JSON form")
            return _plain(field, to_list(), depth=depth + 1)


def _plain_int(field: str, value: int) -> int:
    if not _INT_MIN <= value <= _INT_MAX:
        raise InvalidFieldError.of(field, f"a whole number of {value.bit_length()} bits; write it as a string")
    return int(value)


def _plain_float(field: str, value: float) -> float:
    if not math.isfinite(value):
        raise InvalidFieldError.of(field, f"JSON has no {value}; write it as a string or null")
    return float(value)


def _plain_object(field: str, value: Mapping[object, object], *, depth: int) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, (str, int)) or isinstance(key, bool):
            raise InvalidFieldError.of(field, f"an object's key is a string, not {type(key).__name__}")
        name = str(key)
        check_text_value(field, name)
        if name in plain:
            raise InvalidFieldError.of(field, f"the key {name[:80]!r} stands twice in it")
        plain[name] = _plain(f"{field}[{name[:80]!r}]", item, depth=depth + 1)
    return plain
