"""However the log is cut into pages, the views are the same (case 40)."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import asyncpg
import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelbox_events import ChangeEvent, Codec, Log, Position, RecordedEvent
from modelbox_events.registry import REGISTRY
from modelbox_projections import PROJECTIONS, Projection, Role, prepare
from modelbox_projections.fold import Fold
from modelbox_projections.generations import TableDigest, create_generation, digests
from modelbox_projections.page import Page
from modelbox_projections.projection import DecodedEvent
from tests.property.log_events import IDS, kind_of, logs


def recorded(position: int, event: ChangeEvent) -> DecodedEvent:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=position)
    event_id, stream_id = uuid.UUID(int=position), getattr(event, "object_id", IDS[0])
    # Every type knows one schema version more than it has upcasters.
    schema_version = REGISTRY.type_of(type(event).__name__).schema_version
    found = RecordedEvent(
        position=Position(position), namespace=f"n{position % 2}", stream_type=kind_of(stream_id), stream_id=stream_id,
        version=position, event_id=event_id, type=type(event).__name__, schema_version=schema_version,
        recorded_at=at, occurred_at=None, actor="a", auth_type=0, correlation_id=None, causation_id=None, trace=None,
        codec=Codec.JSON, data=REGISTRY.encode(event), data_ref=None, data_sha256=None, meta=b"", key_id=None,
        salt=None, content_hash=b"", hash=position.to_bytes(32, "big"),
    )  # fmt: skip
    return DecodedEvent(found, REGISTRY)


def cut(events: Sequence[DecodedEvent], borders: set[int]) -> list[Page]:
    edges = [0, *sorted(border for border in borders if 0 < border < len(events)), len(events)]
    return [Page.ending_with(Position(first), events[first:last]) for first, last in pairwise(edges) if last > first]


_COLUMNS = len(msgspec.structs.fields(RecordedEvent))
_INSERT = f"INSERT INTO modelbox.events VALUES ({', '.join(f'${n}' for n in range(1, _COLUMNS + 1))})"  # numbers


async def folded(
    connection: asyncpg.Connection, projection: Projection, pages: Sequence[Page]
) -> dict[str, TableDigest]:
    """Fold the pages, which the log holds meanwhile, into a new generation and return what its tables hold."""
    rolled_back = connection.transaction()
    await rolled_back.start()
    try:
        rows = [msgspec.structs.astuple(event.recorded) for page in pages for event in page.events]
        await connection.executemany(_INSERT, rows)
        fold = Fold(connection, projection, await create_generation(connection, projection, Role.CHECKING))
        for page in pages:
            await fold.page(page)
        return await digests(connection, projection, fold.state)
    finally:
        await rolled_back.rollback()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(log_events=logs(), borders=st.sets(st.integers(1, 36)))
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
