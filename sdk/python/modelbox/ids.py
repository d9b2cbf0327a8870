"""Ids that a client can tell before the server answers; so objects can be logged on while it is away.

The server derives the same ids: those of objects with a natural key from the key, those of runs are the client's.
"""

from typing import Final
from uuid import UUID, uuid4, uuid5

import msgspec

DEFAULT_NAMESPACE: Final = "default"
"""The namespace of what is created without one."""

_NAMES: Final = UUID("6d6f6465-6c62-5f78-8000-000000000001")
_encode = msgspec.json.Encoder().encode


def object_id(kind: str, *key: str) -> str:
    """Return the id of the object of this kind with this natural key (RFC 9562, UUIDv5)."""
    return str(uuid5(_NAMES, _encode((kind, *key)).decode()))


def model_id(namespace: str, name: str) -> str:
    """Return the id of the model of this name."""
    return object_id("model", namespace, name)


def drawn_id() -> str:
    """Return a fresh id."""
    return str(uuid4())
