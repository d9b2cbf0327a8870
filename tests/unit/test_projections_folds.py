"""The pure part of projections: pages, chunks, and what events add up to."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from modelbox_events import ChangeEvent, Codec, Position, RecordedEvent
from modelbox_events.registry import REGISTRY
from modelbox_events.types.artifact import ArtifactsTracked, ArtifactUploaded, TrackedFile
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.metrics import DoubleSeries, MetricsLogged, StringSeries
from modelbox_events.types.model import ModelCreated
from modelbox_events.types.objects import ObjectDeleted, ObjectRestored
from modelbox_projections import PROJECTIONS, DecodedEvent
from modelbox_projections.artifacts.projection import fold as fold_artifacts
from modelbox_projections.limits import FILES_PER_EVENT_MAX, FOLD_BYTES_MAX
from modelbox_projections.metadata.projection import fold as fold_metadata
from modelbox_projections.metrics.brought import brought_by
from modelbox_projections.metrics.states import ObjectState
from modelbox_projections.models.kind import KIND
from modelbox_projections.namespaces.projection import fold as fold_namespaces
from modelbox_projections.objects.changes import Changes
from modelbox_projections.page import pages_of

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = uuid.UUID(int=1)


def recorded(position: int, event: ChangeEvent, *, namespace: str = "n", stream_type: str = "model") -> RecordedEvent:
    """Return the event as the log gives it; a second passes from one position to the next."""
    return RecordedEvent(
        position=Position(position), namespace=namespace, stream_type=stream_type, stream_id=MODEL, version=position,
        event_id=uuid.UUID(int=position), type=type(event).__name__, schema_version=1,
        recorded_at=BEGIN + timedelta(seconds=position), occurred_at=None, actor="a", auth_type=0, correlation_id=None,
        causation_id=None, trace=None, codec=Codec.JSON, data=REGISTRY.encode(event), data_ref=None, data_sha256=None,
        meta=b"", key_id=None, salt=None, content_hash=b"", hash=position.to_bytes(32, "big"),
    )  # fmt: skip


def decoded(*events: RecordedEvent) -> list[DecodedEvent]:
    return [DecodedEvent(event, REGISTRY) for event in events]


def created(name: str = "m", files: Sequence[TrackedFile] = ()) -> ModelCreated:
    return ModelCreated(
        model_id=MODEL,
        name=name,
        owner="",
        task="",
        description="",
        labels={},
        metadata={"a": 1, "b": 1},
        files=list(files),
    )


def updated(**metadata: object) -> MetadataUpdated:
    return MetadataUpdated(object_id=MODEL, metadata=metadata)


def test_points_of_one_series_join_in_the_order_logged() -> None:
    def logged(*steps: int) -> MetricsLogged:
        doubles = DoubleSeries(key="k", steps=list(steps), wallclock_s=[0.0] * len(steps), values=["NaN"] * len(steps))
        strings = StringSeries(key="k", steps=[1], wallclock_s=[1.0], values=["s"])
        nothing = DoubleSeries(key="empty", steps=[], wallclock_s=[], values=[])
        return MetricsLogged(object_id=MODEL, series=[doubles, strings, nothing])

    held = ObjectState(MODEL)
    [brought] = brought_by(decoded(recorded(1, logged(5, 4)), recorded(2, logged(3)))).values()
    assert [held.add(event) for event in brought] == [False, False]
    points = held.settle()
    assert set(points) == {("k", "double"), ("k", "string")}
    doubles = points["k", "double"]
    assert doubles.steps == [5, 4, 3]
    assert all(value != value for value in doubles.values)  # noqa: PLR0124  # only NaN differs from itself
    series = held.series["k", "double"]
    times = (BEGIN + timedelta(seconds=1), BEGIN + timedelta(seconds=2))
    assert (series.points, series.created_at, series.updated_at) == (3, *times)


def test_the_last_value_of_a_metadata_key_counts() -> None:
    rows = fold_metadata(decoded(recorded(1, created()), recorded(2, updated(b=[None])), recorded(3, updated(c="x"))))
    assert {(key, value, (at - BEGIN).seconds, position) for _, key, value, at, position in rows} == {
        ("a", "1", 1, 1), ("b", "[null]", 2, 2), ("c", '"x"', 3, 3),
    }  # fmt: skip


def test_namespaces_add_up_what_is_there_of_each_kind() -> None:
    gone = ObjectDeleted(object_id=MODEL)
    events = [recorded(n, created(f"m{n}"), namespace="even" if n % 2 == 0 else "odd") for n in range(1, 6)]
    events += [recorded(6, gone, namespace="odd"), recorded(7, gone, namespace="odd")]
    events += [recorded(8, ObjectRestored(object_id=MODEL), namespace="odd")]
    events += [recorded(9, gone, namespace="odd", stream_type="run")]
    rows = fold_namespaces(decoded(*events))
    assert [(row[:3], row[-2:]) for row in rows] == [
        (("odd", "model", 2), (1, 8)),
        (("even", "model", 2), (2, 4)),
        (("odd", "run", -1), (9, 9)),
    ]


def test_a_tracked_file_that_comes_again_is_the_newest_again() -> None:
    file = TrackedFile(id=uuid.UUID(int=9), path="p", file_type="MODEL", checksum="1")
    other = TrackedFile(id=uuid.UUID(int=8), path="q", file_type="MODEL", checksum="2")
    again = ArtifactsTracked(object_id=MODEL, files=[file, other])
    rows = fold_artifacts(decoded(recorded(1, created(files=[file])), recorded(2, again)))
    assert [(row[0], row[-1]) for row in rows] == [
        (file.id, 2 * FILES_PER_EVENT_MAX),
        (other.id, 2 * FILES_PER_EVENT_MAX + 1),
    ]


def test_an_upload_that_comes_again_is_the_newest_again() -> None:
    def upload(number: int) -> ArtifactUploaded:
        return ArtifactUploaded(
            object_id=MODEL, id=uuid.UUID(int=number), path="p", file_type="MODEL", size=1, sha256="", md5=""
        )

    rows = fold_artifacts(decoded(recorded(1, upload(1)), recorded(2, upload(2)), recorded(3, upload(1))))
    assert max(rows, key=lambda row: row[-1])[0] == uuid.UUID(int=1)
    assert [(row[0].int, row[-1] // FILES_PER_EVENT_MAX) for row in rows] == [(1, 3), (2, 2)]


def test_what_any_object_can_have_is_read_only_from_streams_of_the_kind() -> None:
    mine, others = recorded(2, updated(a=2)), recorded(3, updated(a=3), stream_type="model_version")
    (page,) = pages_of(Position(0), [recorded(1, created()), mine, others], REGISTRY)
    read = page.read_by(PROJECTIONS["models"])
    assert [event.recorded for event in read] == [recorded(1, created()), mine]
    changes = Changes(KIND)
    for event in read:
        changes.add(event)
    assert len(changes.created) == 1
    assert {key: at for key, (at, _) in changes.touched.items()} == {MODEL: BEGIN + timedelta(seconds=2)}
    assert page.concerns(PROJECTIONS["model_versions"])
    assert not page.concerns(PROJECTIONS["runs"])


def test_pages_are_cut_by_size_and_follow_each_other() -> None:
    big = "x" * (FOLD_BYTES_MAX // 3)
    events = [recorded(n, updated(a=big)) for n in range(8, 15)]
    pages = list(pages_of(Position(7), events, REGISTRY))
    assert [(page.after, page.last, len(page.events)) for page in pages] == [
        (7, 9, 2),
        (9, 11, 2),
        (11, 13, 2),
        (13, 14, 1),
    ]
    assert [event.recorded for page in pages for event in page.events] == events
    assert all(int.from_bytes(page.hash, "big") == page.last for page in pages)
    assert list(pages_of(Position(7), [], REGISTRY)) == []


def test_an_event_larger_than_a_page_is_a_page() -> None:
    (page,) = pages_of(Position(0), [recorded(1, updated(a="x" * 2 * FOLD_BYTES_MAX))], REGISTRY)
    assert (page.after, page.last) == (0, 1)


def test_halves_cover_the_page() -> None:
    """Also one that reaches beyond its last event: nobody asked for those that follow."""
    (whole,) = pages_of(Position(0), [recorded(n, updated(a=1)) for n in (3, 5, 9)], REGISTRY)
    first, second = whole.halves()
    assert (first.after, first.last, second.after, second.last) == (0, 3, 3, 9)
    assert second.halves()[0].last == 5


def test_an_event_is_read_once_for_all_projections() -> None:
    (event,) = decoded(recorded(1, created()))
    assert event.data is event.data
