"""Reads the points of an object that are in the log alone."""

from typing import Final
from uuid import UUID

from modelbox_events.database import AnyConnection
from modelbox_events.read import stream_span
from modelbox_events.registry import REGISTRY
from modelbox_events.types.metrics import MetricsLogged
from modelbox_projections.metrics.points import Points, SeriesKey, key_of, logged_series

_TYPES: Final = (MetricsLogged.__name__,)


async def read_tail(
    connection: AnyConnection, object_id: UUID, *, sealed_version: int, sealed_position: int, to_version: int
) -> dict[SeriesKey, Points]:
    """Return the points that an object's own stream has after what is sealed; what was redacted is left out.

    Args:
        connection: In a transaction.
        object_id: The object, and so its stream.
        sealed_version: Its points up to this event of the stream are sealed.
        sealed_position: So are all up to this position.
        to_version: The last event to read.
    """
    found: dict[SeriesKey, Points] = {}
    events = stream_span(
        connection,
        object_id,
        after_version=sealed_version,
        to_version=to_version,
        after_position=sealed_position,
        types=_TYPES,
    )
    async for event in events:
        if event.redacted_by is not None:
            continue
        data = REGISTRY.decode(event)
        if isinstance(data, MetricsLogged) and data.object_id == object_id:
            for series in logged_series(data):
                points = found.get(key := key_of(series))
                if points is None:
                    points = found[key] = Points.none()
                points.log(series)
    return found
