"""Identifiers: which are derived from a natural key, which are drawn, and how.

Must not know: Postgres, NATS.
"""

from typing import Final, NewType
from uuid import UUID, uuid5

import msgspec
from uuid_utils.compat import uuid7

Position = NewType("Position", int)
"""Place in the whole log: 1, 2, 3 …, without a gap. 0 stands before the first event."""

_NAMES: Final = UUID("6d6f6465-6c62-5f78-8000-000000000001")
_encode = msgspec.json.Encoder().encode


def object_id(kind: str, *key: str) -> UUID:
    """Return the id of the object of this kind with this natural key (RFC 9562, UUIDv5).

    The key's parts are encoded as a JSON array first, so `("ab", "c")` and `("a", "bc")` differ.
    """
    return uuid5(_NAMES, _encode((kind, *key)).decode())


def new_id() -> UUID:
    """Return a fresh id that sorts by its time of creation (RFC 9562, UUIDv7)."""
    return uuid7()
