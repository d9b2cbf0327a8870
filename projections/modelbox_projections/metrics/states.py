"""Where objects and their series stand while a page is folded: what the tables say, and what the page adds to it.

Must not know: SQL, the log.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from modelbox_events import Position
from modelbox_events.types.metrics import DoubleSeries, Series
from modelbox_projections.limits import UPDATES_A_BLOCK
from modelbox_projections.metrics.brought import Brought
from modelbox_projections.metrics.points import DOUBLE, NOTHING, Points, SeriesKey, Summary, key_of
from modelbox_projections.metrics.sealing import is_full

Ctid = str
"""Where a row is in its table."""

_NO_BLOCK: Final = -1


class SeriesState:
    """What a series has come to.

    Attributes:
        key: The series.
        ctid: Where its row is; None as long as it has none.
        points: How many points it has.
        block: The block that the last of them goes to.
        summary: What they come to.
        unsealed: Points of the page that are not sealed, and not counted yet.
        is_changed: Whether the page brings it points.
    """

    __slots__ = ("block", "created_at", "ctid", "is_changed", "key", "points", "summary", "unsealed", "updated_at")

    def __init__(self, key: SeriesKey, at: datetime | None = None) -> None:
        """Begin with no point, at a time, unless it has a row that says when it began."""
        self.key = key
        self.ctid: Ctid | None = None
        self.points = 0
        self.block = _NO_BLOCK
        self.summary = NOTHING
        self.created_at = at
        self.updated_at = at
        self.unsealed: Points | None = None
        self.is_changed = False

    def log(self, series: Series) -> None:
        """Add points that are unsealed."""
        if self.unsealed is None:
            self.unsealed = Points.none()
        self.unsealed.log(series)

    def settle(self, points: Points) -> Points:
        """Count these points, which were unsealed, and give them away."""
        self.unsealed = None
        self.is_changed = True
        self.points += len(points)
        if self.key[1] == DOUBLE:
            self.summary = self.summary.with_later(points)
        return points

    def row(self, object_id: UUID) -> tuple[Any, ...]:
        """Return what statement `write_series` takes."""
        summary = self.summary
        return (
            self.ctid, object_id, *self.key, self.points // UPDATES_A_BLOCK, self.points, self.block,
            self.created_at, self.updated_at, summary.latest, summary.latest_step, summary.latest_wallclock_s,
            summary.min, summary.max,
        )  # fmt: skip


class ObjectState:
    """How far an object's stream is sealed, and what of it is not.

    Attributes:
        object_id: The object.
        ctid: Where its row is; None as long as it has none.
        series: The series that the page concerns.
        last_version: The last event of its own stream that was folded.
        sealed_version: The last one that is sealed.
        sealed_position: Where in the log the event stands that sealed it.
        blocks: How many blocks there are, and so the number of the next.
        is_changed: Whether the page says anything to it.
        logged_version: Up to which version points are unsealed that came before the page: they are in the log alone.
    """

    def __init__(self, object_id: UUID) -> None:
        """Begin with nothing."""
        self.object_id = object_id
        self.ctid: Ctid | None = None
        self.series: dict[SeriesKey, SeriesState] = {}
        self.last_version = 0
        self.sealed_version = 0
        self.sealed_position = Position(0)
        self.blocks = 0
        self.is_changed = False
        self.logged_version = 0
        self._points = 0
        self._series = 0
        self._text_size = 0

    def load(self, row: Any) -> None:
        """Take over what a row of `metric_objects` says."""
        self.ctid = row["place"]
        self.last_version = self.logged_version = row["last_version"]
        self.sealed_version, self.sealed_position = row["sealed_version"], Position(row["sealed_position"])
        self.blocks = row["blocks"]
        self._points, self._series, self._text_size = row["points"], row["series"], row["text_size"]

    def load_series(self, key: SeriesKey, row: Sequence[Any]) -> None:
        """Take over what statement `series` says of a series."""
        state = self.series[key] = SeriesState(key)
        state.ctid, state.points, state.block, *summary = row
        state.summary = Summary(*summary)

    @property
    def has_tail(self) -> bool:
        """Whether points from before the page are unsealed."""
        return self.logged_version > self.sealed_version

    def add(self, brought: Brought) -> bool:
        """Add what an event brings; returns whether that seals whatever is unsealed."""
        if not brought.series and not self._points:
            return False
        self.is_changed = True
        for series in brought.series:
            self._add(series, brought.at)
        if brought.is_own:
            self.last_version = max(self.last_version, brought.version)
        return self._points > 0 and (
            not brought.stays
            or is_full(
                points=self._points,
                series=self._series,
                text_size=self._text_size,
                versions=brought.version - self.sealed_version,
            )
        )

    def _add(self, series: Series, at: datetime) -> None:
        key = key_of(series)
        state = self.series.get(key)
        if state is None:
            state = self.series[key] = SeriesState(key, at)
        if state.block != self.blocks:
            state.block = self.blocks
            self._series += 1
        state.updated_at = at
        state.log(series)
        self._points += len(series.steps)
        if not isinstance(series, DoubleSeries):
            self._text_size += sum(map(len, series.values))

    def settle(self) -> dict[SeriesKey, Points]:
        """Count the points of the page that are unsealed so far, and return them."""
        return {key: state.settle(state.unsealed) for key, state in self.series.items() if state.unsealed is not None}

    def begin_block(self, position: Position) -> None:
        """Say that everything up to now is sealed, by the event at this position."""
        self.blocks += 1
        self.sealed_version, self.sealed_position = self.last_version, position
        self._points = self._series = self._text_size = 0

    def row(self) -> tuple[Any, ...]:
        """Return what statement `write_objects` takes."""
        return (
            self.ctid, self.object_id, self.last_version // UPDATES_A_BLOCK, self.last_version, self.sealed_version,
            self.sealed_position, self.blocks, self._points, self._series, self._text_size,
        )  # fmt: skip
