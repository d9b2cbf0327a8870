"""Which JSON a value may be, of metadata or a hyperparameter, and the reading of JSON text that keeps to it.

Must not know: any kind of object.
"""

import json
import math
from typing import Any, Final

import msgspec

from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rules import fields, limits

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**64 - 1
DOUBLE_EXACT_MAX: Final = 2**53
"""Up to here every whole number is a double; a `Value`'s whole number beyond it may already have lost digits."""

_encode: Final = msgspec.json.Encoder().encode
_INT_DIGITS_MAX: Final = 20


class _RefusedError(ValueError):
    """A part of the text breaks a rule; says which."""


def parse(field: str, text: str, *, bytes_max: int = limits.METADATA_VALUE_BYTES_MAX) -> tuple[Any, int]:
    """Read one value from JSON text; return it and the bytes it takes as JSON, at most `bytes_max`.

    Raises:
        InvalidFieldError: It is no JSON (RFC 8259), or not one that `check` allows, or names an object's key twice.
    """
    if len(text) > bytes_max:
        raise InvalidFieldError(field, _too_long(len(text), bytes_max))
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_int=_int, parse_float=_float, parse_constant=_constant
        )
    except _RefusedError as error:
        raise InvalidFieldError(field, str(error)) from error
    except RecursionError as error:
        raise InvalidFieldError(field, _too_deep()) from error
    except ValueError as error:
        raise InvalidFieldError(field, f"is not JSON: {error}") from error
    return value, check(field, value, bytes_max=bytes_max)


def check(field: str, value: Any, *, bytes_max: int = limits.METADATA_VALUE_BYTES_MAX) -> int:
    """Return the bytes that a value takes as JSON, if it may be kept: metadata by the default bound.

    Raises:
        InvalidFieldError: It is nested too deeply or too long; a number is not finite or has over 64 bits; or a string
            holds NUL or half a surrogate pair.
    """
    _check(field, value, limits.METADATA_DEPTH_MAX)
    size = len(_encode(value))
    if size > bytes_max:
        raise InvalidFieldError(field, _too_long(size, bytes_max))
    return size


def _check(field: str, value: Any, depth: int) -> None:
    match value:
        case str():
            fields.text(field, value)
        case bool() | None:
            pass
        case int() | float():
            _check_number(field, value)
        case dict() | list():
            if depth == 0:
                raise InvalidFieldError(field, _too_deep())
            for key in value if isinstance(value, dict) else ():
                fields.text(field, key)
            for member in value.values() if isinstance(value, dict) else value:
                _check(field, member, depth - 1)
        case _:
            raise InvalidFieldError(field, f"holds a {type(value).__name__}, which is not JSON")


def _check_number(field: str, value: float) -> None:
    if isinstance(value, int):
        if not INT_MIN <= value <= INT_MAX:
            raise InvalidFieldError(field, "holds a whole number beyond 64 bits; give it as a string")
    elif not math.isfinite(value):
        raise InvalidFieldError(field, f"holds {value}, which JSON has not; give it as a string")


def _too_deep() -> str:
    return f"is nested more than {limits.METADATA_DEPTH_MAX} deep; flatten it"


def _too_long(size: int, bytes_max: int) -> str:
    return f"takes {size} bytes as JSON; at most {bytes_max} are allowed, upload it as a file"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _RefusedError(f"names the key {key[:80]!r} twice; name it once")
            seen.add(key)
    return members


def _int(digits: str) -> int:
    if len(digits) > _INT_DIGITS_MAX:
        raise _RefusedError("holds a whole number beyond 64 bits; give it as a string")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _RefusedError(f"holds the number {digits[:40]}, which no double can hold; give it as a string")
    return value


def _constant(word: str) -> Any:
    raise _RefusedError(f"holds {word}, which JSON has not; give it as a string")
