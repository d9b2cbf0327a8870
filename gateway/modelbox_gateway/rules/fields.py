"""The rules that every field of a request obeys: one function a kind of field, and no other place.

Each takes the field's name as the wire contract has it, returns the value as the log will hold it, and raises
`InvalidFieldError` with the remedy.

Must not know: any kind of object.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rules import limits

DEFAULT_NAMESPACE: Final = "default"
"""The namespace that an empty one stands for."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_IN_TEXT: Final = re.compile(r"[\x00\ud800-\udfff]")
_CHECKSUM: Final = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{64})?")
_DIGEST: Final = re.compile(r"(?:[a-z0-9][a-z0-9_.+-]*:[0-9a-f]+)?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_S_MIN: Final = -62_135_596_800  # the beginning of the year 1
_NANOS: Final = 1_000_000_000
_ID_CHARS: Final = 36
_SECONDS_MAX: Final = int(limits.WALLCLOCK_S_MAX)


def name(field: str, value: str) -> str:
    """Return a name: 1 to 255 characters, none of them a control character, no blank at either end."""
    if not value:
        raise InvalidFieldError(field, f"is empty; give 1 to {limits.NAME_CHARS_MAX} characters")
    return optional_name(field, value)


def optional_name(field: str, value: str) -> str:
    """Return a name or the empty string."""
    _refuse_longer(field, value, limits.NAME_CHARS_MAX)
    if value.isascii() and value.isprintable():
        if value and (value[0] == " " or value[-1] == " "):
            raise InvalidFieldError(field, "begins or ends with a blank; remove it")
        return value
    _refuse_characters(field, value)
    if value != value.strip():
        raise InvalidFieldError(field, "begins or ends with a blank; remove it")
    return value


def namespace(field: str, value: str) -> str:
    """Return a namespace; an empty one is `default`."""
    return optional_name(field, value) or DEFAULT_NAMESPACE


def description(field: str, value: str) -> str:
    """Return a text of at most 16 Ki characters; line ends and tabs are welcome, NUL is not."""
    _refuse_longer(field, value, limits.DESCRIPTION_CHARS_MAX)
    return text(field, value)


def text(field: str, value: str) -> str:
    """Return a string of any length without NUL and lone surrogates, which Postgres and UTF-8 cannot hold."""
    if (found := _NOT_IN_TEXT.search(value)) is not None:
        raise InvalidFieldError(field, f"holds {_quote(found.group())} at character {found.start()}; remove it")
    return value


def path(field: str, value: str) -> str:
    """Return an artifact's path: a label or URI of 1 to 1,024 characters, without any `..` component."""
    if not value:
        raise InvalidFieldError(field, f"is empty; give 1 to {limits.PATH_CHARS_MAX} characters")
    location(field, value)
    if ".." in value and ".." in re.split(r"[/\\]", value):
        raise InvalidFieldError(field, "has a '..' component; give the path without it")
    return value


def location(field: str, value: str) -> str:
    """Return where something is kept, a path or URI that nothing here opens, or the empty string."""
    _refuse_longer(field, value, limits.PATH_CHARS_MAX)
    _refuse_characters(field, value)
    return value


def digest(field: str, value: str) -> str:
    """Return the digest of content in lower case, as `algorithm:hexadecimal`, or the empty string."""
    lower = optional_name(field, value).lower()
    if _DIGEST.fullmatch(lower) is None:
        raise InvalidFieldError(
            field, f"{value[:80]!r} is not like sha256:9f86d0…; write the algorithm, a colon and hexadecimal digits"
        )
    return lower


def short_text(field: str, value: str) -> str:
    """Return a text of at most 255 characters that others chose, such as a column's name; it may be empty."""
    _refuse_longer(field, value, limits.NAME_CHARS_MAX)
    return text(field, value)


def upload_checksum(field: str, value: str) -> str:
    """Return the checksum of an upload in lower case: MD5 (32 hex digits), SHA-256 (64), or empty."""
    lower = value[:65].lower()
    if _CHECKSUM.fullmatch(lower) is None:
        raise InvalidFieldError(
            field,
            f"{value[:80]!r} is neither an MD5 (32 hexadecimal digits) nor a SHA-256 (64); leave it empty if unknown",
        )
    return lower


def object_id(field: str, value: str) -> UUID:
    """Return the id that a call returned, 36 characters of hexadecimal digits and hyphens."""
    if not value:
        raise InvalidFieldError(field, "is empty; give the id that a call returned")
    if len(value) == _ID_CHARS:
        try:
            parsed = UUID(value)
        except ValueError:
            pass
        else:
            if str(parsed) == value.lower():
                return parsed
    raise InvalidFieldError(field, f"{value[:80]!r} is not an id; give one as a call returned it")


def step(field: str, value: int) -> int:
    """Return a metric's step, 0 to 2^63-1."""
    if not 0 <= value <= limits.STEP_MAX:
        raise InvalidFieldError(field, f"{value} is out of range; give 0 to {limits.STEP_MAX}")
    return value


def count(field: str, value: int) -> int:
    """Return a number of things, 0 to 2^63-1."""
    if not 0 <= value <= limits.COUNT_MAX:
        raise InvalidFieldError(field, f"{value} is out of range; give 0 to {limits.COUNT_MAX}")
    return value


def wallclock_s(field: str, value: float) -> float:
    """Return a time in seconds since the epoch, up to the year 9999."""
    if not 0.0 <= value <= limits.WALLCLOCK_S_MAX:
        raise InvalidFieldError(field, f"{value} is out of range; give seconds since the epoch, up to the year 9999")
    return value


def time_of_seconds(field: str, value: int) -> datetime:
    """Return the time that whole seconds since the epoch stand for."""
    if not 0 <= value <= _SECONDS_MAX:
        raise InvalidFieldError(field, f"{value} is out of range; give seconds since the epoch, up to the year 9999")
    return datetime.fromtimestamp(value, UTC)


def time(field: str, seconds: int, nanos: int) -> datetime:
    """Return the time that seconds since the epoch and nanoseconds stand for, to the microsecond; years 1 to 9999."""
    if not _TIME_S_MIN <= seconds <= _SECONDS_MAX or not 0 <= nanos < _NANOS:
        raise InvalidFieldError(
            field, f"{seconds} s and {nanos} ns are no time; give the years 1 to 9999 and nanoseconds below {_NANOS}"
        )
    return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1_000)


def at_most(field: str, count: int, maximum: int, *, what: str) -> None:
    """Refuse more than `maximum` of something."""
    if count > maximum:
        raise InvalidFieldError(field, f"has {count} {what}; at most {maximum} are allowed in one request")


def _refuse_longer(field: str, value: str, maximum: int) -> None:
    if len(value) > maximum:
        raise InvalidFieldError(field, f"has {len(value)} characters; at most {maximum} are allowed")


def _refuse_characters(field: str, value: str) -> None:
    if (found := _CONTROL.search(value)) is not None:
        raise InvalidFieldError(
            field, f"holds the control character {_quote(found.group())} at character {found.start()}; remove it"
        )
    text(field, value)


def _quote(character: str) -> str:
    return f"U+{ord(character):04X}"
