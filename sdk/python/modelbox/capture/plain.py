"""Any value as JSON of a bounded size; what JSON does not know as text.

Objects of libraries are told by their methods; none is imported.
"""

import json
import math
import reprlib
from collections.abc import Mapping
from enum import Enum
from os import PathLike, fspath
from typing import Any, Final

from modelbox.foreign import ADDRESS, asked, items_of, utf8
from modelbox.oddities import Oddities

VALUE_JSON_BYTES_MAX: Final = 16 * 1024
"""One value as JSON, in bytes; a longer one is kept as its abbreviated text."""

TEXT_CHARS_MAX: Final = 1_000
"""The text of a value that JSON does not know, in characters."""

ARRAY_VALUES_MAX: Final = 100
"""Values of an array or tensor; of a larger one the shape is kept."""

PARTS_MAX: Final = 500_000
"""Parts of all values together that are looked at; then what has parts is kept in short."""

DEPTH_MAX: Final = 20
"""Objects inside each other; what is deeper is kept as its text."""

_INT_MAX: Final = 2**63 - 1
_repr: Final = reprlib.Repr()
_repr.maxother = _repr.maxstring = _repr.maxlong = TEXT_CHARS_MAX
_repr.maxlist = _repr.maxtuple = _repr.maxdict = _repr.maxset = _repr.maxfrozenset = 20
_repr.maxlevel = 2


class PlainValues:
    """Turns values into JSON, and tells once where it had to abbreviate one."""

    def __init__(self, oddities: Oddities) -> None:
        """Tell what is odd there."""
        self._oddities: Final = oddities
        self._left = 0
        self._left_of_all = PARTS_MAX

    def of(self, field: str, value: object, *, depth: int = 0) -> Any:
        """Return a value as JSON of at most `VALUE_JSON_BYTES_MAX`; `field` names it where it is told of."""
        # A value of more parts is longer than it may be; to go on would take for ever where parts hold each other.
        self._left = allowed = min(VALUE_JSON_BYTES_MAX, max(1, self._left_of_all))
        plain = self._json(value, depth)
        self._left_of_all -= allowed - self._left
        if self._left < 0:
            self._tell(field, "it has too many parts")
            return self._text(value)
        text = json.dumps(plain, ensure_ascii=False)
        if len(text) > VALUE_JSON_BYTES_MAX or len(text.encode()) > VALUE_JSON_BYTES_MAX:
            self._tell(field, f"it has {len(text):,} characters, and at most {VALUE_JSON_BYTES_MAX:,} bytes are kept")
            return f"{text[:TEXT_CHARS_MAX]}… ({len(text):,} characters)"
        return plain

    def _json(self, value: object, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            return None
        match value:
            case None | bool():
                return value
            case Enum():
                return self._json(value.value, depth + 1) if depth < DEPTH_MAX else self._text(value)
            case str():
                return utf8(value).replace("\0", "\ufffd")
            case int():
                return int(value) if abs(value) <= _INT_MAX else self._text(value)
            case float():
                return float(value) if math.isfinite(value) else str(float(value))
            case list() | tuple() | set() | frozenset() if depth < DEPTH_MAX:
                items = sorted(value, key=self._text) if isinstance(value, (set, frozenset)) else value
                return [self._json(item, depth + 1) for item in items]
            case Mapping() if depth < DEPTH_MAX:
                # Empty, or inside a list, where names have no path.
                return self._object(value, depth)
            case PathLike():
                path: str | bytes = asked(lambda: fspath(value), "")
                return utf8(path) if path and not isinstance(path, bytes) else self._text(value)
            case _:
                return self._other(value, depth)

    def _object(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, item in items_of(value):
            plain[free_name(utf8(key).replace("\0", "\ufffd"), plain)] = self._json(item, depth + 1)
        return plain

    def _other(self, value: object, depth: int) -> Any:
        if isinstance(value, type) or asked(lambda: hasattr(value, "__qualname__"), otherwise=False):
            return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
        shape = asked(lambda: tuple(getattr(value, "shape", None) or ()), None)
        to_list = asked(lambda: getattr(value, "tolist", None), None)
        is_array = asked(lambda: hasattr(value, "shape"), otherwise=False)
        if not is_array or shape is None or not callable(to_list) or depth >= DEPTH_MAX:
            return self._text(value)
        about = f"{type(value).__name__} of shape {shape} and type {getattr(value, 'dtype', 'unknown')}"
        if math.prod(shape) > ARRAY_VALUES_MAX:
            self._tell("an array", f"it is a {about}; at most {ARRAY_VALUES_MAX} values of one are kept")
            return about
        plain = asked(to_list, value)
        # An array of objects gives back its objects; one that cannot list its values, as of sparse tensors, nothing.
        if plain is value:
            return about
        return self._text(value) if type(plain) is type(value) else self._json(plain, depth + 1)

    def _text(self, value: object) -> str:
        text = asked(lambda: _repr.repr(value), f"<{type(value).__name__}>")
        if len(text) >= TEXT_CHARS_MAX and not isinstance(value, (str, list, tuple, dict)):
            self._tell("a value", f"its text is longer than {TEXT_CHARS_MAX:,} characters")
        return ADDRESS.sub("", utf8(text)).replace("\0", "\ufffd")

    def _tell(self, field: str, why: str) -> None:
        self._oddities.tell("shortened values", f"{field} is kept in short: {why}; upload it as an artifact to keep it")


def free_name(name: str, taken: Mapping[str, object]) -> str:
    """Return the name, numbered where it is taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"
