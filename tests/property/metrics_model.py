"""What the view of metrics must say, worked out from the events alone; and draws of streams to hold it against."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from modelbox_events import ChangeEvent, RecordedEvent, StreamRef
from modelbox_events.registry import REGISTRY
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.metrics import BytesSeries, Double, DoubleSeries, MetricsLogged, Series, StringSeries
from modelbox_events.types.run import RunEnded
from modelbox_projections.metrics.brought import brought_by
from modelbox_projections.metrics.downsampling import Point, Stretch
from modelbox_projections.metrics.outline import Head, PieceId
from modelbox_projections.metrics.points import key_of
from modelbox_projections.metrics.sealing import Piece
from modelbox_projections.metrics.series import SeriesRow, Steps
from modelbox_projections.projection import DecodedEvent
from tests.integration.projections.projections_objects import BEGIN
from tests.integration.projections_support import NAMESPACE, version_created

KEYS = ("a", "b", "c/d")
_ODD: list[Double] = [-0.0, 0.0, "NaN", "Infinity", "-Infinity", 1e308]


class DrawnSeries(NamedTuple):
    """Points of one series: whether they go on where it stood, and a seed of what is odd about them."""

    key: str
    kind: str
    length: int
    goes_on: bool
    odd: int


class Draw(NamedTuple):
    """An event that concerns object number `of`."""

    of: int
    event: str
    series: tuple[DrawnSeries, ...]


_series = st.builds(
    DrawnSeries,
    st.sampled_from(KEYS),
    st.sampled_from(("double", "double", "double", "string", "bytes")),
    st.sampled_from((0, 1, 1, 2, 5, 9, 40)),
    st.booleans() | st.just(True),
    st.integers(0, 30),
)
draws = st.lists(
    st.builds(
        Draw,
        st.integers(0, 2),
        st.sampled_from(("metrics", "metrics", "metrics", "metrics", "noise", "ended", "version")),
        st.lists(_series, min_size=1, max_size=3).map(tuple),
    ),
    min_size=1,
    max_size=40,
)


class Streams:
    """Turns draws into events of three objects."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        self.refs = [StreamRef(NAMESPACE, "run", object_id) for object_id in ids]
        self.model = StreamRef(NAMESPACE, "model", UUID(int=ids[0].int ^ 1))
        self._next: dict[tuple[UUID, str, str], int] = {}
        self._versions = 0

    def event(self, draw: Draw) -> tuple[StreamRef, ChangeEvent]:
        """Return the event, and the stream in which it stands."""
        ref = self.refs[draw.of]
        match draw.event:
            case "noise":
                return ref, MetadataUpdated(object_id=ref.id, metadata={"n": 1})
            case "ended":
                return ref, RunEnded(run_id=ref.id, status="finished", ended_at=BEGIN, reason="")
            case "version":
                # Not as the gateway would: the object has points of its own already. The stream is another's.
                self._versions += 1
                made = version_created(self.model, str(self._versions), metrics={"a": 1.5, "b": "NaN"}, step=3)
                fields = {name: getattr(made, name) for name in made.__struct_fields__}
                return self.model, type(made)(**{**fields, "model_version_id": ref.id})
            case _:
                return ref, MetricsLogged(object_id=ref.id, series=[self._drawn(ref.id, one) for one in draw.series])

    def _drawn(self, object_id: UUID, drawn: DrawnSeries) -> Series:
        place = (object_id, drawn.key, drawn.kind)
        first = self._next.get(place, 0) if drawn.goes_on else drawn.odd % 7
        self._next[place] = max(first + drawn.length, self._next.get(place, 0))
        steps = [first + number for number in range(drawn.length)]
        wallclock_s = [float(step % 3 if drawn.odd % 5 == 0 else step) for step in steps]
        match drawn.kind:
            case "string":
                texts = [f"{step}é" for step in steps]
                return StringSeries(key=drawn.key, steps=steps, wallclock_s=wallclock_s, values=texts)
            case "bytes":
                blobs = [bytes([step % 250]) for step in steps]
                return BytesSeries(key=drawn.key, steps=steps, wallclock_s=wallclock_s, values=blobs)
            case _:
                doubles: list[Double] = [math.sin(step * (drawn.odd + 1)) for step in steps]
                if doubles and drawn.odd < len(_ODD):
                    doubles[drawn.odd % drawn.length] = _ODD[drawn.odd]
                return DoubleSeries(key=drawn.key, steps=steps, wallclock_s=wallclock_s, values=doubles)


class Model:
    """The points of every series as logged, up to some event."""

    def __init__(self) -> None:
        self.logged: dict[UUID, dict[tuple[str, str], SeriesRow]] = {}

    def add(self, events: Iterable[RecordedEvent]) -> None:
        """Add what events bring."""
        for object_id, brought in brought_by(DecodedEvent(event, REGISTRY) for event in events).items():
            for one in brought:
                for logged in one.series:
                    held = self.logged.setdefault(object_id, {})
                    series = held.setdefault(key_of(logged), SeriesRow(*key_of(logged), [], [], []))
                    series.steps += logged.steps
                    series.wallclock_s += logged.wallclock_s
                    series.values += map(float, logged.values) if isinstance(logged, DoubleSeries) else logged.values

    def series(self, object_id: UUID, steps: Steps) -> list[SeriesRow]:
        """Return an object's series in the order of readers."""
        found = []
        for _, series in sorted(self.logged.get(object_id, {}).items()):
            numbers = [n for n, step in enumerate(series.steps) if steps.first <= step <= steps.last]
            numbers.sort(key=lambda n, series=series: (series.steps[n], series.wallclock_s[n]))  # type: ignore[misc]
            if numbers:
                found.append(series.chosen(numbers))
        return found

    def page(self, object_id: UUID, key: str, steps: Steps) -> list[tuple[Any, ...]]:
        """Return all points of a key in the order of pages."""
        found = [
            (step, wallclock_s, series.kind, number, shown(value))
            for series in self.series(object_id, steps)
            if series.key == key
            for number, (step, wallclock_s, value) in enumerate(
                zip(series.steps, series.wallclock_s, series.values, strict=True)
            )
        ]
        return [(step, wallclock_s, kind, value) for step, wallclock_s, kind, _, value in sorted(found)]


def head_of(block: int, number: int, piece: Piece) -> Head:
    """Return what the view tells of a piece of doubles."""
    low, high = piece.low, piece.high
    stretch = None
    if low.value is not None and low.step is not None and low.wallclock_s is not None:
        assert high.value is not None
        assert high.step is not None
        assert high.wallclock_s is not None
        ends = Point(low.step, low.wallclock_s, low.value), Point(high.step, high.wallclock_s, high.value)
        stretch = Stretch(piece.points, *ends)
    return Head(
        PieceId(piece.series, block, number),
        piece.points,
        piece.first_step,
        piece.last_step,
        piece.is_ascending,
        stretch,
    )


def shown(value: Any) -> str:
    """Return a value as text that tells NaN and the two zeros."""
    return repr(value)


def same(series: Iterable[SeriesRow]) -> list[tuple[Any, ...]]:
    """Return series as values that compare."""
    return [(one.key, one.kind, one.steps, one.wallclock_s, list(map(shown, one.values))) for one in series]
