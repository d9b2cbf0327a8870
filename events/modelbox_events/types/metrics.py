"""What was measured on an object."""

import math
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent

Double = float | Literal["NaN", "Infinity", "-Infinity"]
"""A double in JSON: JSON has no NaN and no infinity, so these three are strings (as in protobuf's JSON mapping)."""


def doubles_to_json(values: list[float]) -> list[Double]:
    """Return the values as JSON can hold them; the same list when all are finite."""
    # A sum is finite only if every value is, so the usual case costs one pass in C; a finite list whose sum
    # overflows takes the slow path, which leaves it as it is.
    if math.isfinite(sum(values)):
        return values  # type: ignore[return-value]  # list[float] is read here, never written
    return [value if math.isfinite(value) else _NOT_FINITE[str(value)] for value in values]


def doubles_from_json(values: Sequence[Double]) -> list[float]:
    """Undo `doubles_to_json`."""
    return [float(value) for value in values]


_NOT_FINITE: dict[str, Literal["NaN", "Infinity", "-Infinity"]] = {
    "nan": "NaN",
    "inf": "Infinity",
    "-inf": "-Infinity",
}


class DoubleSeries(msgspec.Struct, frozen=True, kw_only=True, tag="double", tag_field="kind"):
    """Points of one key whose values are doubles. The three columns have one entry a point."""

    key: str
    steps: list[int]
    wallclock_s: list[float]
    values: list[Double]


class StringSeries(msgspec.Struct, frozen=True, kw_only=True, tag="string", tag_field="kind"):
    """Points of one key whose values are strings."""

    key: str
    steps: list[int]
    wallclock_s: list[float]
    values: list[str]


class BytesSeries(msgspec.Struct, frozen=True, kw_only=True, tag="bytes", tag_field="kind"):
    """Points of one key whose values are bytes (base64 in JSON)."""

    key: str
    steps: list[int]
    wallclock_s: list[float]
    values: list[bytes]


Series = DoubleSeries | StringSeries | BytesSeries


class MetricsLogged(ChangeEvent, frozen=True, kw_only=True):
    """Points were logged on an object, as columns, in the order they were logged."""

    object_id: UUID
    series: list[Series]
