"""Points turned into the columns of the wire, cut into batches that one call and one change event can hold."""

from collections.abc import Iterable, Iterator, Sequence
from time import time
from typing import Any, NamedTuple

from modelbox.delivery.buffer import Point
from modelbox.fields import text_bytes
from modelbox.ids import new_key
from modelbox.journal.record import METRICS, NO_SLOT, Record
from modelbox.limits import BATCH_BYTES_MAX, BATCH_POINTS_MAX, BATCH_SERIES_MAX, POINT_JSON_BYTES_MAX
from modelbox.proto import modelstore_pb2 as pb
from modelbox.values import MetricScalar


class Batch(NamedTuple):
    """One call's request and the number of points in it; the slots of the ring that hold them, as a record has them."""

    request: pb.LogMetricsBatchRequest
    points: int
    slots: tuple[int, ...] = ()
    upto: int = 0
    is_kept: bool = False


def batches_of(points: Iterable[Point]) -> Iterator[Batch]:
    """Return batches, each of one object; an object's points keep the order they were added in."""
    by_object: dict[str, list[Point]] = {}
    for point in points:
        own = by_object.get(point[0])
        if own is None:
            own = by_object[point[0]] = []
        own.append(point)
    for object_id, own in by_object.items():
        yield from _batches_of_object(object_id, own)


class _Columns(NamedTuple):
    """The points of one series."""

    steps: list[int]
    wallclocks: list[float]
    values: list[Any]


def _batches_of_object(object_id: str, points: list[Point]) -> Iterator[Batch]:
    series: dict[tuple[str, type], _Columns] = {}
    count = size = upto = 0
    slots: list[int] = []
    is_kept = True
    last = NO_SLOT
    for _, key, step, wallclock, value, slot in points:
        # A key may hold numbers at one time and text at another: a series of its own each.
        identity = (key, type(value))
        columns = series.get(identity)
        cost = POINT_JSON_BYTES_MAX
        if isinstance(value, (str, bytes)):
            cost += text_bytes(value)
        if columns is None:
            cost += text_bytes(key)
        too_many = count == BATCH_POINTS_MAX or (columns is None and len(series) == BATCH_SERIES_MAX)
        if count and (too_many or size + cost > BATCH_BYTES_MAX):
            goes_on = slot == last != NO_SLOT
            yield Batch(_request(object_id, series), count, tuple(slots), upto if goes_on else 0, is_kept)
            series, columns, count, size = {}, None, 0, 0
            slots, is_kept = [slot] if goes_on else [], True
        if columns is None:
            columns = series[identity] = _Columns([], [], [])
        columns[0].append(step)
        columns[1].append(wallclock)
        columns[2].append(value)
        count += 1
        size += cost
        if slot == NO_SLOT:
            is_kept = False
        elif slot != last:
            slots.append(slot)
            upto = 0
        last = slot
        upto += 1
    if count:
        yield Batch(_request(object_id, series), count, tuple(slots), 0, is_kept)


def _request(object_id: str, series: dict[tuple[str, type], _Columns]) -> pb.LogMetricsBatchRequest:
    request = pb.LogMetricsBatchRequest(parent_id=object_id)
    for (key, kind), columns in series.items():
        wire = request.series.add(key=key, steps=columns.steps, wallclock_s=columns.wallclocks)
        if kind is float:
            wire.doubles.extend(columns.values)
        elif kind is str:
            wire.strings.extend(columns.values)
        else:
            wire.blobs.extend(columns.values)
    return request


def points_of(request: pb.LogMetricsBatchRequest) -> Iterator[Point]:
    """Return the points of a batch, series by series."""
    for series in request.series:
        values: Sequence[MetricScalar] = series.doubles or series.strings or series.blobs
        for step, wallclock, value in zip(series.steps, series.wallclock_s, values, strict=True):
            yield Point(request.parent_id, series.key, step, wallclock, value)


def records_of(points: Iterable[Point], *, logged_at: float | None = None) -> Iterator[Record]:
    """Return the points as records to send, logged at a time in seconds since the epoch, or now."""
    for batch in batches_of(points):
        key = new_key(time() if logged_at is None else logged_at)
        request = batch.request.SerializeToString()
        yield Record(
            METRICS,
            request,
            points=batch.points,
            key=key,
            slots=batch.slots,
            upto=batch.upto,
            is_kept=batch.is_kept,
        )


def repacked(records: Sequence[Record]) -> Iterator[Record]:
    """Return records of metric points put together into as few as possible, logged when the first of them was."""
    requests = (pb.LogMetricsBatchRequest.FromString(record.request) for record in records)
    points = (point for request in requests for point in points_of(request))
    return records_of(points, logged_at=records[0].logged_at)
