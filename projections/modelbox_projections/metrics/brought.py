"""What events bring of metric points, and which end what may stay in the log.

Must not know: SQL, the log.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from modelbox_events import ChangeEvent, Position, RecordedEvent
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.metrics import Double, DoubleSeries, MetricsLogged, Series
from modelbox_events.types.model_version import ModelVersionCreated
from modelbox_events.types.run import RunEnded
from modelbox_projections.metrics.points import logged_series
from modelbox_projections.projection import DecodedEvent, names_of

BRINGING: Final = names_of(MetricsLogged, CheckpointCreated, ModelVersionCreated, RunEnded)
"""The types of events that say something of points."""


class Brought(NamedTuple):
    """What an event says of an object's points.

    `stays` tells whether the points may stay in the log: they are logged, in the object's own stream. `is_own` tells
    whether the event stands there.
    """

    object_id: UUID
    version: int
    position: Position
    at: datetime
    series: Sequence[Series]
    is_own: bool
    stays: bool


def brought_by(events: Iterable[DecodedEvent]) -> dict[UUID, list[Brought]]:
    """Return what the events bring to each object, in log order; what brings no point and ends no run is left out."""
    found: dict[UUID, list[Brought]] = {}
    for event in events:
        brought = _brought(event.data, event.recorded)
        if brought is not None:
            found.setdefault(brought.object_id, []).append(brought)
    return found


def _brought(data: ChangeEvent, recorded: RecordedEvent) -> Brought | None:
    series: Sequence[Series] = ()
    match data:
        case MetricsLogged():
            object_id, series = data.object_id, logged_series(data)
        case CheckpointCreated():
            step = data.step if data.epoch is None else data.epoch
            object_id, series = data.checkpoint_id, _single_points(data.metrics, step or 0, recorded.recorded_at)
        case ModelVersionCreated():
            object_id, series = data.model_version_id, _single_points(data.metrics, data.step, recorded.recorded_at)
        case RunEnded():
            object_id = data.run_id
        case _:
            return None
    if not series and not isinstance(data, RunEnded):  # it would leave a row behind that no reader could explain
        return None
    is_own = recorded.stream_id == object_id
    stays = is_own and isinstance(data, MetricsLogged)
    return Brought(object_id, recorded.version, recorded.position, recorded.recorded_at, series, is_own, stays)


def _single_points(metrics: Mapping[str, Double], step: int, at: datetime) -> list[Series]:
    """Return a point of each of these metrics."""
    wallclock_s = [at.timestamp()]
    return [
        DoubleSeries(key=key, steps=[step], wallclock_s=wallclock_s, values=[value]) for key, value in metrics.items()
    ]
