"""Ids that a client can tell before the server answers; so objects can be logged on while it is away.

The server derives the same ids: those of objects with a natural key from the key, those of runs are the client's.

Keys of calls begin with the time, ids of runs do not: the server keeps keys in an index, which grows at its end that
way, while people tell runs by the first digits of their ids.
"""

from typing import Final
from uuid import UUID, uuid4, uuid5

import msgspec

DEFAULT_NAMESPACE: Final = "default"
"""The namespace of what is created without one."""

KEY_CHARS: Final = 32
"""How long an idempotency key is."""

_KEY_TIME_CHARS: Final = 12
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


def new_key(logged_at: float) -> str:
    """Return an idempotency key that holds when its call was logged, in seconds since the epoch; 0 if unknown.

    Its form is that of a UUID of version 7 (RFC 9562): milliseconds in 48 bits, then chance.
    """
    drawn = uuid4().hex
    return f"{int(logged_at * 1000):0{_KEY_TIME_CHARS}x}7{drawn[_KEY_TIME_CHARS + 1 :]}" if logged_at else drawn


def logged_at(key: str) -> float:
    """Return when the call of an idempotency key was logged, in seconds since the epoch; 0 if the key does not say."""
    is_timed = len(key) == KEY_CHARS and key[_KEY_TIME_CHARS] == "7"
    return int(key[:_KEY_TIME_CHARS], 16) / 1000 if is_timed else 0.0
