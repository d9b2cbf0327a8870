"""However the log is cut into pages, the views are the same (case 40)."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelbox_events import ChangeEvent, Codec, Log, Position, RecordedEvent
from modelbox_events.types import (
    REGISTRY,
    ArtifactsTracked,
    ArtifactUploaded,
    DoubleSeries,
    MetadataUpdated,
    MetricsLogged,
    ModelCreated,
    ModelVersionCreated,
    StringSeries,
    TrackedFile,
    UniqueTagMoved,
    UniqueTagRemoved,
)
from modelbox_projections import PROJECTIONS, Projection, Role, prepare
from modelbox_projections.fold import Fold
from modelbox_projections.generations import TableDigest, create_generation, digests
from modelbox_projections.page import Page
from modelbox_projections.projection import DecodedEvent

IDS = [uuid.UUID(int=number) for number in range(4)]
ids = st.sampled_from(IDS)
keys = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False), st.lists
)
metadata = st.dictionaries(keys, values, max_size=3)
files = st.lists(st.builds(TrackedFile, id=ids, path=keys, file_type=st.just("MODEL"), checksum=keys), max_size=3)


@st.composite
def logged(draw: st.DrawFn) -> MetricsLogged:
    """Draw points; up to several chunks of them, in one or two series."""
    count = draw(st.sampled_from([0, 1, 3, 1023, 1024, 2500]))
    doubles = DoubleSeries(
        key=draw(keys), steps=list(range(count)), wallclock_s=[0.5] * count, values=[draw(st.floats(-1, 1))] * count
    )
    strings = StringSeries(key=draw(keys), steps=[7], wallclock_s=[1.0], values=[draw(keys)])
    return MetricsLogged(object_id=draw(ids), series=draw(st.sampled_from([[doubles], [doubles, strings, doubles]])))


updates = st.one_of(
    logged(),
    st.builds(MetadataUpdated, object_id=ids, metadata=metadata),
    st.builds(ArtifactsTracked, object_id=ids, files=files),
    st.builds(
        ArtifactUploaded,
        id=ids,
        object_id=ids,
        path=keys,
        file_type=keys,
        size=st.integers(0, 9),
        sha256=keys,
        md5=keys,
    ),
    st.builds(UniqueTagMoved, model_id=ids, tag=keys, model_version_id=ids, from_model_version_id=st.none() | ids),
    st.builds(UniqueTagRemoved, model_id=ids, tag=keys, model_version_id=ids),
)


@st.composite
def logs(draw: st.DrawFn) -> list[ChangeEvent]:
    """Draw a log: some updates, and a few creations among them, each of an id of its own."""
    events: list[ChangeEvent] = draw(st.lists(updates, max_size=25))
    created = draw(st.lists(ids, unique=True))
    for number, object_id in enumerate(created):
        about: dict[str, Any] = {
            "name": str(number),
            "description": "",
            "labels": {},
            "metadata": draw(metadata),
            "files": draw(files),
        }
        model = ModelCreated(model_id=object_id, owner="o", task="t", **about)
        version = ModelVersionCreated(
            model_id=draw(ids),
            model_version_id=object_id,
            version=str(number),
            framework="",
            unique_tags=draw(st.lists(keys)),
            uploaded=[],
            experiment_id=None,
            run_id=None,
            checkpoint_id=None,
            metrics={},
            step=0,
            **about,
        )
        events.insert(draw(st.integers(0, len(events))), draw(st.sampled_from([model, version])))
    return events


def recorded(position: int, event: ChangeEvent) -> DecodedEvent:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=position)
    event_id, stream_id = uuid.UUID(int=position), getattr(event, "object_id", IDS[0])
    found = RecordedEvent(
        position=Position(position), namespace=f"n{position % 2}", stream_type=["model", "model_version"][position % 2],
        stream_id=stream_id, version=position, event_id=event_id, type=type(event).__name__, schema_version=1,
        recorded_at=at, occurred_at=None, actor="a", auth_type=0, correlation_id=None, causation_id=None, trace=None,
        codec=Codec.JSON, data=REGISTRY.encode(event), data_ref=None, data_sha256=None, meta=b"", key_id=None,
        salt=None, content_hash=b"", hash=position.to_bytes(32, "big"),
    )  # fmt: skip
    return DecodedEvent(found, REGISTRY)


def cut(events: Sequence[DecodedEvent], borders: set[int]) -> list[Page]:
    edges = [0, *sorted(border for border in borders if 0 < border < len(events)), len(events)]
    return [Page.ending_with(Position(first), events[first:last]) for first, last in pairwise(edges) if last > first]


async def folded(
    connection: asyncpg.Connection, projection: Projection, pages: Sequence[Page]
) -> dict[str, TableDigest]:
    """Fold the pages into a new generation and return what its tables hold."""
    rolled_back = connection.transaction()
    await rolled_back.start()
    try:
        fold = Fold(connection, projection, await create_generation(connection, projection, Role.CHECKING))
        for page in pages:
            await fold.page(page)
        return await digests(connection, projection, fold.state)
    finally:
        await rolled_back.rollback()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(log_events=logs(), borders=st.sets(st.integers(1, 30)))
async def test_folded_in_any_pages_the_views_are_the_same(
    dsn: str, log: Log, log_events: list[ChangeEvent], borders: set[int]
) -> None:
    await prepare(dsn)
    events = [recorded(position, event) for position, event in enumerate(log_events, start=1)]
    connection = await log.database.connect_alone("test")
    for projection in PROJECTIONS.values():
        at_once = await folded(connection, projection, cut(events, set()))
        assert await folded(connection, projection, cut(events, borders)) == at_once
    await connection.close()
