"""From rows of the views to the messages of answers, of all but the objects themselves."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from google.protobuf.struct_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.rpc.messages.values import fill_value
from modelbox_projections import ArtifactRow, SeriesRow

_COLUMN: Final = {"double": "doubles", "string": "strings", "bytes": "blobs"}
_COLUMN_POINTS_AT_ONCE: Final = 32_768
_POINTS_AT_ONCE: Final = 1_024

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_decode: Final = msgspec.json.Decoder().decode


def timestamp(time: datetime) -> Timestamp:
    """Return a time, to the microsecond."""
    since = time - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def optional_timestamp(time: datetime | None) -> Timestamp | None:
    """Return a time, if there is one."""
    return None if time is None else timestamp(time)


def id_text(object_id: UUID | None) -> str:
    """Return an id, nothing where there is none."""
    return "" if object_id is None else str(object_id)


def fill_metadata(
    values: Mapping[str, Value], json: Mapping[str, str], metadata: Mapping[str, bytes], *, as_json: bool
) -> None:
    """Put metadata into a message's two maps: as JSON by key, and as values unless `as_json` says that is enough."""
    texts = {key: value.decode() for key, value in metadata.items()}
    json.update(texts)  # type: ignore[attr-defined]  # a protobuf map of scalars is a MutableMapping
    if not as_json:
        for key, text in texts.items():
            fill_value(values[key], _decode(text))


def metadata_message(metadata: Mapping[str, bytes], *, as_json: bool) -> pb.Metadata:
    """Return metadata as a message; see `fill_metadata`."""
    message = pb.Metadata()
    fill_metadata(message.metadata, message.json, metadata, as_json=as_json)
    return message


def file_message(row: ArtifactRow) -> pb.FileMetadata:
    """Return an artifact."""
    return pb.FileMetadata(
        id=str(row.id),
        parent_id=str(row.parent_id),
        file_type=row.file_type,
        checksum=row.checksum,
        path=row.path,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.created_at),
        size=row.size,
        sha256=row.sha256,
        uploaded=row.uploaded,
    )


async def series_messages(rows: Iterable[SeriesRow]) -> list[pb.MetricSeries]:
    """Return series as columns; other calls have a turn between slices of them."""
    messages = []
    for row in rows:
        message = pb.MetricSeries(key=row.key)
        values: Any = getattr(message, _COLUMN[row.kind])
        for first in range(0, len(row.steps), _COLUMN_POINTS_AT_ONCE):
            part = slice(first, first + _COLUMN_POINTS_AT_ONCE)
            message.steps.extend(row.steps[part])
            message.wallclock_s.extend(row.wallclock_s[part])
            values.extend(row.values[part])
            await asyncio.sleep(0)
        messages.append(message)
    return messages


async def metrics_messages(rows: Iterable[SeriesRow]) -> list[pb.Metrics]:
    """Return series as one message a point; a key with values of several kinds is one series here.

    Other calls have a turn between slices of them.
    """
    by_key: dict[str, list[pb.MetricsValue]] = {}
    mixed: set[str] = set()
    for row in rows:
        if row.key in by_key:
            mixed.add(row.key)
        points = by_key.setdefault(row.key, [])
        for first in range(0, len(row.steps), _POINTS_AT_ONCE):
            points.extend(_points(row, slice(first, first + _POINTS_AT_ONCE)))
            await asyncio.sleep(0)
    for key in mixed:
        by_key[key].sort(key=lambda point: (point.step, point.wallclock_s))
    return [pb.Metrics(key=key, values=points) for key, points in by_key.items()]


def _points(row: SeriesRow, part: slice) -> Iterable[pb.MetricsValue]:
    for step, wallclock_s, value in zip(row.steps[part], row.wallclock_s[part], row.values[part], strict=True):
        point = pb.MetricsValue(step=step, wallclock_time=int(wallclock_s), wallclock_s=wallclock_s)
        match row.kind:
            case "double":
                point.f_val = value
                point.d_val = value
            case "string":
                point.s_tensor = value
            case _:
                point.b_tensor = value
        yield point
