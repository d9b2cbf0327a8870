"""The answers of the wire as the client's values."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

from google.protobuf.struct_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp

from modelbox.enums import MLFramework
from modelbox.errors import ServerError
from modelbox.fields import check_step
from modelbox.limits import EMPTY_PAGES_MAX, PAGE_SIZE
from modelbox.proto import modelstore_pb2 as pb
from modelbox.values import Change, ChangeKind, HistoryEntry, MetadataChange, MetricPoint, MetricSummary, Namespace

SentT = TypeVar("SentT")
AnswerT = TypeVar("AnswerT")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NANOSECONDS: Final = 1_000_000_000
_EXACT_MAX: Final = 2.0**53
_MICROSECONDS: Final = 1_000_000

_KINDS: Final = {
    pb.OBJECT_CREATED: ChangeKind.CREATED,
    pb.OBJECT_UPDATED: ChangeKind.UPDATED,
    pb.OBJECT_DELETED: ChangeKind.DELETED,
}


def time_of(timestamp: Timestamp) -> datetime:
    """Return the time, in UTC.

    Raises:
        ServerError: It is none that Python can hold.
    """
    seconds, nanos = timestamp.seconds, timestamp.nanos
    try:
        if 0 <= nanos < _NANOSECONDS:
            # A sixth of the time that `Timestamp.ToDatetime` takes.
            return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1_000)
    except OverflowError:
        pass
    raise ServerError(f"the server answers with a time of {seconds} s and {nanos} ns, which is none")


def value_of(text: str) -> Any:
    """Return a value that the wire has as JSON.

    Raises:
        ServerError: It is none.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ServerError(f"the server answers with a value that is no JSON: {text[:80]!r}") from None


def moment_of(seconds: float) -> datetime | float:
    """Return a time in seconds since the epoch, in UTC; as it is if it is none that Python can hold."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return seconds


def timestamp_of(seconds: float) -> Timestamp:
    """Return a time in seconds since the epoch as the wire has it, to the microsecond."""
    timestamp = Timestamp()
    timestamp.FromMicroseconds(round(seconds * _MICROSECONDS))
    return timestamp


def answered(sent: Sequence[SentT], answers: Sequence[AnswerT]) -> Iterable[tuple[SentT, AnswerT]]:
    """Return each thing that was sent with its answer.

    Raises:
        ServerError: There are more or fewer answers.
    """
    if len(sent) != len(answers):
        raise ServerError(f"the server answers {len(answers):,} times to {len(sent):,} that were sent at once")
    return zip(sent, answers, strict=True)


def namespace_of(namespace: pb.Namespace) -> Namespace:
    """Return the namespace."""
    return Namespace(
        name=namespace.name,
        models=namespace.models,
        experiments=namespace.experiments,
        datasets=namespace.datasets,
        created_at=time_of(namespace.created_at),
        updated_at=time_of(namespace.updated_at),
    )


def framework_of(message: Any) -> MLFramework:
    """Return the framework of a message that has one."""
    return MLFramework(message.framework)


def metadata_change_of(change: pb.MetadataChange) -> MetadataChange:
    """Return a value that a metadata key had."""
    return MetadataChange(
        key=change.key,
        value=value_of(change.json),
        recorded_at=time_of(change.recorded_at),
        position=change.position,
        actor=change.actor,
        deleted=change.removed,
    )


def summaries_of(summaries: Iterable[pb.MetricSummary]) -> dict[str, MetricSummary]:
    """Return the metrics in short, by key."""
    # In the order of the fields: names would take a third of the time again, and a list has thousands of them.
    return {one.key: MetricSummary(one.latest, one.min, one.max, one.step, one.points) for one in summaries}


def hyperparameters_of(hyperparameters: Iterable[pb.Hyperparameter]) -> dict[str, Any]:
    """Return the values by name."""
    known = list(hyperparameters)
    # One text is read in a fifth of the time that one for each takes.
    values = value_of(f"[{','.join([one.json for one in known])}]")
    if len(values) != len(known):
        raise ServerError("the server answers with hyperparameters that are no JSON")
    return dict(zip([one.name for one in known], values, strict=True))


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
        payload=payload if isinstance(payload, dict) else {},
        redacted_by=response.redacted_by or None,
        actor=response.actor,
        model=response.model,
        version=response.version,
        version_name=response.version_name,
        unique_tag=response.unique_tag,
        from_version=response.from_version,
    )


def history_entry_of(entry: pb.HistoryEntry) -> HistoryEntry:
    """Return a field that a change gave another value."""
    return HistoryEntry(
        position=entry.position,
        recorded_at=time_of(entry.recorded_at),
        actor=entry.actor,
        type=entry.type,
        object_type=entry.object_type,
        object_id=entry.object_id,
        field=entry.field,
        old=entry.old if entry.HasField("old") else None,
        new=entry.new if entry.HasField("new") else None,
        old_id=entry.old_id,
        new_id=entry.new_id,
        reason=entry.reason,
        version=entry.version,
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

    Raises:
        InvalidFieldError: The limit is no whole number from 0.
        ServerError: The pages do not end.
    """
    limit = None if limit is None else check_step(limit, field="limit")
    size = PAGE_SIZE if limit is None else min(limit, PAGE_SIZE)
    return list(islice(each_of_pages(read, size=size), limit))


def each_of_pages(read: Callable[[str, int], tuple[Iterable[Any], str]], *, size: int) -> Iterator[Any]:
    """Read pages as their items are asked for; see `all_pages`."""
    token, empty = "", 0
    while True:
        before, count = token, 0
        items, token = read(before, size)
        for count, item in enumerate(items, 1):  # noqa: B007  # how many there were
            yield item
        if not token:
            return
        empty = 0 if count else empty + 1
        if token == before or empty == EMPTY_PAGES_MAX:
            what = "names itself as the next page" if token == before else f"began with {empty:,} empty pages"
            raise ServerError(f"the server's list does not end: a page {what}")
