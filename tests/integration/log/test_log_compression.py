"""Large data is compressed once every process that lives reads it; the log, its readers and its proof go on."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from modelbox_events import IdempotencyKeyReusedError, Log, LogCorruptedError, Position, RecordedEvent, verify
from modelbox_events.compression import COMPRESSED_LEVEL, compress
from modelbox_events.event import Codec
from modelbox_events.feed import Relay
from modelbox_events.hashing import chain_hash, content_hash, genesis_hash
from modelbox_events.limits import EVENT_BYTES_MAX
from modelbox_events.read import stream_span
from modelbox_events.redaction import redact
from modelbox_events.registry import REGISTRY
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_gateway.members import Lease, Member, prepare_members
from tests.integration.feeds import own_nats, read_feed, running, until_relayed
from tests.integration.gateway.test_gateway_levels import OLDER
from tests.integration.log.test_log_upgrade import append_as_last
from tests.integration.log_cases import append, assert_whole, read_all, set_level, stream, tamper

LARGE = "hunter2-3f9c " * 400
SMALL = "hunter2-3f9c"
BEFORE = COMPRESSED_LEVEL - 1
JSON, ZSTD = Codec.JSON, Codec.ZSTD


@pytest.fixture
async def owner(log: Log) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(log.database.dsn)
    yield connection
    await connection.close()


async def mixed(log: Log) -> list[RecordedEvent]:
    """Return the events of a log that was written before and after its level rose, small and large ones."""
    to = stream()
    for level in (BEFORE, COMPRESSED_LEVEL):
        await set_level(log, level)
        for value in (SMALL, LARGE):
            await log.append(append(to, value=value, events=2))
    return await read_all(log)


def said(events: list[RecordedEvent]) -> list[object]:
    """Return the values of events."""
    decoded = [REGISTRY.decode(event) for event in events]
    return [event.metadata["value"] for event in decoded if isinstance(event, MetadataUpdated)]


async def test_an_empty_log_holds_compressed_data_at_once(log: Log) -> None:
    await log.append(append(stream(), value=LARGE))

    [event] = await assert_whole(log)
    assert event.codec == ZSTD
    assert event.data is not None
    assert len(event.data) < len(LARGE) / 10


async def test_nothing_is_compressed_while_a_process_of_an_older_version_lives(
    log: Log, owner: asyncpg.Connection
) -> None:
    """It appends beside this one, and reads all that this one writes. Once it is gone, large data is compressed."""
    await prepare_members(log.database.dsn)
    await set_level(log, BEFORE)
    await owner.execute(OLDER)
    lease = Lease(log, Member.here("127.0.0.1:1", "127.0.0.1:2"), level_wait_s=0)

    for number in range(3):
        await lease.renew()
        await log.append(append(stream(), value=LARGE))
        assert (await append_as_last(owner, key=f"theirs {number}", level=BEFORE))[0] == 0
    assert {event.codec for event in await read_all(log)} == {JSON}

    await owner.execute("UPDATE modelbox_gateway.members SET renewed_at = renewed_at - interval '1 hour'")
    for _ in range(3):
        await lease.renew()
    await log.append(append(stream(), value=LARGE))  # tells this process of the new level
    await log.append(append(stream(), value=LARGE))

    with pytest.raises(asyncpg.PostgresError) as raised:
        await append_as_last(owner, key="too late", level=BEFORE)
    assert raised.value.sqlstate == "55MB1"
    assert (await assert_whole(log))[-1].codec == ZSTD


async def test_a_log_of_both_forms_verifies_in_postgres_and_outside(log: Log) -> None:
    events = await mixed(log)

    assert [event.codec for event in events] == [JSON] * 6 + [ZSTD] * 2
    assert (await verify(log.database)).to == len(events)
    previous = genesis_hash(log.genesis)
    for event in events:
        assert event.content_hash == content_hash(event)
        previous = chain_hash(previous, event.position, event.content_hash)
        assert event.hash == previous


async def test_every_reader_finds_the_same_in_either_form(log: Log) -> None:
    events = await mixed(log)
    of, end = events[0].stream_id, events[-1].position
    expected = [SMALL, SMALL, LARGE, LARGE] * 2

    assert said(events) == expected
    assert said(await log.read_stream(of)) == expected
    assert said(await log.read_stream(of, types=["MetadataUpdated"])) == expected
    assert said((await log.read_stream_back(of))[::-1]) == expected
    assert said((await log.read_stream_back(of, types=["MetadataUpdated"]))[::-1]) == expected
    assert said(await log.read_where(Position(0), to=end, namespace="default")) == expected
    assert said(await log.read_where(Position(0), to=end, types=["MetadataUpdated"])) == expected
    watched = await log.read_watched(Position(0), to=end, namespaces=["default"], limit=100, bytes_max=10**6)
    assert said(watched.events) == expected
    async with log.database.acquire() as connection, connection.transaction():
        span = stream_span(connection, of, after_version=0, to_version=end, after_position=0, types=["MetadataUpdated"])
        assert said([event async for event in span]) == expected


async def test_the_feed_holds_the_json_of_every_event(log: Log, tmp_path: Path) -> None:
    """Byte for byte what it held before data was compressed."""
    events = await mixed(log)
    to = events[0].stream_id
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay:
        await until_relayed(relay, log)
        messages = await read_feed(server.url, log.log_id)

    values = [SMALL, SMALL, LARGE, LARGE] * 2
    written = [REGISTRY.encode(MetadataUpdated(object_id=to, metadata={"value": value})) for value in values]
    assert [message.data for message in messages] == written
    names = [sorted(message.headers or {}) for message in messages]
    assert names == names[:1] * len(messages)
    assert [(message.headers or {})["ce-chainhash"] for message in messages] == [event.hash.hex() for event in events]


@pytest.mark.parametrize(("first", "then"), [(BEFORE, COMPRESSED_LEVEL), (COMPRESSED_LEVEL, BEFORE)])
async def test_a_call_that_is_sent_again_at_another_level_is_known(log: Log, first: int, then: int) -> None:
    """The hash of a request is over what it says, not over how that is stored."""
    to = stream()
    await set_level(log, first)
    appended = await log.append(append(to, value=LARGE, key="k"))
    await set_level(log, then)

    again = await log.append(append(to, value=LARGE, key="k"))

    assert (again.duplicate, again.first_position, again.hash) == (True, appended.first_position, appended.hash)
    with pytest.raises(IdempotencyKeyReusedError):
        await log.append(append(to, value=f"{LARGE}!", key="k"))
    assert len(await assert_whole(log)) == 1


async def test_a_log_that_was_set_back_below_the_level_is_sent_json(log: Log, owner: asyncpg.Connection) -> None:
    """The database refuses what the log may not hold; this process asks for the level and sends again."""
    await log.append(append(stream(), value=LARGE))
    await owner.execute("UPDATE modelbox.log_head SET format_level = $1", BEFORE)

    await log.append(append(stream(), value=LARGE))

    assert log.head.format_level == BEFORE
    assert [event.codec for event in await assert_whole(log)] == [ZSTD, JSON]


@pytest.mark.parametrize("column", ["codec = 1", "data = set_byte(data, 40, get_byte(data, 40) # 1)"])
async def test_a_change_of_compressed_data_is_found(log: Log, owner: asyncpg.Connection, column: str) -> None:
    events = await mixed(log)
    await tamper(owner, f"SET {column} WHERE position = 7")

    with pytest.raises(LogCorruptedError) as raised:
        await verify(log.database)

    assert (events[6].codec, raised.value.position) == (ZSTD, 7)


async def test_a_row_that_comes_to_more_than_an_event_is_found_and_not_read(
    log: Log, owner: asyncpg.Connection
) -> None:
    await log.append(append(stream(), value=LARGE))
    await tamper(owner, "SET data = $1", compress(bytes(2**26)))
    [event] = await read_all(log)

    with pytest.raises(LogCorruptedError, match=f"67,108,864 bytes; an event has at most {EVENT_BYTES_MAX:,}"):
        REGISTRY.decode(event)
    with pytest.raises(LogCorruptedError) as raised:
        await verify(log.database)

    assert raised.value.position == 1


async def test_compressed_data_is_redacted_as_other_data_is(log: Log, dsn: str) -> None:
    """It is gone, codec and all other columns stay, and the chain verifies; also where the reason is compressed."""
    before = (await mixed(log))[6]
    reason = "ein Passwort, versehentlich geloggt, äöü " * 23

    redaction = await redact(dsn, Position(7), reason=reason)

    events = await read_all(log)
    after = events[6]
    assert (after.data, after.salt, after.json, after.redacted_by) == (None, None, None, 9)
    assert (after.codec, after.content_hash, after.hash) == (ZSTD, before.content_hash, before.hash)
    assert content_hash(after) == after.content_hash
    assert events[8].codec == ZSTD
    assert (await verify(log.database)).redacted == (redaction,)
    assert len(await assert_whole(log)) == 9
