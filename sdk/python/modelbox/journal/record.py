"""A record of the journal: one call that is to be answered once, with its idempotency key."""

import struct
from dataclasses import dataclass, field
from time import time
from typing import Final, Self

from modelbox.ids import logged_at, new_key

UPLOAD: Final = "UploadFile"
"""The method of a record that names a local file to upload; `delivery/uploads.py` knows its request."""

KEEP_FILES: Final = "KeepFiles"
"""The method of a record of held files that are to be uploaded; `delivery/keeping.py` knows its request."""

METRICS: Final = "LogMetricsBatch"
"""The method of a record of metric points."""

NO_SLOT: Final = -1
"""The slot of what is not kept in the ring."""

_HEAD: Final = struct.Struct("<BBI")
_OVERHEAD_BYTES: Final = 500


def _key_of_now() -> str:
    return new_key(time())


@dataclass(slots=True, eq=False)
class Record:
    """One call: its method, serialized request and key, and the number of metric points in it.

    `place` is its offset in the journal's file, None while it is in memory only; `tried_at` the time of the first try,
    in seconds since the epoch, 0 if the server cannot have seen it. `slots` are those of the ring that hold it until it
    has its place, the first of each call; of the last call the record holds what comes up to the point `upto`, if that
    is not 0. `is_kept`: all of it is there. `number` counts in one backlog; see `journal/markers.py`.
    """

    method: str
    request: bytes
    points: int = 0
    key: str = field(default_factory=_key_of_now)
    place: int | None = None
    tried_at: int = 0
    slots: tuple[int, ...] = ()
    upto: int = 0
    is_kept: bool = False
    number: int = 0

    @property
    def memory_bytes(self) -> int:
        """About how much memory it takes, in bytes."""
        return len(self.request) + _OVERHEAD_BYTES

    @property
    def body_bytes(self) -> int:
        """How much `encode` returns, in bytes; its method and key are ASCII."""
        return _HEAD.size + len(self.method) + len(self.key) + len(self.request)

    @property
    def logged_at(self) -> float:
        """When it was logged, in seconds since the epoch; 0 if an earlier version wrote it and nobody knows."""
        return logged_at(self.key)

    @property
    def creates(self) -> bool:
        """Whether it makes an object that other records may be about."""
        return self.method.startswith("Create")

    def encode(self) -> bytes:
        """Return what the journal keeps of it."""
        method, key = self.method.encode(), self.key.encode()
        return _HEAD.pack(len(method), len(key), self.points) + method + key + self.request

    @classmethod
    def decode(cls, body: bytes, *, place: int | None, tried_at: int) -> Self:
        """Return the record that was encoded as `body`."""
        method_length, key_length, points = _HEAD.unpack_from(body)
        method_end = _HEAD.size + method_length
        key_end = method_end + key_length
        return cls(
            method=body[_HEAD.size : method_end].decode(),
            key=body[method_end:key_end].decode(),
            request=body[key_end:],
            points=points,
            place=place,
            tried_at=tried_at,
        )
