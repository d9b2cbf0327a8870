"""What the slots of a ring say: the points of one call of `log_metrics`, or a call as the journal has it."""

from typing import Any, Final, NamedTuple

import msgspec

from modelbox.journal.record import Record
from modelbox.values import MetricScalar

POINTS: Final = b"P"
"""What stands before a call of `log_metrics`."""

_RECORD: Final = b"R"
encode: Final = msgspec.msgpack.Encoder(enc_hook=str).encode
"""Encodes a call of `log_metrics`."""

Pairs = list[tuple[str, MetricScalar]]
"""A key and its value each."""


class PointsCall(NamedTuple):
    """One call of `log_metrics`: the points of one object at one step and time."""

    object_id: str
    step: int
    wallclock: float
    pairs: Pairs


_decode: Final = msgspec.msgpack.Decoder(tuple[str, int, float, list[tuple[str, Any]]]).decode


def encode_record(record: Record) -> bytes:
    """Return a call as a ring keeps it."""
    return _RECORD + record.encode()


def decode(payload: bytes) -> PointsCall | Record | None:
    """Return what a ring has kept; None if it is of another version.

    Raises:
        msgspec.MsgspecError: It is damaged.
    """
    kind, body = payload[:1], payload[1:]
    if kind == POINTS:
        return PointsCall(*_decode(body))
    return Record.decode(body, place=None, tried_at=0) if kind == _RECORD else None
