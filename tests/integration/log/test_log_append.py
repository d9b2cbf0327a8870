"""The append: expected versions, idempotency keys, each request judged alone."""

import asyncio

import asyncpg
import pytest
from msgspec.structs import replace

from modelbox_events import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    Append,
    ChangeEvent,
    Context,
    ExpectedVersion,
    IdempotencyKeyReusedError,
    InvalidEventError,
    Log,
    NewEvent,
    Position,
    StreamExistsError,
    StreamNotFoundError,
    StreamRef,
    Token,
    WrongExpectedVersionError,
    new_id,
)
from modelbox_events.hashing import SALTED_LEVEL
from modelbox_events.limits import APPEND_EVENTS_MAX, EVENT_BYTES_MAX, PAGE_BYTES_MAX
from modelbox_events.types.metadata import MetadataUpdated
from tests.integration.log_cases import append, assert_whole, change, read_all, set_level, stream


async def test_an_append_returns_where_it_was_recorded(log: Log) -> None:
    appended = await log.append(append(stream(), events=3))

    assert (appended.first_position, appended.last_position, appended.version) == (1, 3, 3)
    assert appended.token == Token(log.log_id, appended.last_position).at(appended.hash)
    assert not appended.duplicate
    assert log.head.position == 3


async def test_of_two_writers_with_the_same_expected_version_one_wins(log: Log) -> None:
    """The loser is told the actual version and uses up no position."""
    to = stream()
    await log.append(append(to))

    results = await asyncio.gather(
        *(log.append(append(to, expected=ExpectedVersion(1))) for _ in range(2)), return_exceptions=True
    )

    lost = [result for result in results if isinstance(result, WrongExpectedVersionError)]
    assert [error.actual for error in lost] == [2]
    assert len(await assert_whole(log)) == 2


async def test_parallel_appends_at_any_version_all_succeed(log: Log) -> None:
    to = stream()

    results = await asyncio.gather(*(log.append(append(to)) for _ in range(20)))

    assert sorted(result.version for result in results) == list(range(1, 21))
    await assert_whole(log)


@pytest.mark.parametrize(
    "exists, expected, error",
    [
        (True, NO_STREAM, WrongExpectedVersionError),
        (True, STREAM_EXISTS, None),
        (True, ANY_VERSION, None),
        (True, ExpectedVersion(0), WrongExpectedVersionError),
        (False, NO_STREAM, None),
        (False, STREAM_EXISTS, StreamNotFoundError),
        (False, ANY_VERSION, None),
        (False, ExpectedVersion(1), WrongExpectedVersionError),
    ],
)
async def test_the_expected_version_decides(
    log: Log, exists: bool, expected: ExpectedVersion, error: type[Exception] | None
) -> None:
    to = stream()
    if exists:
        await log.append(append(to))
    before = len(await read_all(log))

    if error is None:
        await log.append(append(to, expected=expected))
    else:
        with pytest.raises(error):
            await log.append(append(to, expected=expected))

    assert len(await assert_whole(log)) == before + (error is None)


async def test_a_repeated_key_returns_the_first_result(log: Log) -> None:
    """One after the other."""
    request = append(stream(), key="k", events=2)

    first = await log.append(request)
    second = await log.append(request)

    assert second == replace(first, duplicate=True)
    assert len(await assert_whole(log)) == 2


async def test_a_key_repeated_within_one_batch_records_once(log: Log) -> None:
    request = append(stream(), key="k")

    results = await asyncio.gather(*(log.append(request) for _ in range(10)))

    assert {result.last_position for result in results} == {1}
    assert sum(not result.duplicate for result in results) == 1
    assert len(await assert_whole(log)) == 1


async def test_a_key_repeated_by_another_process_records_once(log: Log, dsn: str) -> None:
    request = append(stream(), key="k")
    other = await Log.open(dsn)

    results = await asyncio.gather(*(each.append(request) for each in (log, other) * 5))

    assert {result.last_position for result in results} == {1}
    assert sum(not result.duplicate for result in results) == 1
    await other.close()


async def test_a_key_with_another_body_is_refused(log: Log) -> None:
    to = stream()
    await log.append(append(to, key="k", value=1))

    with pytest.raises(IdempotencyKeyReusedError, match="'k'"):
        await log.append(append(to, key="k", value=2))

    assert len(await assert_whole(log)) == 1


async def test_what_a_key_recorded_can_be_found(log: Log) -> None:
    digest = b"\x01" * 32
    request = append(stream(), key="k")
    keyed = replace(request, request_hash=digest)
    first = await log.append(keyed)

    found = await log.find_append(actor="anonymous", key="k", request_hash=digest)

    assert found is not None
    assert (found.first_position, found.last_position) == (first.first_position, first.last_position)
    assert await log.find_append(actor="anonymous", key="other", request_hash=digest) is None
    with pytest.raises(IdempotencyKeyReusedError):
        await log.find_append(actor="anonymous", key="k", request_hash=b"\x02" * 32)


async def test_one_request_the_database_refuses_does_not_fail_its_neighbours(log: Log, dsn: str) -> None:
    """Of 500 concurrent requests one breaks a constraint that only Postgres knows of."""
    owner = await asyncpg.connect(dsn)
    await owner.execute("ALTER TABLE modelbox.events ADD CONSTRAINT no_poison CHECK (actor <> 'poison')")
    await owner.close()
    requests = [append(stream()) for _ in range(499)]
    refused = replace(append(stream()), context=Context(actor="poison"))

    results = await asyncio.gather(
        *(log.append(request) for request in [*requests[:250], refused, *requests[250:]]), return_exceptions=True
    )

    failed = [result for result in results if isinstance(result, BaseException)]
    assert [type(error) for error in failed] == [InvalidEventError]
    assert len(await assert_whole(log)) == 499


async def test_an_event_opens_the_streams_of_the_objects_it_creates(log: Log) -> None:
    parent, child = stream(), StreamRef("default", "model_version", new_id())
    opening = Append(
        stream=parent, events=[NewEvent(change(parent).data, opens=(child,))], expected_version=ANY_VERSION
    )

    await log.append(opening)

    state = await log.find_stream(child.id)
    assert state is not None
    assert (state.ref, state.version, state.last_position) == (child, 0, 1)
    await log.append(append(child, expected=STREAM_EXISTS))
    with pytest.raises(StreamExistsError, match=str(child.id)):
        await log.append(opening)
    assert len(await assert_whole(log)) == 2


async def test_a_stream_that_must_be_absent_refuses_the_append_and_is_not_opened(log: Log) -> None:
    """Any number of appends may rest on its absence; the one that opens it ends that, in the same batch too."""
    parent, deletion = stream(), StreamRef("default", "deletion", new_id())
    resting = [replace(append(stream()), absent=(deletion,)) for _ in range(4)]
    await asyncio.gather(log.append(resting[0]), log.append(resting[1]))
    assert await log.find_stream(deletion.id) is None

    opening = Append(
        stream=parent, events=[NewEvent(change(parent).data, opens=(deletion,))], expected_version=ANY_VERSION
    )
    _, late = await asyncio.gather(log.append(opening), log.append(resting[2]), return_exceptions=True)

    assert isinstance(late, StreamExistsError)
    assert late.stream_id == deletion.id
    with pytest.raises(StreamExistsError, match=str(deletion.id)):
        await log.append(resting[3])
    assert len(await assert_whole(log)) == 3


async def test_a_stream_is_read_from_its_end_backwards(log: Log) -> None:
    """Before a version or from the end, of some types or all, and in pages that end with their bytes."""
    await set_level(log, SALTED_LEVEL)
    to, large = stream(), stream()
    await log.append(append(to, events=5))
    await log.append(append(stream()))
    for _ in range(3):
        await log.append(append(large, events=30, value="x" * 500_000))

    newest = await log.read_stream_back(to.id, limit=2)
    rest = await log.read_stream_back(to.id, before_version=newest[-1].version)

    assert [event.version for event in newest] == [5, 4]
    assert [event.version for event in rest] == [3, 2, 1]
    assert await log.read_stream_back(to.id, types=["ModelCreated"]) == []
    assert await log.read_stream_back(to.id, before_version=1) == []
    page = await log.read_stream_back(large.id)
    assert PAGE_BYTES_MAX <= sum(len(event.data or b"") for event in page) < PAGE_BYTES_MAX + EVENT_BYTES_MAX
    assert [event.version for event in page] == list(range(90, 90 - len(page), -1))


async def test_a_stream_of_another_namespace_is_not_found(log: Log) -> None:
    to = stream("ours")
    await log.append(append(to))

    for expected in (ANY_VERSION, STREAM_EXISTS):
        with pytest.raises(StreamNotFoundError):
            await log.append(append(StreamRef("theirs", to.type, to.id), expected=expected))

    assert len(await assert_whole(log)) == 1


class Unregistered(ChangeEvent, frozen=True, kw_only=True):
    """An event type that the registry does not know."""


@pytest.mark.parametrize(
    "events, field",
    [
        (0, "events"),
        (APPEND_EVENTS_MAX + 1, "events"),
    ],
)
async def test_the_number_of_events_is_bounded(log: Log, events: int, field: str) -> None:
    with pytest.raises(InvalidEventError) as raised:
        await log.append(append(stream(), events=events))

    assert raised.value.field == field
    assert (await log.read_head()).position == 0


@pytest.mark.parametrize(
    "change_, field",
    [
        ({"stream": StreamRef("", "model", new_id())}, "stream.namespace"),
        ({"stream": StreamRef("n" * 256, "model", new_id())}, "stream.namespace"),
        ({"stream": StreamRef("a\x00b", "model", new_id())}, "stream.namespace"),
        ({"stream": StreamRef("a\udc80b", "model", new_id())}, "stream.namespace"),
        ({"events": [NewEvent(change(stream()).data, opens=(StreamRef("a\x00", "x", new_id()),))]}, "opens.namespace"),
        ({"key": "a\nb"}, "key"),
        ({"key": ""}, "key"),
        ({"request_hash": b"short"}, "request_hash"),
        ({"expected_version": ExpectedVersion(-4)}, "expected_version"),
        ({"expected_version": ExpectedVersion(2**31)}, "expected_version"),
        ({"events": [NewEvent(Unregistered())]}, "type"),
        ({"events": [NewEvent(MetadataUpdated(object_id=new_id(), metadata={"a": "x" * EVENT_BYTES_MAX}))]}, "data"),
        ({"events": [NewEvent(MetadataUpdated(object_id=new_id(), metadata={"a": "\ud800"}))]}, "data"),
    ],
)
async def test_bad_input_names_the_field_and_writes_nothing(log: Log, change_: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidEventError) as raised:
        await log.append(replace(append(stream()), **change_))

    assert raised.value.field == field
    assert (await log.read_head()).position == 0
    await log.append(append(stream()))  # the connection stays usable


async def test_a_cancelled_append_is_recorded_whole_or_not_at_all(log: Log) -> None:
    streams = [stream() for _ in range(40)]
    for to in streams:
        task = asyncio.create_task(log.append(append(to, events=7)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await log.append(append(stream()))

    events = await assert_whole(log)

    for to in streams:
        assert sum(event.stream_id == to.id for event in events) in {0, 7}


async def test_a_page_ends_where_its_data_crosses_the_bound(log: Log) -> None:
    """So that no reader holds more than that in memory; what follows comes with the next page."""
    await set_level(log, SALTED_LEVEL)
    to = stream()
    count = PAGE_BYTES_MAX // EVENT_BYTES_MAX + 10
    for _ in range(count):
        await log.append(append(to, value="x" * (EVENT_BYTES_MAX - 200)))

    page = await log.read(Position(0), limit=count)
    matching = await log.read_where(Position(0), to=log.head.position, namespace="default", limit=count)

    assert len(page) == len(matching) == PAGE_BYTES_MAX // EVENT_BYTES_MAX + 1
    assert len(await log.read(page[-1].position, limit=count)) == count - len(page)
