"""Page tokens: where in an order a found object stands, as opaque text that the next page is asked with.

A token holds the values that the object was ordered by, so that the next page begins after it whatever has been
added, changed or deleted since; and a digest of the search, so that no other search takes it for one of its own.

Must not know: SQL, any kind of object.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from modelbox_projections.errors import InvalidPageTokenError
from modelbox_projections.limits import ORDER_CHARS_MAX, POSITION_MAX

_DIGEST_BYTES: Final = 8
_TOKEN_CHARS_MAX: Final = 16_000
_Position = Annotated[int, msgspec.Meta(ge=0, le=POSITION_MAX)]
_VALUES: Final[dict[Any, Any]] = {
    str: Annotated[str, msgspec.Meta(max_length=ORDER_CHARS_MAX)],
    int: Annotated[int, msgspec.Meta(ge=-POSITION_MAX - 1, le=POSITION_MAX)],
    datetime: Annotated[datetime, msgspec.Meta(tz=True)],
    float: float,
    UUID: UUID,
}
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(tuple[bytes, _Position, list[Any]]).decode


class PageTokens:
    """The page tokens of one search."""

    def __init__(self, search: Sequence[object], types: Sequence[Any]) -> None:
        """Make the tokens of a search.

        Args:
            search: All that makes the search what it is.
            types: Python's type of each value that objects are ordered by; each value may be None.
        """
        self._digest = hashlib.sha256(_encode(search)).digest()[:_DIGEST_BYTES]
        self._types = [_VALUES[found] for found in types]

    def token(self, position: int, values: Sequence[object]) -> str:
        """Return the token of the page after an object, by the position that created it and what it is ordered by."""
        return base64.urlsafe_b64encode(_encode((self._digest, position, list(values)))).decode()

    def values(self, token: str) -> tuple[int, tuple[Any, ...]]:
        """Return position and values that a token was made of.

        Raises:
            InvalidPageTokenError: This search did not make it.
        """
        if len(token) > _TOKEN_CHARS_MAX:
            raise InvalidPageTokenError(token)
        try:
            digest, position, raw = _decode(base64.urlsafe_b64decode(token.encode()))
            values = tuple(map(_converted, raw, self._types)) if len(raw) == len(self._types) else None
        except ValueError as error:  # those of base64, msgspec, and Unicode are
            raise InvalidPageTokenError(token) from error
        if digest != self._digest or values is None:
            raise InvalidPageTokenError(token)
        return position, values


def _converted(value: object, wanted: Any) -> Any:
    found = None if value is None else msgspec.convert(value, wanted)
    if isinstance(found, str) and "\0" in found:
        raise ValueError("no text in Postgres has a NUL")
    return found
