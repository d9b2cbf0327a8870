"""From the messages of requests to the values that commands are made of; every rule is in `rules.fields`."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events.types.metrics import BytesSeries, Double, DoubleSeries, Series, StringSeries, doubles_to_json
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.messages.values import from_value
from modelbox_gateway.rules import fields, json_values, limits
from modelbox_gateway.rules.artifact import File


class Named(Protocol):
    """A request that names an object by its id, or by its namespace and name."""

    id: str
    namespace: str
    name: str


def named_object(request: Named, id_of: Callable[[str, str], UUID]) -> tuple[UUID, str]:
    """Return the id that a request names, and the field that does so; `id_of` makes one of namespace and name.

    Raises:
        InvalidFieldError: Neither was given, or both, or one breaks a rule.
    """
    if bool(request.id) == bool(request.name):
        raise InvalidFieldError("id", "give either id, or name and namespace")
    if request.id:
        return fields.object_id("id", request.id), "id"
    namespace = fields.namespace("namespace", request.namespace)
    return id_of(namespace, fields.name("name", request.name)), "name"


def metadata_of(field: str, message: pb.Metadata) -> dict[str, Any]:
    """Return the metadata that a message holds in its two maps."""
    count = len(message.metadata) + len(message.json)
    fields.at_most(field, count, limits.METADATA_KEYS_MAX, what="keys")
    metadata: dict[str, Any] = {}
    size = 0
    for key in message.metadata:
        place = _place(field, key)
        metadata[key] = from_value(place, message.metadata[key])
        size += len(key) + json_values.check(place, metadata[key])
    for key, text in message.json.items():
        place = _place(field, key)
        if key in metadata:
            raise InvalidFieldError(place, "stands in both maps; set it in one of metadata and json")
        metadata[key], taken = json_values.parse(place, text)
        size += len(key) + taken
    bounded_json(field, size)
    return metadata


def hyperparameters_of(field: str, messages: Sequence[pb.Hyperparameter]) -> dict[str, Any]:
    """Return hyperparameters by name."""
    fields.at_most(field, len(messages), limits.HYPERPARAMETERS_MAX, what="entries")
    found: dict[str, Any] = {}
    size = 0
    for n, message in enumerate(messages):
        name = fields.name(f"{field}[{n}].name", message.name)
        if name in found:
            raise InvalidFieldError(f"{field}[{n}].name", f"{name!r} stands there twice; name it once")
        place = f"{field}[{n}].json"
        found[name], taken = json_values.parse(place, message.json, bytes_max=limits.HYPERPARAMETER_BYTES_MAX)
        size += len(name) + taken
    bounded_json(field, size)
    return found


def labels_of(field: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Return labels by name; a value may be empty."""
    fields.at_most(field, len(labels), limits.LABELS_MAX, what="labels")
    return {
        fields.name(f"{field} key", name): fields.optional_name(f"{field}[{name!r}]", value)
        for name, value in labels.items()
    }


def time_of(field: str, message: Timestamp) -> datetime:
    """Return the time of a message that is set."""
    return fields.time(field, message.seconds, message.nanos)


def time_or_now(field: str, request: Message, name: str) -> datetime:
    """Return the time in the field `name` of a message, or now where it is not set."""
    return time_of(field, getattr(request, name)) if request.HasField(name) else datetime.now(UTC)


def files_of(field: str, messages: Sequence[pb.FileMetadata]) -> list[File]:
    """Return files that are kept elsewhere."""
    fields.at_most(field, len(messages), limits.FILES_MAX, what="files")
    return [
        File(
            path=fields.path(f"{field}[{n}].path", message.path),
            file_type=file_type_of(f"{field}[{n}].file_type", message),
            checksum=fields.optional_name(f"{field}[{n}].checksum", message.checksum),
        )
        for n, message in enumerate(messages)
    ]


def file_type_of(field: str, message: pb.FileMetadata) -> str:
    """Return the name of a file's type."""
    if message.file_type not in pb.FileType.values():
        raise InvalidFieldError(field, f"{message.file_type} is no FileType; use 0 where none fits")
    return pb.FileType.Name(message.file_type)


def framework_of(field: str, framework: int) -> str:
    """Return the name of a framework."""
    if framework not in pb.MLFramework.values():
        raise InvalidFieldError(field, f"{framework} is no MLFramework; use OTHER where none fits")
    return pb.MLFramework.Name(framework)


def values_of(*columns: tuple[str, Mapping[str, float]]) -> dict[str, Double]:
    """Return one value a metric, of several fields with their names; of a metric in two, the first counts."""
    found: dict[str, float] = {}
    for field, values in columns:
        fields.at_most(field, len(values), limits.SERIES_MAX, what="metrics")
        for key, value in values.items():
            found.setdefault(fields.name(f"{field} key", key), value)
    return dict(zip(found, doubles_to_json(list(found.values())), strict=True))


def tags_of(field: str, tags: Sequence[str]) -> list[str]:
    """Return unique tags."""
    fields.at_most(field, len(tags), limits.UNIQUE_TAGS_MAX, what="tags")
    return [fields.name(f"{field}[{n}]", tag) for n, tag in enumerate(tags)]


def point_of(request: pb.LogMetricsRequest) -> Series:
    """Return the one point of a request as a series. Without a wallclock it was measured now."""
    key = fields.name("key", request.key)
    value = request.value
    steps = [fields.step("value.step", value.step)]
    if value.HasField("wallclock_s"):
        wallclock_s = [fields.wallclock_s("value.wallclock_s", value.wallclock_s)]
    else:
        seconds = float(value.wallclock_time) or time.time()
        wallclock_s = [fields.wallclock_s("value.wallclock_time", seconds)]
    if value.HasField("d_val"):
        return DoubleSeries(key=key, steps=steps, wallclock_s=wallclock_s, values=doubles_to_json([value.d_val]))
    match value.WhichOneof("value"):
        case "f_val":
            return DoubleSeries(key=key, steps=steps, wallclock_s=wallclock_s, values=doubles_to_json([value.f_val]))
        case "s_tensor":
            text = fields.text("value.s_tensor", value.s_tensor)
            _bounded("value.s_tensor", len(text.encode()))
            return StringSeries(key=key, steps=steps, wallclock_s=wallclock_s, values=[text])
        case "b_tensor":
            _bounded("value.b_tensor", len(value.b_tensor) * 4 // 3)
            return BytesSeries(key=key, steps=steps, wallclock_s=wallclock_s, values=[value.b_tensor])
        case _:
            raise InvalidFieldError("value", "has no value; set one of d_val, f_val, s_tensor, b_tensor")


def series_of(messages: Iterable[pb.MetricSeries]) -> tuple[list[Series], int]:
    """Return the series of a batch and how many points they have. No step of this looks at single numbers."""
    series: list[Series] = []
    points = 0
    for n, message in enumerate(messages):
        field = f"series[{n}]"
        if n >= limits.SERIES_MAX:
            raise InvalidFieldError("series", f"has more than {limits.SERIES_MAX} entries; send them in parts")
        points += len(message.steps)
        if points > limits.POINTS_MAX:
            raise InvalidFieldError(field, f"brings the points beyond {limits.POINTS_MAX}; send them in parts")
        series.append(_series_of(field, message))
    if not points:
        raise InvalidFieldError("series", "has no points; give at least one")
    return series, points


def _series_of(field: str, message: pb.MetricSeries) -> Series:
    key = fields.name(f"{field}.key", message.key)
    steps, wallclock_s = list(message.steps), list(message.wallclock_s)
    columns = [name for name in ("doubles", "strings", "blobs") if len(getattr(message, name))]
    if len(columns) != 1:
        raise InvalidFieldError(field, f"fills {columns or 'none'} of doubles, strings and blobs; fill exactly one")
    values = list(getattr(message, columns[0]))
    if not len(values) == len(steps) == len(wallclock_s):
        lengths = f"{len(steps)} steps, {len(wallclock_s)} wallclock_s and {len(values)} {columns[0]}"
        raise InvalidFieldError(field, f"has {lengths}; give one of each for every point")
    fields.step(f"{field}.steps", min(steps))
    # NaN hides from min and max but not from a sum.
    for wallclock in (min(wallclock_s), max(wallclock_s), sum(wallclock_s) / len(wallclock_s)):
        fields.wallclock_s(f"{field}.wallclock_s", wallclock)
    match columns[0]:
        case "doubles":
            return DoubleSeries(key=key, steps=steps, wallclock_s=wallclock_s, values=doubles_to_json(values))
        case "strings":
            fields.text(f"{field}.strings", "".join(values))
            _bounded(f"{field}.strings", sum(map(len, values)))
            return StringSeries(key=key, steps=steps, wallclock_s=wallclock_s, values=values)
        case _:
            _bounded(f"{field}.blobs", sum(map(len, values)) * 4 // 3)
            return BytesSeries(key=key, steps=steps, wallclock_s=wallclock_s, values=values)


def _bounded(field: str, size: int) -> None:
    if size > limits.POINTS_BYTES_MAX:
        raise InvalidFieldError(
            field, f"takes {size} bytes; at most {limits.POINTS_BYTES_MAX} are allowed, upload it as a file"
        )


def bounded_json(field: str, size: int) -> None:
    """Refuse a field whose values take more than `METADATA_BYTES_MAX` as JSON all together."""
    if size > limits.METADATA_BYTES_MAX:
        raise InvalidFieldError(
            field, f"takes {size} bytes as JSON; at most {limits.METADATA_BYTES_MAX} are allowed in one request"
        )


def _place(field: str, key: str) -> str:
    fields.name(f"{field} key", key)
    return f"{field}[{key!r}]"
