"""Checks of arguments that cannot wait for the server's answer, and their conversion to what the wire holds.

A metric point is answered long after its call, so a bad one must be refused in the call; the other arguments are
checked here only so far that they can be sent, and the server judges the rest.
"""

import json
import operator
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, SupportsIndex
from uuid import UUID

from modelbox.errors import InvalidFieldError
from modelbox.foreign import asked
from modelbox.limits import NAME_CHARS_MAX, PATH_CHARS_MAX, STEP_MAX, TEXT_CHARS_MAX, VALUE_BYTES_MAX, WALLCLOCK_S_MAX
from modelbox.values import Labels, MetricScalar

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


NOT_BY_NAME: Final = """names are not unique here: find it with {}(filter='name = "…"')"""
"""What to do where an object that has no unique name was asked for by it."""


def check_text(field: str, value: object) -> str:
    """Return the value as a string that can be sent.

    Raises:
        InvalidFieldError: It is no string, too long for any field, or not valid Unicode.
    """
    if not isinstance(value, str):
        raise InvalidFieldError.of(field, f"needs a string, not {_name_of(value)}")
    if len(value) > TEXT_CHARS_MAX:
        raise InvalidFieldError.of(field, f"has {len(value):,} characters; at most {TEXT_CHARS_MAX:,} are allowed")
    if _SURROGATE.search(value):
        raise InvalidFieldError.of(field, "holds half of a surrogate pair, which is not valid Unicode")
    return str(value)


def check_labels(labels: Labels | None) -> dict[str, str]:
    """Return labels as a dict that can be sent; numbers and bools as their text, as MLflow's tags.

    Raises:
        InvalidFieldError: They are no dict, a name is no string, or a value none, no number and no bool.
    """
    if labels is None:
        return {}
    if not isinstance(labels, Mapping):
        raise InvalidFieldError.of("labels", f"needs a dict, not {_name_of(labels)}")
    return {
        check_text("labels", name): check_text(f"labels[{str(name)[:80]!r}]", _number_text(value))
        for name, value in labels.items()
    }


def _number_text(value: object) -> object:
    """Return a number or bool as text; anything else as it is."""
    plain = _plain(value)
    return str(plain) if isinstance(plain, (int, float)) else plain


def check_metric_key(key: object) -> str:
    """Return a metric's key.

    Raises:
        InvalidFieldError: It is not 1 to `NAME_CHARS_MAX` characters without control characters and outer blanks.
    """
    return check_name(f"metrics[{str(key)[:80]!r}]", key)


def check_name(field: str, name: object) -> str:
    """Return a key or name.

    Raises:
        InvalidFieldError: It is not 1 to `NAME_CHARS_MAX` characters without control characters and outer blanks.
    """
    text = check_text(field, name)
    if not 1 <= len(text) <= NAME_CHARS_MAX:
        raise InvalidFieldError.of(field, f"has {len(text):,} characters; give 1 to {NAME_CHARS_MAX}")
    if CONTROL.search(text):
        raise InvalidFieldError.of(field, "holds a control character; remove it")
    if text != text.strip():
        raise InvalidFieldError.of(field, "begins or ends with blanks; remove them")
    return text


def check_path(field: str, path: str) -> str:
    """Return an artifact's path.

    Raises:
        InvalidFieldError: It cannot be sent, is over `PATH_CHARS_MAX`, or holds control characters or `..`.
    """
    check_text(f"{field}: {path[:300]!r}", path)
    if len(path) > PATH_CHARS_MAX:
        problem = f"{path[:300]!r}… has {len(path):,} characters; at most {PATH_CHARS_MAX:,} are allowed"
        raise InvalidFieldError.of(field, problem)
    if CONTROL.search(path):
        raise InvalidFieldError.of(field, f"{path[:300]!r} holds a control character; give it another name or label")
    if ".." in re.split(r"[/\\]", path):
        raise InvalidFieldError.of(field, f"{path[:300]!r} has a '..' component; give it another name or label")
    return path


def is_id(text: str) -> bool:
    """Tell whether a text is an id, and no name: a UUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def check_id(field: str, value: object, *, instead: str = "give one as a call returned it") -> str:
    """Return an object's id.

    Args:
        instead: What to do where it is none.

    Raises:
        InvalidFieldError: It is no UUID.
    """
    text = check_text(field, value)
    if not is_id(text):
        raise InvalidFieldError.of(field, f"{text[:80]!r} is not an id; {instead}")
    return text


def check_number(key: str, value: object) -> float:
    """Return the number of a metric; see `check_metric_value`.

    Raises:
        InvalidFieldError: It is text or bytes, or not one number.
    """
    number = check_metric_value(check_metric_key(key), value)
    if isinstance(number, float):
        return number
    raise InvalidFieldError.of(f"metrics[{key[:80]!r}]", f"needs a number, not {_name_of(value)}")


def check_step(step: object, *, field: str = "step") -> int:
    """Return a step or epoch as a whole number; any number without a fraction will do, also one of numpy or torch.

    Raises:
        InvalidFieldError: It is not a whole number from 0 to `STEP_MAX`.
    """
    number = _plain(step)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, float) or not hasattr(number, "__index__"):
        raise InvalidFieldError.of(field, f"needs a whole number, not {_shown(step)}")
    index: SupportsIndex = number
    whole = operator.index(index)
    if not 0 <= whole <= STEP_MAX:
        raise InvalidFieldError.of(field, f"{_shown(whole)} is not between 0 and 2^63-1")
    return whole


def check_wallclock(wallclock: object) -> float:
    """Return a time as seconds since the epoch, from such a number or an aware datetime.

    Raises:
        InvalidFieldError: It is neither, or before the epoch, or beyond the year 9999.
    """
    return check_time("wallclock", wallclock)


def check_time(field: str, time: object) -> float:
    """Return a time as seconds since the epoch; see `check_wallclock`."""
    if isinstance(time, datetime):
        if time.tzinfo is None:
            raise InvalidFieldError.of(field, "the datetime has no time zone; use an aware one")
        seconds = time.timestamp()
    else:
        seconds = _float_of(field, _plain(time), needs="seconds since the epoch or an aware datetime")
    # Written so that NaN, which compares with nothing, is refused too.
    if not 0 <= seconds <= WALLCLOCK_S_MAX:
        raise InvalidFieldError.of(field, f"{seconds} is not a time in seconds since the epoch, up to the year 9999")
    return seconds


def check_metric_value(key: str, value: object) -> MetricScalar:
    """Return a metric's value as a float, str or bytes.

    Numbers become floats, also scalars of numpy, torch and others with `item()`. NaN and the infinities are kept.

    Raises:
        InvalidFieldError: It is none of these, more than one number, or longer than `VALUE_BYTES_MAX`.
    """
    field = f"metrics[{key[:80]!r}]"
    plain = _plain(value)
    match plain:
        case str():
            size = text_bytes(plain) if len(plain) <= VALUE_BYTES_MAX else len(plain)
        case bytes() | bytearray() | memoryview():
            plain = bytes(plain)
            size = text_bytes(plain)
        case _:
            return _float_of(field, plain)
    if size > VALUE_BYTES_MAX:
        raise InvalidFieldError.of(field, f"{size:,} bytes as JSON; at most {VALUE_BYTES_MAX:,} are allowed")
    if isinstance(plain, bytes):
        return plain
    check_text_value(field, plain)
    return str(plain)


def check_text_value(field: str, text: str) -> None:
    """Refuse text that Postgres and JSON cannot both hold.

    Raises:
        InvalidFieldError: It holds NUL or half of a surrogate pair.
    """
    if "\0" in text:
        raise InvalidFieldError.of(field, "holds a NUL character")
    if _SURROGATE.search(text):
        raise InvalidFieldError.of(field, "holds half of a surrogate pair, which is not valid Unicode")


def text_bytes(value: str | bytes) -> int:
    """Return how long the value is as JSON, in bytes; bytes are base64 there."""
    if isinstance(value, bytes):
        return (len(value) + 2) // 3 * 4 + 2
    return len(json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"))


def _plain(value: object) -> Any:
    """Turn a scalar of numpy, torch or another library into Python's own.

    They are told by their `item` method: nothing of them is imported for it.
    """
    if isinstance(value, (float, int, str, bytes)):
        return value
    item = asked(lambda: getattr(value, "item", None), None)
    if not callable(item):
        return value
    if callable(getattr(value, "filled", None)) and asked(lambda: bool(_mask_of(value)), otherwise=False):
        return None  # numpy's masked values say 0.0, which nobody measured
    # More than one element: the value stays what it is, and the caller says that it is no scalar.
    return asked(item, value)


def _mask_of(value: Any) -> Any:
    return value.mask.all()


def _float_of(field: str, value: object, *, needs: str = "a number, a string or bytes") -> float:
    if not hasattr(type(value), "__float__") and not hasattr(type(value), "__index__"):
        raise InvalidFieldError.of(field, f"needs {needs}, not {_name_of(value)}")
    try:
        return float(value)  # type: ignore[arg-type]  # it has one of the two methods that float() asks for
    except OverflowError:
        raise InvalidFieldError.of(field, f"{_shown(value)} is beyond what a double can hold") from None
    except Exception:  # noqa: BLE001  # code of another library, which may raise anything
        raise InvalidFieldError.of(field, f"needs one number, not {_name_of(value)} of several") from None


def _name_of(value: object) -> str:
    return type(value).__name__


def _shown(value: object) -> str:
    if isinstance(value, int) and abs(value) > STEP_MAX:
        return f"a number of {value.bit_length()} bits"
    return asked(lambda: repr(value)[:80], _name_of(value))
