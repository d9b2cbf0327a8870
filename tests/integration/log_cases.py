"""What the tests of the log share: events to append, clients under load, and the check of its invariants."""

import asyncpg

from modelbox_events import (
    ANY_VERSION,
    Append,
    ExpectedVersion,
    Log,
    NewEvent,
    Position,
    RecordedEvent,
    StreamRef,
    new_id,
    verify,
)
from modelbox_events.types.metadata import MetadataUpdated


def stream(namespace: str = "default") -> StreamRef:
    """Return a stream that no other test uses."""
    return StreamRef(namespace, "model", new_id())


def change(to: StreamRef, value: object = 1) -> NewEvent:
    """Return an event for a stream."""
    return NewEvent(MetadataUpdated(object_id=to.id, metadata={"value": value}))


def append(
    to: StreamRef,
    *,
    expected: ExpectedVersion = ANY_VERSION,
    key: str | None = None,
    events: int = 1,
    value: object = 1,
) -> Append:
    """Return an append of equal events to one stream."""
    return Append(stream=to, events=[change(to, value)] * events, expected_version=expected, key=key)


async def read_all(log: Log) -> list[RecordedEvent]:
    """Return every event of the log."""
    events: list[RecordedEvent] = []
    while page := await log.read(Position(len(events)), limit=2000):
        events += page
    return events


async def assert_whole(log: Log) -> list[RecordedEvent]:
    """Hold the invariants: positions 1..N, versions 1..k a stream, times that never go back, an intact chain."""
    events = await read_all(log)
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    versions: dict[object, int] = {}
    for event in events:
        versions[event.stream_id] = versions.get(event.stream_id, 0) + 1
        assert event.version == versions[event.stream_id]
    times = [event.recorded_at for event in events]
    assert times == sorted(times)
    assert (await verify(log.database)).to == len(events)
    return events


async def set_level(log: Log, level: int) -> None:
    """Let the log be at a format level, as its process knows: below `COMPRESSED_LEVEL`, data is stored as it is."""
    owner = await asyncpg.connect(log.database.dsn)
    await owner.execute("UPDATE modelbox.log_head SET format_level = $1", level)
    await owner.close()
    log.head.format_level = level


async def tamper(owner: asyncpg.Connection, change: str, *arguments: object) -> None:
    """Do what only a superuser can."""
    for table in ("modelbox.events", "modelbox.events_000000000000001"):
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await owner.execute(f"UPDATE modelbox.events {change}", *arguments)
