"""The answers of the wire as the client's values."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from google.protobuf.struct_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp

from modelbox.enums import FileType
from modelbox.limits import PAGE_SIZE
from modelbox.proto import modelstore_pb2 as pb
from modelbox.values import Artifact, Change, ChangeKind, MetricPoint, Namespace

_EXACT_MAX: Final = 2.0**53

_KINDS: Final = {
    pb.OBJECT_CREATED: ChangeKind.CREATED,
    pb.OBJECT_UPDATED: ChangeKind.UPDATED,
    pb.OBJECT_DELETED: ChangeKind.DELETED,
}


def time_of(timestamp: Timestamp) -> datetime:
    """Return the time, in UTC."""
    return timestamp.ToDatetime(tzinfo=UTC)


def artifact_of(file: pb.FileMetadata) -> Artifact:
    """Return the artifact."""
    return Artifact(
        parent=file.parent_id,
        path=file.path,
        mime_type=FileType(file.file_type),
        checksum=file.checksum,
        id=file.id,
        size=file.size,
        sha256=file.sha256,
        uploaded=file.uploaded,
        created_at=time_of(file.created_at),
    )


def namespace_of(namespace: pb.Namespace) -> Namespace:
    """Return the namespace."""
    return Namespace(namespace.name, namespace.models, time_of(namespace.created_at), time_of(namespace.updated_at))


def points_of(series: Iterable[pb.MetricSeries]) -> dict[str, list[MetricPoint]]:
    """Return the points by key, each key's by step, then wallclock; a key may have series of several kinds."""
    points: dict[str, list[MetricPoint]] = {}
    several: set[str] = set()
    for one in series:
        if one.key in points:
            several.add(one.key)
        values = one.doubles or one.strings or one.blobs
        points.setdefault(one.key, []).extend(map(MetricPoint, one.steps, one.wallclock_s, values))
    for key in several:
        points[key].sort(key=lambda point: (point.step, point.wallclock))
    return points


def change_of(response: pb.WatchNamespaceResponse) -> Change:
    """Return the change."""
    payload = plain_value(response.payload)
    return Change(
        kind=_KINDS.get(response.event, ChangeKind.UNKNOWN),
        type=response.type,
        object_type=response.object_type,
        object_id=response.object_id,
        position=response.position,
        recorded_at=time_of(response.recorded_at),
        token=response.token,
        payload=payload if isinstance(payload, dict) else {"value": payload},
    )


def plain_value(value: Value) -> Any:
    """Return what a protobuf `Value` holds; a whole number that a double holds exactly is an int again."""
    match value.WhichOneof("kind"):
        case "struct_value":
            return {key: plain_value(item) for key, item in value.struct_value.fields.items()}
        case "list_value":
            return [plain_value(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() and abs(number) <= _EXACT_MAX else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def all_pages(read: Callable[[str, int], tuple[Iterable[Any], str]], *, limit: int | None) -> list[Any]:
    """Read pages until the last, or until `limit` items.

    Args:
        read: Reads the page of a token, of at most so many items; returns its items and the next page's token.
    """
    size = PAGE_SIZE if limit is None else min(limit, PAGE_SIZE)
    return list(islice(_items(read, size), limit))


def _items(read: Callable[[str, int], tuple[Iterable[Any], str]], size: int) -> Iterator[Any]:
    token = ""
    while True:
        items, token = read(token, size)
        yield from items
        if not token:
            return
